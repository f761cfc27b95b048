"""The HubSpot stand-in is no kinder than HubSpot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.hubspot.app import TOKEN, HubSpot
from sandbox.kit.server import build_app
from sandbox.kit.state import State

OBJECTS = "/hubspot/crm/objects/2026-03"
TYPE = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 192}
KEY, OTHER = "ab" * 32, "cd" * 32
SAMPLE = {
    "hubspot": {
        "owners": [
            {"id": 11, "email": "ana@seller.example", "firstName": "Ana", "lastName": "Silva"},
            {"id": 12, "email": "gone@seller.example", "archived": True},
        ],
        "companies": [
            {"id": 9000, "properties": {"name": "Acme", "product_account_id": "a-1", "seats": 50, "trial": True}},
            {"id": 9001, "properties": {"name": "Beta", "product_account_id": "a-2", "seats": None}},
        ],
    }
}


class Facing:
    """The stand-in with a client that holds the token."""

    def __init__(self, stand_in: HubSpot, client: httpx.Client) -> None:
        self.stand_in, self.client = stand_in, client

    def post(self, path: str, *inputs: dict[str, Any], **body: Any) -> httpx.Response:
        return self.client.post(f"{OBJECTS}/{path}", json=({"inputs": list(inputs)} if inputs else {}) | body)

    def search(self, *keys: str, **body: Any) -> httpx.Response:
        filters = [{"propertyName": "expansion_key", "operator": "IN", "values": list(keys)}]
        return self.post("tasks/search", filterGroups=[{"filters": filters}], **body)


def task(trace: str | None = None, company: int | None = 9000, **properties: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"properties": {"hs_timestamp": "2026-11-24T13:00:00Z", "hs_task_subject": "x"} | properties}
    if company:
        made["associations"] = [{"to": {"id": str(company)}, "types": [TYPE]}]
    return made | ({"objectWriteTraceId": trace} if trace else {})


@pytest.fixture
def portal() -> Iterator[Facing]:
    state = State()
    stand_in = HubSpot(state)
    stand_in.load(SAMPLE)
    stand_in.load(SAMPLE)
    with TestClient(build_app(state, [stand_in])) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield Facing(stand_in, client)


def test_loading_twice_changes_nothing_and_values_are_text(portal: Facing) -> None:
    rows = portal.client.get(f"{OBJECTS}/companies", params={"properties": "name,seats,trial,typo"}).json()["results"]
    shown = [{k: v for k, v in r["properties"].items() if k in ("name", "seats", "trial", "typo")} for r in rows]
    assert shown == [{"name": "Acme", "seats": "50", "trial": "true"}, {"name": "Beta", "seats": None, "trial": None}]


def test_lists_are_paged(portal: Facing) -> None:
    first = portal.client.get(f"{OBJECTS}/companies", params={"limit": 1}).json()
    after = first["paging"]["next"]["after"]
    second = portal.client.get(f"{OBJECTS}/companies", params={"limit": 1, "after": after}).json()
    assert [r["id"] for r in (*first["results"], *second["results"])] == ["9000", "9001"]
    assert "paging" not in second
    assert portal.client.get(f"{OBJECTS}/companies", params={"limit": 101}).status_code == 400


def test_keys_scopes_and_versions_are_checked(portal: Facing) -> None:
    assert portal.client.get(f"{OBJECTS}/companies", headers={"Authorization": "Bearer x"}).status_code == 401
    assert portal.client.get("/hubspot/crm/objects/2020-01/companies").status_code == 404
    assert portal.client.get(f"{OBJECTS}/spaceships").status_code == 404
    portal.stand_in.scopes.discard("crm.objects.companies.read")
    reply = portal.client.get(f"{OBJECTS}/companies")
    assert (reply.status_code, reply.json()["category"]) == (403, "MISSING_SCOPES")


def test_190_calls_in_ten_seconds_and_five_searches_in_one(portal: Facing) -> None:
    now = [0.0]
    portal.stand_in.limits.now = lambda: now[0]
    for _ in range(190):
        reply = portal.client.get(f"{OBJECTS}/companies/9000")
        assert reply.status_code == 200
    assert reply.headers["x-hubspot-ratelimit-remaining"] == "0"
    reply = portal.client.get(f"{OBJECTS}/companies/9000")
    assert (reply.status_code, reply.json()["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert reply.headers["x-hubspot-ratelimit-interval-milliseconds"] == "10000"
    now[0] = 10.0
    assert [portal.search(KEY).status_code for _ in range(6)] == [200] * 5 + [429]
    reply = portal.search(KEY)
    assert reply.json()["category"] == "RATE_LIMITS" and "policyName" not in reply.json()
    assert "x-hubspot-ratelimit-max" not in reply.headers
    portal.stand_in.limits.daily = portal.stand_in.limits.used
    assert portal.client.get(f"{OBJECTS}/companies/9000").json()["policyName"] == "DAILY"


def test_a_batch_with_trace_ids_is_done_in_part(portal: Facing) -> None:
    portal.stand_in.portal.rules["never"] = "Never!"
    reply = portal.post(
        "tasks/batch/create",
        task("a"),
        task("b", nonsense="x"),
        task("c", hs_timestamp=""),
        task("d", hs_task_priority="BIG"),
        task("e", hubspot_owner_id="12"),
        task("f", hs_timestamp="soon"),
        task("g", company=1),
        task("h", hs_task_subject="never"),
        task("i", hs_object_id="5"),
        task("j", hs_task_body="x" * 65_537),
        task("k", hs_task_subject=5),
        task("l"),
    )
    body = reply.json()
    assert reply.status_code == 207 and body["numErrors"] == 10
    assert [r["objectWriteTraceId"] for r in body["results"]] == ["l", "a"], "in an order of its own"
    codes = {e["context"]["objectWriteTraceId"][0]: e["errors"][0]["code"] for e in body["errors"] if "errors" in e}
    assert codes["b"] == "PROPERTY_DOESNT_EXIST" and codes["c"] == "REQUIRED_FIELD" and codes["d"] == "INVALID_OPTION"
    assert codes["e"] == "INVALID_OWNER" and "g" not in codes and codes["k"] == "INVALID_JSON"
    [gone] = [e for e in body["errors"] if e["context"]["objectWriteTraceId"] == ["g"]]
    assert gone["message"] == "One or more associations are invalid" and "errors" not in gone
    assert gone["context"]["INVALID_OBJECT_IDS"] == ["COMPANY=1 is not valid"]
    assert len(portal.stand_in.portal.all("tasks")) == 2


def test_a_batch_without_trace_ids_fails_as_a_whole(portal: Facing) -> None:
    assert portal.post("tasks/batch/create", task(), task(nonsense="x")).status_code == 400
    assert portal.stand_in.portal.all("tasks") == []
    without_time = {"properties": {"hs_task_subject": "x"}}
    assert portal.post("tasks/batch/create", without_time).json()["errors"][0]["code"] == "REQUIRED_FIELD"
    assert portal.post("tasks/batch/create", task()).status_code == 201


def test_batches_have_their_limits(portal: Facing) -> None:
    assert portal.post("tasks/batch/create", *[task()] * 101).status_code == 400
    assert portal.post("tasks/batch/create").status_code == 400
    assert portal.client.post(f"{OBJECTS}/tasks/batch/create", content="{").status_code == 400


def upsert(key: str, trace: str | None = None, **properties: Any) -> dict[str, Any]:
    return {"id": key, "idProperty": "expansion_key", **task(trace, None, **properties)}


def test_an_upsert_creates_once_and_then_updates(portal: Facing) -> None:
    [first] = portal.post("tasks/batch/upsert", upsert(KEY)).json()["results"]
    [second] = portal.post("tasks/batch/upsert", upsert(KEY, hs_task_subject="y")).json()["results"]
    assert (first["new"], second["new"], first["id"] == second["id"]) == (True, False, True)
    assert portal.post("tasks/batch/upsert", upsert(KEY), upsert(KEY)).status_code == 400
    assert portal.post("tasks/batch/create", task(expansion_key=KEY)).json()["category"] == "CONFLICT"
    applied = [d for d in portal.stand_in.state.all("_applied") if d["what"] == "create_task"]
    assert [(d["key"], d["times"]) for d in applied] == [(KEY, 1)]
    portal.stand_in.portal.task_key_unique = False
    assert portal.post("tasks/batch/upsert", upsert(KEY)).status_code == 400


def test_reading_by_a_unique_property(portal: Facing) -> None:
    portal.post("tasks/batch/upsert", upsert(KEY))
    where = {"idProperty": "expansion_key", "properties": ["expansion_key"]}
    reply = portal.post("tasks/batch/read", {"id": KEY}, {"id": OTHER}, **where)
    assert reply.status_code == 207 and len(reply.json()["results"]) == 1
    assert reply.json()["errors"][0]["context"] == {"ids": [OTHER]}
    assert portal.client.get(f"{OBJECTS}/tasks/{KEY}", params={"idProperty": "expansion_key"}).status_code == 200
    assert portal.client.get(f"{OBJECTS}/tasks/{OTHER}", params={"idProperty": "expansion_key"}).status_code == 404
    assert portal.client.get(f"{OBJECTS}/companies/a-1", params={"idProperty": "product_account_id"}).status_code == 400
    assert portal.post("companies/batch/read", {"id": "a-1"}, idProperty="product_account_id").status_code == 400


def test_search_lags_and_has_its_limits(portal: Facing) -> None:
    now = [100.0]
    portal.stand_in.portal.clock = lambda: now[0]
    portal.stand_in.portal.lag = 8.0
    portal.stand_in.limits.searches = 100
    portal.post("tasks/batch/create", task(expansion_key=KEY), task(expansion_key=OTHER))
    assert portal.search(KEY, OTHER).json()["total"] == 0
    now[0] = 108.0
    found = portal.search(KEY, OTHER, properties=["expansion_key"]).json()
    assert found["total"] == 2 and [r["properties"]["expansion_key"] for r in found["results"]] == [OTHER, KEY]
    assert portal.search(KEY, limit=201).status_code == 400
    assert portal.search(*[f"{n:064d}" for n in range(50)]).status_code == 400, "3,000 characters at most"
    groups = [{"filters": [{"propertyName": "hs_task_subject", "operator": "EQ", "value": "x"}]}]
    assert portal.post("tasks/search", filterGroups=groups).json()["total"] == 2
    groups = [{"filters": [{"propertyName": "hubspot_owner_id", "operator": "HAS_PROPERTY"}]}]
    assert portal.post("tasks/search", filterGroups=groups).json()["total"] == 0
    groups = [{"filters": [{"propertyName": "hs_task_subject", "operator": "SOUNDS_LIKE", "value": "x"}]}]
    assert portal.post("tasks/search", filterGroups=groups).status_code == 400


def test_associations_may_be_made_again(portal: Facing) -> None:
    [made] = portal.post("tasks/batch/upsert", upsert(KEY)).json()["results"]
    path = "/hubspot/crm/associations/2026-03/tasks/companies/batch/associate/default"
    pairs = [{"from": {"id": made["id"]}, "to": {"id": company}} for company in ("9000", "1")]
    for _ in range(2):
        reply = portal.client.post(path, json={"inputs": pairs})
        assert reply.status_code == 207 and len(reply.json()["results"]) == 1
    one = f"{OBJECTS}/tasks/{made['id']}/associations/default/companies"
    assert portal.client.put(f"{one}/9001").status_code == 200
    assert portal.client.put(f"{one}/1").status_code == 404
    assert (portal.stand_in.portal.get("tasks", made["id"]) or {})["companies"] == ["9000", "9001"]


def test_companies_are_updated_by_id(portal: Facing) -> None:
    def change(number: int, trace: str | None = None, **properties: str) -> dict[str, Any]:
        return {"id": str(number), "properties": properties} | ({"objectWriteTraceId": trace} if trace else {})

    reply = portal.post("companies/batch/update", change(9000, "a", seats="60"), change(1, "b", seats="1"))
    assert reply.status_code == 207 and len(reply.json()["results"]) == 1
    assert portal.post("companies/batch/update", change(9000), change(9000)).status_code == 400
    assert portal.post("companies/batch/update", change(9000, nonsense="1")).status_code == 400
    assert (portal.stand_in.portal.get("companies", "9000") or {})["properties"]["seats"] == "60"


def test_owners_and_properties(portal: Facing) -> None:
    def owners(**params: str) -> list[str]:
        return [o["id"] for o in portal.client.get("/hubspot/crm/owners/2026-03", params=params).json()["results"]]

    assert owners() == ["11"] and owners(archived="true") == ["12"]
    assert owners(email="ANA@seller.example") == ["11"] and owners(email="gone@seller.example") == []
    properties = "/hubspot/crm/properties/2026-03/tasks"
    assert portal.client.get(f"{properties}/expansion_key").json()["hasUniqueValue"] is True
    assert portal.client.get(f"{properties}/nonsense").status_code == 404
    names = {p["name"]: p for p in portal.client.get(properties).json()["results"]}
    assert [o["value"] for o in names["hs_task_type"]["options"]] == ["TODO", "CALL", "EMAIL"]
    portal.stand_in.portal.task_key = None
    assert "expansion_key" not in {p["name"] for p in portal.client.get(properties).json()["results"]}
    assert portal.client.get("/hubspot/account-info/2026-03/details").json()["portalId"] == 4711


def test_the_inbox_and_the_page_show_what_a_seller_would_see(portal: Facing) -> None:
    body = '<b>46</b> of 50<br><script>alert(1)</script><a href="https://x.example">x</a> 1 &lt; 2 <img src=x>'
    shown = {"hs_task_subject": "Call <Acme>", "hs_task_body": body, "hubspot_owner_id": "11", "expansion_key": KEY}
    [made] = portal.post("tasks/batch/create", task(**shown)).json()["results"]
    portal.post("tasks/batch/create", task(company=None))
    item, bare = portal.stand_in.inbox()
    assert (item.to, item.account, item.key, item.facts["Type"]) == ("Ana Silva", "Acme", KEY, "Todo")
    assert item.html.startswith("<b>46</b> of 50<br>&lt;script&gt;") and '<a href="https://x.example">' in item.html
    assert "<img" not in item.html and "1 &lt; 2" in item.html
    assert (bare.to, bare.account, bare.key) == ("Unassigned", None, None)
    page = portal.client.get(f"/hubspot/contacts/4711/record/0-27/{made['id']}").text
    assert "Call &lt;Acme&gt;" in page and "<script>" not in page
    assert portal.client.get("/hubspot/contacts/4711/record/0-27/5").status_code == 404
    assert "product_account_id" in portal.client.get("/hubspot/contacts/4711/record/0-2/9000").text
