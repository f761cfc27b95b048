"""The stand-in of Mixpanel: pages, limits, refusals and exports as the vendor publishes them."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from ruamel.yaml import YAML

from sandbox.kit.server import Server, build_app
from sandbox.kit.state import State
from sandbox.mixpanel import app as m

SPECS = Path(__file__).parents[2] / "../shared/specs/mixpanel"
DAY = 1_772_409_600  # 2026-03-02T00:00:00Z
AUTH = (m.SERVICE_ACCOUNT, m.SECRET)
PROJECT = {"project_id": m.PROJECT_ID}


def event(n: int, **changed: Any) -> dict[str, Any]:
    row = {"event": "Report Viewed", "distinct_id": "ana", "time": DAY + n, "insert_id": f"id-{n}", "properties": {}}
    return {**row, **changed}


SAMPLE = {
    "mixpanel": {
        "events": [event(1), event(1), event(2, event="Login"), event(3, time=DAY - 1)],
        "profiles": [{"distinct_id": f"u{n}", "properties": {"$email": f"u{n}@a.example"}} for n in range(1001)],
        "groups": [{"distinct_id": "acme", "properties": {"plan": "team"}}],
        "cohorts": [{"id": 7, "name": "Power users", "members": ["u1", "ghost"]}],
    }
}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def there(clock: Clock) -> Iterator[m.Mixpanel]:
    one = m.Mixpanel(State(), clock=clock)
    one.load(SAMPLE)
    return one


@pytest.fixture(scope="module")
def port() -> Iterator[tuple[str, Server]]:
    server = Server()
    with server as url:
        yield f"{url}/mixpanel/api", server


@pytest.fixture
def http(there: m.Mixpanel, port: tuple[str, Server]) -> Iterator[httpx.Client]:
    url, server = port
    server.app = build_app(there.state, [there])
    with httpx.Client(base_url=url, auth=AUTH, params=PROJECT) as client:
        yield client


def export(http: httpx.Client, **params: Any) -> httpx.Response:
    return http.get("/2.0/export", params={"from_date": "2026-03-02", "to_date": "2026-03-02", **params})


def test_pages_of_a_thousand_need_their_session(http: httpx.Client) -> None:
    first = http.post("/query/engage").json()
    assert (len(first["results"]), first["total"], first["page_size"]) == (1000, 1001, 1000)
    second = http.post("/query/engage", data={"page": 1, "session_id": first["session_id"]}).json()
    assert [r["$distinct_id"] for r in second["results"]] == ["u1000"]
    assert second["session_id"] == first["session_id"]
    astray = http.post("/query/engage", data={"page": 1})
    assert (astray.status_code, astray.json()["error"]) == (400, "request for page in uncached query for params")


def test_a_cohort_names_members_without_a_profile_unless_told_not_to(http: httpx.Client) -> None:
    everyone = http.post("/query/engage", data={"filter_by_cohort": '{"id": 7}'}).json()["results"]
    assert everyone[1] == {"$distinct_id": "ghost", "$properties": {}}
    known = {"filter_by_cohort": '{"id": 7}', "include_all_users": "false", "output_properties": '["role"]'}
    assert http.post("/query/engage", data=known).json()["results"] == [{"$distinct_id": "u1", "$properties": {}}]


def test_groups_are_profiles_of_another_kind(http: httpx.Client) -> None:
    found = http.get("/2.0/engage", params={"data_group_id": m.DATA_GROUP_ID}).json()
    assert found["results"] == [{"$distinct_id": "acme", "$properties": {"plan": "team"}}]


def test_a_json_body_asks_for_the_same_as_a_form(http: httpx.Client) -> None:
    asked = {"filter_by_cohort": '{"id": 7}', "include_all_users": False, "output_properties": ["role"]}
    assert http.post("/query/engage", json=asked).json()["results"] == [{"$distinct_id": "u1", "$properties": {}}]
    first = http.post(
        "/query/engage/", json={}
    ).json()  # with a slash at the end, as Mixpanel's newest client writes it
    second = http.post("/query/engage", json={"page": 1, "session_id": first["session_id"]}).json()
    assert (second["page"], len(second["results"])) == (1, 1)
    groups = http.post("/query/engage", json={"data_group_id": m.DATA_GROUP_ID}).json()["results"]
    assert [one["$distinct_id"] for one in groups] == ["acme"]


@pytest.mark.parametrize(
    ("path", "how"),
    [
        ("/query/engage", {"content": b"{", "headers": {"content-type": "application/json"}}),
        ("/query/engage", {"json": ["x"]}),
        ("/query/engage", {"data": {"output_properties": "a,b"}}),
        ("/query/engage", {"data": {"output_properties": "[1]"}}),
        ("/query/engage", {"data": {"filter_by_cohort": "7"}}),
        ("/query/engage", {"data": {"page": "two"}}),
        ("/query/engage", {"json": {"distinct_id": "ana"}}),
    ],
)
def test_what_cannot_be_read_is_refused_and_never_answered_with_everybody(
    http: httpx.Client, path: str, how: dict[str, Any]
) -> None:
    refused = http.post(path, **how)
    assert refused.status_code == 400
    assert refused.json()["error"]


@pytest.mark.parametrize("params", [{"event": "Report"}, {"where": 'properties["x"] == 1'}])
def test_an_export_narrowed_in_a_way_unknown_here_is_refused(http: httpx.Client, params: dict[str, str]) -> None:
    assert export(http, **params).status_code == 400


def test_times_come_in_milliseconds_for_who_asks(http: httpx.Client) -> None:
    first, *_ = export(http, time_in_ms="true").text.splitlines()
    assert json.loads(first)["properties"]["time"] == (DAY + 1) * 1000


def test_tomorrow_where_the_project_is_has_no_export(port: tuple[str, Server]) -> None:
    now = datetime(2026, 3, 7, 5, 30, tzinfo=UTC)  # the evening of the 6th in California
    old = m.Mixpanel(State(), zone="US/Pacific", before_2023=True, now=lambda: now)
    old.load({"mixpanel": {"events": [event(1, time=int(now.timestamp()) - 3600)]}})
    url, server = port
    server.app = build_app(old.state, [old])
    with httpx.Client(base_url=url, auth=AUTH, params=PROJECT) as http:
        days = {"from_date": "2026-03-06", "to_date": "2026-03-07"}
        refused = export(http, **days)
        assert (refused.status_code, refused.json()["error"]) == (400, "to_date cannot be later than today")
        [line] = export(http, **days | {"to_date": "2026-03-06"}).text.splitlines()
        wall_clock = datetime(2026, 3, 6, 20, 30, tzinfo=UTC).timestamp()
        assert json.loads(line)["properties"]["time"] == wall_clock, "as if it were UTC"
        assert http.get("/app/me").json()["results"]["projects"]["4001"]["timezone"] == "US/Pacific"


@pytest.mark.parametrize("form", [{"data_group_id": "5"}, {"filter_by_cohort": '{"id": 5}'}, {"where": "true"}])
def test_what_does_not_exist_is_refused(http: httpx.Client, form: dict[str, str]) -> None:
    assert http.post("/query/engage", data=form).status_code == 400


def test_cohorts_are_listed_by_post_only(http: httpx.Client) -> None:
    assert http.post("/query/cohorts/list").json()[0] | {"created": ""} == {
        "id": 7,
        "name": "Power users",
        "count": 2,
        "description": "",
        "created": "",
        "is_visible": 1,
        "project_id": m.PROJECT_ID,
    }
    assert http.get("/query/cohorts/list").status_code == 405


@pytest.mark.parametrize("change", [{"auth": ("x", "y")}, {"params": {"project_id": 1}}])
def test_wrong_credentials_or_project_are_unauthorized(http: httpx.Client, change: dict[str, Any]) -> None:
    refused = http.post("/query/cohorts/list", **change)
    assert (refused.status_code, refused.json()["error"]) == (401, "Invalid credentials")


def test_the_published_path_wants_the_project_in_the_query_string(http: httpx.Client) -> None:
    http.params = httpx.QueryParams()
    assert http.post("/query/engage", data=PROJECT).status_code == 401
    assert http.post("/2.0/engage", data=PROJECT).status_code == 200


def test_every_page_and_path_counts_towards_sixty_an_hour(http: httpx.Client, clock: Clock) -> None:
    for _ in range(30):
        assert http.post("/query/cohorts/list").status_code == 200
        assert http.get("/2.0/engage", params={"output_properties": "[]"}).status_code == 200
    refused = http.post("/query/cohorts/list")
    assert refused.status_code == 429
    assert "retry-after" not in refused.headers
    assert "1/5 queries running concurrently and 61/60 queries running in the last hour" in refused.json()["error"]
    clock.now = 3600
    assert http.post("/query/cohorts/list").status_code == 200


def test_a_sixth_query_at_once_is_refused(there: m.Mixpanel, http: httpx.Client) -> None:
    there.seconds_per_query = 0.3
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(http.post("/query/cohorts/list"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a.status_code for a in answers) == [200] * 5 + [429]
    assert any("6/5 queries running concurrently" in a.text for a in answers)


def test_exports_are_three_a_second(http: httpx.Client, clock: Clock) -> None:
    assert [export(http).status_code for _ in range(4)] == [200, 200, 200, 429]
    clock.now = 1.0
    assert export(http).status_code == 200


def test_an_export_holds_whole_days_and_every_copy(http: httpx.Client) -> None:
    lines = [json.loads(line) for line in export(http).text.splitlines()]
    assert [line["properties"]["$insert_id"] for line in lines] == ["id-1", "id-1", "id-2"]
    assert lines[0]["properties"]["mp_processing_time_ms"] == (DAY + 3) * 1000
    earlier = export(http, from_date="2026-03-01", event='["Report Viewed"]').text.splitlines()
    assert [json.loads(line)["properties"]["time"] for line in earlier] == [DAY - 1, DAY + 1, DAY + 1]


def test_an_export_is_zipped_for_who_can_read_it(http: httpx.Client) -> None:
    with http.stream(
        "GET",
        "/2.0/export",
        params={"from_date": "2026-03-02", "to_date": "2026-03-02"},
        headers={"Accept-Encoding": "gzip"},
    ) as zipped:
        packed = b"".join(zipped.iter_raw())
    plain = http.get(
        "/2.0/export",
        params={"from_date": "2026-03-02", "to_date": "2026-03-02"},
        headers={"Accept-Encoding": "identity"},
    )
    assert gzip.decompress(packed) == plain.content
    assert "content-encoding" not in plain.headers


def test_an_export_can_end_early_once(there: m.Mixpanel, http: httpx.Client) -> None:
    there.terminate_after = 1
    assert export(http).text.splitlines()[1:] == ["export terminated early"]
    assert len(export(http).text.splitlines()) == 3


@pytest.mark.parametrize(
    "params", [{"from_date": "soon"}, {"to_date": "2026-03-01"}, {"limit": "100001"}, {"limit": "many"}]
)
def test_an_export_of_no_known_days_or_too_many_lines_is_refused(http: httpx.Client, params: dict[str, str]) -> None:
    refused = export(http, **params)
    assert refused.status_code == 400
    assert refused.json()["request"] == "/api/2.0/export"


def test_a_limit_cuts_an_export(http: httpx.Client) -> None:
    assert len(export(http, limit=2).text.splitlines()) == 2


def test_loading_twice_changes_nothing_and_more_events_are_added(there: m.Mixpanel, http: httpx.Client) -> None:
    there.load(SAMPLE)
    assert len(export(http).text.splitlines()) == 3
    there.load({"mixpanel": {"events": [event(1), event(9)]}})
    assert len(export(http).text.splitlines()) == 4


@pytest.mark.skipif(not SPECS.is_dir(), reason="Mixpanel's published contract is not beside the project")
@pytest.mark.parametrize(
    ("path", "form"), [("/cohorts/list", {}), ("/engage", {"output_properties": '["$email"]'}), ("/engage", {})]
)
def test_requests_and_answers_keep_the_published_contract(http: httpx.Client, path: str, form: dict[str, str]) -> None:
    spec = YAML(typ="safe").load(SPECS / "query.openapi.yaml")
    body = spec["paths"]["/engage"]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    body["properties"]["output_properties"] = {"type": "string"}  # it is sent as JSON in a form field
    profile = spec["paths"]["/engage"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    profile["properties"]["results"]["items"]["properties"]["$distinct_id"] = {"type": "string"}
    contract = OpenAPI.from_dict(spec)
    answered = http.post(f"/query{path}", data=form)
    request = MockRequest(
        "https://mixpanel.com",
        "post",
        f"/api/query{path}",
        args={"project_id": str(m.PROJECT_ID)},
        headers={"Authorization": answered.request.headers["authorization"]},
        data=answered.request.content or None,
        content_type="application/x-www-form-urlencoded",
    )
    contract.validate_request(request)
    contract.validate_response(request, MockResponse(answered.content, content_type="application/json"))
