"""The Intercom stand-in keeps Intercom's conflicts, limits and silences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.intercom.app import Intercom
from sandbox.kit.inbox import inbox_routes
from sandbox.kit.server import Server, build_app
from sandbox.kit.state import State

HTTP = httpx.Client(trust_env=False)
SAMPLE = {
    "accounts": [{"id": "ac-1", "name": "Acme"}],
    "intercom": {
        "contacts": [
            {"external_id": f"u{n}", "email": f"u{n}@acme.example", "name": f"User {n}", "companies": ["ac-1"]}
            for n in range(1, 8)
        ],
        "companies": [{"company_id": "ac-2", "name": "Globex"}],
        "attributes": ["plan"],
        "series": [{"name": "Nudge", "attribute": {"plan": "Team"}}],
    },
}


class World:
    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.stand_in = Intercom(State(), lambda: self.time)
        self.stand_in.load(SAMPLE)
        self.url = ""
        self.reply = httpx.Response(200)

    def ask(self, method: str, path: str, body: Any = None, version: str | None = "2.15", token: str = "t") -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Intercom-Version": version} if version else {}
        self.reply = HTTP.request(method, f"{self.url}/intercom{path}", headers=headers, json=body)
        return self.reply.json() if self.reply.content else None

    def refused(self, method: str, path: str, body: Any = None, **how: Any) -> tuple[int, str]:
        said = self.ask(method, path, body, **how)
        assert said["type"] == "error.list"
        assert said["request_id"]
        return self.reply.status_code, said["errors"][0]["code"]

    def contact(self, external_id: str = "u1") -> Any:
        return self.ask("GET", f"/contacts/find_by_external_id/{external_id}")

    def search(self, query: Any, **pages: Any) -> Any:
        return self.ask("POST", "/contacts/search", {"query": query, "pagination": pages})


@pytest.fixture(scope="module")
def port() -> Iterator[tuple[str, Server]]:
    server = Server()
    with server as url:
        yield url, server


@pytest.fixture
def world(port: tuple[str, Server]) -> World:
    world = World()
    world.url, server = port
    server.app = build_app(world.stand_in.state, [world.stand_in], inbox_routes([world.stand_in]))
    return world


def test_without_a_token_or_a_version_nothing_is_told(world: World) -> None:
    assert world.refused("GET", "/me", token="") == (401, "unauthorized")
    assert "x-ratelimit-limit" not in world.reply.headers, "not sent to strangers"
    for version in ("9.9", "1.4", None):
        assert world.refused("GET", "/tags", version=version) == (400, "intercom_version_invalid")
    world.stand_in.may -= {"tags"}
    assert world.refused("GET", "/tags")[0] == 403
    assert world.ask("GET", "/me")["app"]["region"] == "US"


def test_a_window_of_ten_seconds_is_counted_and_told(world: World) -> None:
    world.stand_in.per_window = 2
    world.ask("GET", "/me")
    assert world.reply.headers["x-ratelimit-remaining"] == "1"
    world.ask("GET", "/me")
    assert world.refused("GET", "/me") == (429, "rate_limit_exceeded")
    assert "retry-after" not in world.reply.headers
    assert int(world.reply.headers["x-ratelimit-reset"]) == 1_800_000_010
    world.time += 10
    assert world.ask("GET", "/me")["type"] == "admin"


def test_a_second_contact_of_the_same_person_is_a_conflict_that_names_the_first(world: World) -> None:
    for body in ({"external_id": "u1"}, {"email": "u1@acme.example"}):
        assert world.refused("POST", "/contacts", body) == (409, "conflict")
        assert world.contact()["id"] in world.reply.text
    assert world.refused("POST", "/contacts", {"name": "x"})[0] == 400
    assert world.ask("POST", "/contacts", {"email": "u1@acme.example", "role": "lead"})["role"] == "lead"


def test_a_new_contact_can_be_searched_only_after_a_while(world: World) -> None:
    made = world.ask("POST", "/contacts", {"external_id": "new", "email": "new@acme.example"})
    query = {"field": "email", "operator": "=", "value": "new@acme.example"}
    assert world.search(query)["total_count"] == 0
    assert world.contact("new")["id"] == made["id"], "by its id it is there at once"
    world.time += 61
    assert world.search(query)["data"][0]["id"] == made["id"]


def test_search_pages_by_a_cursor(world: World) -> None:
    query = {"operator": "AND", "value": [{"field": "role", "operator": "=", "value": "user"}]}
    seen, cursor = [], None
    while True:
        page = world.search(query, per_page=3, **({"starting_after": cursor} if cursor else {}))
        seen += [contact["external_id"] for contact in page["data"]]
        if "next" not in page["pages"]:
            break
        cursor = page["pages"]["next"]["starting_after"]
    assert seen == [f"u{n}" for n in range(1, 8)]
    assert page["pages"]["total_pages"] == 3
    assert world.refused("POST", "/contacts/search", {"query": query, "pagination": {"starting_after": "x"}})[0] == 400


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"field": "email", "operator": "~", "value": "ACME"}, 7),
        ({"field": "email", "operator": "!~", "value": "acme"}, 0),
        ({"field": "name", "operator": "^", "value": "user 1"}, 1),
        ({"field": "email", "operator": "$", "value": ".example"}, 7),
        ({"field": "external_id", "operator": "IN", "value": ["u1", "u2", "no"]}, 2),
        ({"field": "external_id", "operator": "NIN", "value": ["u1"]}, 6),
        ({"field": "external_id", "operator": "!=", "value": "u1"}, 6),
        ({"field": "created_at", "operator": ">", "value": "1"}, 7),
        ({"field": "created_at", "operator": "<", "value": 1}, 0),
        ({"field": "updated_at", "operator": ">", "value": 1577836800.0}, 7),
        ({"field": "created_at", "operator": "=", "value": 1_800_000_000 + 60}, 7),  # the day counts
        ({"field": "created_at", "operator": ">", "value": 1_800_000_000 - 60}, 0),  # from the next day on
        ({"field": "last_seen_at", "operator": ">", "value": 1}, 0),
        ({"field": "unsubscribed_from_emails", "operator": "=", "value": False}, 7),
        ({"field": "phone", "operator": "=", "value": None}, 7),
        ({"field": "owner_id", "operator": "=", "value": 123}, 0),
        ({"field": "email_domain", "operator": "=", "value": "acme.example"}, 7),
        ({"field": "custom_attributes.plan", "operator": "=", "value": "Team"}, 0),
        ({"field": "tag_id", "operator": "!=", "value": "7"}, 7),
        ({"operator": "OR", "value": [{"field": "external_id", "operator": "=", "value": f"u{n}"} for n in (1, 2)]}, 2),
    ],
)
def test_operators_mean_what_intercom_says(world: World, query: Any, count: int) -> None:
    assert world.search(query)["total_count"] == count


@pytest.mark.parametrize(
    "query",
    [
        None,
        {"field": "shoe_size", "operator": "=", "value": 1},
        {"field": "tag_id", "operator": "IN", "value": ["1"]},
        {"field": "email", "operator": ">", "value": "a"},
        {"field": "created_at", "operator": ">", "value": "foobar"},
        {"field": "created_at", "operator": ">=", "value": 1},
        {"field": "created_at", "operator": "!=", "value": 1},
        {"field": "unsubscribed_from_emails", "operator": "=", "value": "perhaps"},
        {"field": "email", "operator": "=", "value": ["a"]},
        {"field": "email", "operator": "IN", "value": "a"},
        {"operator": "AND", "value": [{"field": "email", "operator": "=", "value": "a"}] * 16},
        {"operator": "AND", "value": [{"operator": "AND", "value": [{"operator": "AND", "value": []}]}]},
    ],
)
def test_a_query_beyond_the_rules_is_refused(world: World, query: Any) -> None:
    assert world.refused("POST", "/contacts/search", {"query": query}) == (400, "parameter_invalid")


def test_a_tag_is_made_once_whatever_its_case_and_applied_once(world: World) -> None:
    first = world.ask("POST", "/tags", {"name": "Nudge"})
    assert world.ask("POST", "/tags", {"name": "nudge"}) == first
    mine = world.contact()["id"]
    for _ in range(2):
        assert world.ask("POST", f"/contacts/{mine}/tags", {"id": first["id"]})["applied_by"]["type"] == "admin"
    assert world.stand_in.state.all("_applied")[0]["times"] == 1
    assert world.ask("GET", f"/contacts/{mine}/tags")["data"] == [first]
    assert world.search({"field": "tag_id", "operator": "=", "value": first["id"]})["total_count"] == 1
    assert world.ask("DELETE", f"/contacts/{mine}/tags/{first['id']}") == first
    assert world.refused("DELETE", f"/contacts/{mine}/tags/{first['id']}") == (404, "not_found")
    assert world.refused("POST", f"/contacts/{mine}/tags", {"id": "0"}) == (404, "not_found")
    assert world.refused("POST", "/contacts/no/tags", {"id": first["id"]}) == (404, "not_found")
    assert world.refused("POST", "/tags", {"name": " "}) == (400, "parameter_invalid")


def test_many_are_tagged_at_once_or_none(world: World) -> None:
    ids = [{"id": world.contact(f"u{n}")["id"]} for n in (1, 2)]
    assert world.refused("POST", "/tags", {"name": "x", "users": [*ids, {"id": "no"}]})[0] == 404
    assert world.stand_in.state.all("_applied") == []
    world.ask("POST", "/tags", {"name": "x", "users": ids})
    assert len(world.stand_in.inbox()) == 2


def test_an_event_counts_once_a_second_and_its_metadata_makes_no_difference(world: World) -> None:
    event = {"event_name": "ready", "created_at": 1_800_000_000, "user_id": "u1"}
    for metadata in ({"a": "1"}, {"a": "2"}):
        assert world.ask("POST", "/events", {**event, "metadata": metadata}) is None
        assert world.reply.status_code == 202
    world.ask("POST", "/events", {**event, "created_at": 1_800_000_001, "metadata": {f"k{n}": "v" for n in range(12)}})
    kept = world.stand_in.state.all("intercom.events")
    assert [len(one["metadata"]) for one in kept] == [1, 10]
    assert kept[0]["metadata"] == {"a": "1"}
    assert world.refused("POST", "/events", {**event, "user_id": "nobody"}) == (404, "not_found")
    assert world.refused("POST", "/events", {"event_name": "x", "user_id": "u1"})[0] == 400
    assert world.refused("POST", "/events", {**event, "metadata": {"list": [1]}})[0] == 400


def test_only_attributes_that_exist_are_set(world: World) -> None:
    mine = world.contact()["id"]
    assert world.refused("PUT", f"/contacts/{mine}", {"custom_attributes": {"new": 1}})[0] == 400
    assert world.refused("POST", "/data_attributes", {"name": "new"})[0] == 400
    world.ask("POST", "/data_attributes", {"name": "new", "model": "contact", "data_type": "string"})
    changed = world.ask("PUT", f"/contacts/{mine}", {"name": "Ana", "custom_attributes": {"new": "1", "plan": "Team"}})
    assert (changed["name"], changed["custom_attributes"]) == ("Ana", {"new": "1", "plan": "Team"})
    assert {a["name"] for a in world.ask("GET", "/data_attributes")["data"]} == {"plan", "new"}
    assert "Eligible for the series Nudge" in [item.title for item in world.stand_in.inbox()]


def test_an_attribute_takes_values_of_its_type_alone(world: World) -> None:
    mine = world.contact()["id"]
    assert world.refused("POST", "/data_attributes", {"name": "x", "model": "contact"})[0] == 400, "no data_type"
    world.ask("POST", "/data_attributes", {"name": "seats", "model": "contact", "data_type": "integer"})
    for wrong in ("many", "5", 5.5, True, [5]):
        assert world.refused("PUT", f"/contacts/{mine}", {"custom_attributes": {"seats": wrong}})[0] == 400
    assert world.ask("PUT", f"/contacts/{mine}", {"custom_attributes": {"seats": 5}})["custom_attributes"]["seats"] == 5
    found = world.search({"field": "custom_attributes.seats", "operator": ">=", "value": 5})
    assert found["total_count"] == 1


def test_what_is_written_of_a_contact_is_there(world: World) -> None:
    mine = world.contact()["id"]
    written = {"phone": "+49301234", "signed_up_at": 1_571_672_154, "owner_id": 123}
    assert world.ask("PUT", f"/contacts/{mine}", written).items() >= written.items()
    assert world.search({"field": "signed_up_at", "operator": "=", "value": 1_571_672_154})["total_count"] == 1


def test_companies_are_listed_and_never_tagged_without_a_word(world: World) -> None:
    listed = world.ask("GET", "/companies?per_page=1")
    assert (listed["type"], listed["total_count"], len(listed["data"])) == ("list", 2, 1)
    assert [one["name"] for one in world.ask("GET", "/companies?name=Globex")["data"]] == ["Globex"]
    assert world.refused("GET", "/companies?tag_id=1")[0] == 400
    assert world.refused("POST", "/tags", {"name": "vip", "companies": [{"company_id": "ac-1"}]})[0] == 400
    assert world.refused("GET", "/companies?per_page=abc")[0] == 400


@pytest.mark.parametrize(("version", "known"), [("2.14", True), ("2.16", True), ("2.17", True), ("2.18", False)])
def test_the_published_versions_are_known(world: World, version: str, known: bool) -> None:
    answered = world.ask("GET", "/me", version=version)
    assert (answered["type"] == "admin") == known


def test_companies_have_two_ids(world: World) -> None:
    acme = world.ask("GET", "/companies?company_id=ac-1")
    assert (acme["name"], acme["user_count"]) == ("Acme", 7)
    assert world.ask("POST", "/companies", {"company_id": "ac-1", "name": "Acme Inc"})["id"] == acme["id"]
    assert world.ask("GET", f"/companies/{acme['id']}")["name"] == "Acme Inc"
    page = world.ask("GET", f"/companies/{acme['id']}/contacts?per_page=5")
    assert (len(page["data"]), page["total_count"]) == (5, 7)
    globex = world.ask("GET", "/companies?company_id=ac-2")
    mine = world.contact()["id"]
    for _ in range(2):
        assert world.ask("POST", f"/contacts/{mine}/companies", {"id": globex["id"]})["user_count"] == 1
    assert world.refused("GET", "/companies?company_id=none") == (404, "company_not_found")
    assert world.refused("GET", "/companies/none") == (404, "company_not_found")
    assert world.refused("POST", "/companies", {"name": "x"}) == (400, "bad_request")


def test_what_is_not_json_or_not_there_is_refused(world: World) -> None:
    headers = {"Authorization": "Bearer t", "Intercom-Version": "2.15"}
    assert HTTP.post(f"{world.url}/intercom/events", content="{", headers=headers).status_code == 400
    assert world.refused("GET", "/contacts/no") == (404, "not_found")
    assert world.refused("GET", "/contacts/find_by_external_id/no") == (404, "not_found")
    assert world.ask("GET", "/contacts?per_page=2")["pages"]["next"]["starting_after"] == "2"


def test_the_inbox_says_eligible_for_whom_and_why_and_a_contact_s_link_leads_there(world: World) -> None:
    mine, tag = world.contact()["id"], world.ask("POST", "/tags", {"name": "expansion:Seats <b>"})
    world.ask("POST", f"/contacts/{mine}/tags", {"id": tag["id"]})
    world.ask("POST", "/events", {"event_name": "other", "created_at": 1, "user_id": "u1", "metadata": {"a": "1"}})
    first, second = world.stand_in.inbox()
    assert (first.what, first.to, first.account) == ("series", "User 1", "Acme")
    assert first.title == "Eligible for the series Seats <b>"
    assert "Seats &lt;b&gt;" in first.html
    assert "not enrolled" in first.html
    assert (second.what, second.facts) == ("event", {"a": "1"})
    page = HTTP.get(f"{world.url}/intercom/a/apps/sandbox1/users/{mine}/all-conversations", follow_redirects=True)
    assert f'id="{page.url.fragment}"' in page.text
    nobody = HTTP.get(f"{world.url}/intercom/a/apps/sandbox1/users/x/all-conversations", follow_redirects=True)
    assert nobody.url.path == "/inbox"


def test_loading_twice_changes_nothing(world: World) -> None:
    collections = ("contacts", "companies", "attributes", "series")
    before = {one: world.stand_in.state.items(f"intercom.{one}") for one in collections}
    world.time += 100
    world.stand_in.load(SAMPLE)
    assert {one: world.stand_in.state.items(f"intercom.{one}") for one in collections} == before
