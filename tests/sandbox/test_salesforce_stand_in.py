"""The Salesforce stand-in is no kinder than Salesforce."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.kit.server import build_app
from sandbox.kit.state import State
from sandbox.salesforce.app import CLIENT_ID, CLIENT_SECRET, Salesforce
from sandbox.salesforce.org import Org
from sandbox.salesforce.refusals import SoqlError
from sandbox.salesforce.soql_run import Runner

DATA = "/salesforce/services/data/v67.0"
USER, IDLE = "005000000000001AAA", "005000000000002AAA"
ACME, BETA = "001000000000001AAA", "001000000000002AAA"
KEY = "ab" * 32
SAMPLE = {
    "salesforce": {
        "users": [
            {"Id": USER, "Email": "ana@seller.example", "Name": "Ana"},
            {"Id": IDLE, "Email": "idle@seller.example", "Name": "Idle", "IsActive": False},
        ],
        "accounts": [
            {"Id": ACME, "Name": "Acme", "Seats__c": 50, "Trial__c": False, "OwnerId": USER},
            {"Id": BETA, "Name": "Beta's", "Seats__c": 7, "Trial__c": True, "OwnerId": None},
        ],
    }
}


class Facing:
    """The stand-in with a client that has signed in."""

    def __init__(self, stand_in: Salesforce, client: httpx.Client) -> None:
        self.stand_in, self.client = stand_in, client

    def query(self, soql: str) -> httpx.Response:
        return self.client.get(f"{DATA}/query/", params={"q": soql})

    def names(self, where: str) -> list[str]:
        rows = self.query(f"SELECT Name FROM Account WHERE {where}").json()["records"]
        return [row["Name"] for row in rows]

    def create(self, *records: dict[str, Any], **more: Any) -> httpx.Response:
        body = {"allOrNone": False, "records": [{"attributes": {"type": "Task"}, **r} for r in records], **more}
        return self.client.post(f"{DATA}/composite/sobjects", json=body)

    def upsert(self, *records: dict[str, Any]) -> httpx.Response:
        body = {"records": [{"attributes": {"type": "Task"}, **r} for r in records]}
        return self.client.patch(f"{DATA}/composite/sobjects/Task/Expansion_Key__c", json=body)


@pytest.fixture
def org() -> Iterator[Facing]:
    state = State()
    stand_in = Salesforce(state)
    stand_in.load(SAMPLE)
    stand_in.load(SAMPLE)
    with TestClient(build_app(state, [stand_in])) as client:
        form = {"grant_type": "client_credentials"}
        reply = client.post("/salesforce/services/oauth2/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET))
        client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        yield Facing(stand_in, client)


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()[0]["errorCode"]


def errors(reply: httpx.Response) -> list[str | None]:
    assert reply.status_code == 200
    return [None if r["success"] else r["errors"][0]["statusCode"] for r in reply.json()]


def test_loading_twice_changes_nothing(org: Facing) -> None:
    assert org.names("Id != null") == ["Acme", "Beta's"]


def test_another_grant_is_refused(org: Facing) -> None:
    reply = org.client.post("/salesforce/services/oauth2/token", data={"grant_type": "password"})
    assert (reply.status_code, reply.json()["error"]) == (400, "unsupported_grant_type")


def test_no_session_no_answer(org: Facing) -> None:
    org.stand_in.expire_sessions()
    assert code(org.query("SELECT Id FROM Account")) == (401, "INVALID_SESSION_ID")


def test_every_reply_tells_the_usage(org: Facing) -> None:
    assert org.query("SELECT Id FROM Account").headers["sforce-limit-info"] == "api-usage=1/100000"
    assert org.query("SELECT Nope FROM Account").headers["sforce-limit-info"] == "api-usage=2/100000"
    org.stand_in.api_limit = 2
    assert code(org.query("SELECT Id FROM Account")) == (403, "REQUEST_LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("Name = 'acme'", ["Acme"]),
        ("Name = 'Beta\\'s'", ["Beta's"]),
        ("Name LIKE 'be%'", ["Beta's"]),
        ("Name LIKE '_cme'", ["Acme"]),
        ("Name LIKE 'cm'", []),
        ("Seats__c >= 50", ["Acme"]),
        ("Seats__c < 50 AND Trial__c = true", ["Beta's"]),
        ("(Seats__c > 49 OR Seats__c <= 7) AND Trial__c != TRUE", ["Acme"]),
        ("Name IN ('Acme', 'Nobody')", ["Acme"]),
        ("Name NOT IN ('Acme')", ["Beta's"]),
        ("OwnerId = null", ["Beta's"]),
        ("OwnerId != null", ["Acme"]),
        ("Owner.Email = 'ana@seller.example'", ["Acme"]),
        ("CreatedDate > 2025-01-01T00:00:00Z", []),
        ("CreatedDate <= 2025-01-01T00:00:00+00:00", ["Acme", "Beta's"]),
        ("CreatedDate < TODAY", ["Acme", "Beta's"]),
        ("NumberOfEmployees > 5", []),
    ],
)
def test_the_part_of_soql_it_knows(org: Facing, where: str, names: list[str]) -> None:
    assert org.names(where) == names


@pytest.mark.parametrize(
    ("soql", "error"),
    [
        ("SELECT Nope__c FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Nope__c = 1", "INVALID_FIELD"),
        ("SELECT Boss.Name FROM Account", "INVALID_FIELD"),
        ("SELECT Whom.Name FROM Task", "INVALID_FIELD"),
        ("SELECT Id FROM Task WHERE Description LIKE '%key%'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Id > ''", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE"),
        ("SELECT FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = Acme", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name ~ 'a'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT 1 please", "MALFORMED_QUERY"),
        ("SELECT Name, COUNT(Id) FROM Account GROUP BY OwnerId", "MALFORMED_QUERY"),
        ("SELECT AVG(Seats__c) FROM Account", "MALFORMED_QUERY"),
    ],
)
def test_what_it_does_not_know_is_an_error_as_salesforce_words_it(org: Facing, soql: str, error: str) -> None:
    assert code(org.query(soql)) == (400, error)


def test_aggregates_and_order(org: Facing) -> None:
    [row] = org.query("SELECT COUNT(Id) n, MAX(Seats__c), MIN(Seats__c), SUM(Seats__c) total FROM Account").json()[
        "records"
    ]
    assert (row["n"], row["expr1"], row["expr2"], row["total"]) == (2, 50, 7, 57)
    rows = org.query("SELECT OwnerId, COUNT(Id) n FROM Account GROUP BY OwnerId ORDER BY OwnerId DESC").json()[
        "records"
    ]
    assert [(r["OwnerId"], r["n"]) for r in rows] == [(None, 1), (USER, 1)]
    rows = org.query("SELECT Name FROM Account ORDER BY Name DESC LIMIT 1").json()["records"]
    assert [r["Name"] for r in rows] == ["Beta's"]
    [row] = org.query("SELECT COUNT(Id) n FROM Account WHERE Name = 'x'").json()["records"]
    assert row["n"] == 0


def test_pages_and_an_aggregate_that_does_not_page(org: Facing) -> None:
    org.stand_in.page_size = 1
    first = org.query("SELECT Name FROM Account").json()
    assert (first["totalSize"], first["done"], len(first["records"])) == (2, False, 1)
    second = org.client.get(f"/salesforce{first['nextRecordsUrl']}").json()
    assert second["done"] and "nextRecordsUrl" not in second
    assert code(org.query("SELECT OwnerId, COUNT(Id) n FROM Account GROUP BY OwnerId")) == (400, "EXCEEDED_ID_LIMIT")
    assert code(org.client.get(f"{DATA}/query/01gnothing-5")) == (404, "INVALID_QUERY_LOCATOR")


def test_a_uri_that_is_too_long(org: Facing) -> None:
    keys = ",".join(f"'{KEY}'" for _ in range(250))
    assert org.query(f"SELECT Id FROM Task WHERE Expansion_Key__c IN ({keys})").status_code == 414


def test_describe_shows_only_what_the_user_may_see(org: Facing) -> None:
    fields = {f["name"]: f for f in org.client.get(f"{DATA}/sobjects/Task/describe").json()["fields"]}
    assert fields["Expansion_Key__c"]["externalId"] and fields["Expansion_Key__c"]["unique"]
    assert not fields["Description"]["filterable"] and fields["Status"]["picklistValues"]
    org.stand_in.org.key_fields["Task"] = None
    org.stand_in.org.hidden.add("Subject")
    names = {f["name"] for f in org.client.get(f"{DATA}/sobjects/Task/describe").json()["fields"]}
    assert not names & {"Expansion_Key__c", "Subject"}
    assert code(org.client.get(f"{DATA}/sobjects/Nothing/describe")) == (404, "NOT_FOUND")


def test_records_fail_one_by_one_inside_a_200(org: Facing) -> None:
    org.stand_in.org.rules["never"] = "Never!"
    org.stand_in.org.locked[BETA] = 1
    reply = org.create(
        {"Subject": "good", "WhatId": ACME},
        {"Subject": "s" * 256},
        {"Subject": "idle", "OwnerId": IDLE},
        {"Subject": "nobody", "OwnerId": "005000000000009AAA"},
        {"Subject": "nowhere", "WhatId": "001000000000009AAA"},
        {"Subject": "locked", "WhatId": BETA},
        {"Subject": "never"},
        {"Subject": "unlocked again", "WhatId": BETA},
    )
    assert errors(reply) == [
        None,
        "STRING_TOO_LONG",
        "INACTIVE_OWNER_OR_USER",
        "INVALID_CROSS_REFERENCE_KEY",
        "INVALID_CROSS_REFERENCE_KEY",
        "UNABLE_TO_LOCK_ROW",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        None,
    ]
    assert len(org.stand_in.org.all("Task")) == 2
    body = {"records": [{"attributes": {"type": "Opportunity"}, "Name": "x"}]}
    assert errors(org.client.post(f"{DATA}/composite/sobjects", json=body)) == ["REQUIRED_FIELD_MISSING"]


@pytest.mark.parametrize(
    ("record", "error"),
    [
        ({"Nope__c": 1}, "INVALID_FIELD"),
        ({"ActivityDate": "soon"}, "JSON_PARSER_ERROR"),
        ({"CreatedDate": "2020-01-01"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ],
)
def test_a_malformed_record_refuses_the_whole_call(org: Facing, record: dict[str, Any], error: str) -> None:
    assert code(org.create({"Subject": "good"}, record)) == (400, error)
    assert org.stand_in.org.all("Task") == []


def test_a_collection_has_its_limits(org: Facing) -> None:
    assert code(org.create(*[{"Subject": "x"}] * 201)) == (400, "EXCEEDED_ID_LIMIT")
    mixed = [{"attributes": {"type": t}, "Subject": "x"} for t in ["Task", "Opportunity"] * 6]
    assert code(org.client.post(f"{DATA}/composite/sobjects", json={"records": mixed})) == (400, "LIMIT_EXCEEDED")
    assert code(org.client.post(f"{DATA}/composite/sobjects", json={})) == (400, "JSON_PARSER_ERROR")
    assert code(org.client.post(f"{DATA}/composite/sobjects", content="{")) == (400, "JSON_PARSER_ERROR")
    assert code(org.client.post(f"{DATA}/composite/sobjects", json={"records": [{}]})) == (400, "INVALID_INPUT")


def test_an_upsert_creates_once_and_then_updates(org: Facing) -> None:
    first = org.upsert({"Expansion_Key__c": KEY, "Subject": "a"}).json()[0]
    second = org.upsert({"Expansion_Key__c": KEY, "Subject": "b"}).json()[0]
    assert (first["created"], second["created"], first["id"] == second["id"]) == (True, False, True)
    [task] = org.stand_in.org.all("Task")
    assert (task["Subject"], task["Status"]) == ("b", "Not Started")
    assert [d for d in org.stand_in.state.all("_applied") if d["what"] == "create_task"] == [
        {"vendor": "salesforce", "what": "create_task", "key": KEY, "times": 1}
    ]


def test_one_key_twice_in_a_batch_is_an_error_for_both(org: Facing) -> None:
    reply = org.upsert({"Expansion_Key__c": KEY}, {"Expansion_Key__c": KEY}, {"Expansion_Key__c": "cd" * 32})
    assert errors(reply) == ["DUPLICATE_VALUE", "DUPLICATE_VALUE", None]


def test_a_unique_key_cannot_be_created_twice_and_a_key_that_is_not_is_ambiguous(org: Facing) -> None:
    assert errors(org.create({"Expansion_Key__c": KEY}, {"Expansion_Key__c": KEY})) == [None, "DUPLICATE_VALUE"]
    org.stand_in.org.key_unique = False
    assert errors(org.create({"Expansion_Key__c": KEY})) == [None]
    assert errors(org.upsert({"Expansion_Key__c": KEY})) == ["DUPLICATE_EXTERNAL_ID"]
    one = f"{DATA}/sobjects/Task/Expansion_Key__c/{KEY}"
    assert org.client.get(one).status_code == org.client.patch(one, json={}).status_code == 300


def test_upsert_needs_an_external_id_field(org: Facing) -> None:
    reply = org.client.patch(f"{DATA}/composite/sobjects/Task/Subject", json={"records": []})
    assert code(reply) == (404, "NOT_FOUND")


def test_updates_go_by_id(org: Facing) -> None:
    def update(*records: dict[str, Any]) -> httpx.Response:
        body = {"records": [{"attributes": {"type": "Account"}, **r} for r in records]}
        return org.client.patch(f"{DATA}/composite/sobjects", json=body)

    assert errors(update({"id": ACME, "Seats__c": 60}, {"id": "001000000000009AAA"})) == [
        None,
        "INVALID_CROSS_REFERENCE_KEY",
    ]
    assert errors(update({"id": ACME}, {"id": ACME})) == ["DUPLICATE_VALUE", "DUPLICATE_VALUE"]
    assert org.names("Seats__c = 60") == ["Acme"]


def test_single_records(org: Facing) -> None:
    one = f"{DATA}/sobjects/Task/Expansion_Key__c/{KEY}"
    assert org.client.get(one).status_code == 404
    assert org.client.patch(one, json={"Subject": "a"}).status_code == 201
    reply = org.client.patch(one, json={"Subject": "b"})
    assert (reply.status_code, reply.json()["created"]) == (200, False)
    assert org.client.get(one).json()["Subject"] == "b"
    assert code(org.client.patch(one, json={"Expansion_Key__c": KEY})) == (400, "INVALID_FIELD")
    record = f"{DATA}/sobjects/Account/{ACME}"
    assert org.client.get(record).json()["Name"] == "Acme"
    assert org.client.patch(record, json={"Seats__c": 1}).status_code == 204
    assert code(org.client.patch(record, json={"Name": "n" * 256})) == (400, "STRING_TOO_LONG")
    assert org.client.get(f"{DATA}/sobjects/Account/{BETA[:-3]}").json()["Id"] == BETA
    assert org.client.get(f"{DATA}/sobjects/Account/{BETA[:-4]}").status_code == 404
    assert org.client.post(f"{DATA}/sobjects/Task", json={"Subject": "x"}).status_code == 201
    assert code(org.client.post(f"{DATA}/sobjects/Opportunity", json={})) == (400, "REQUIRED_FIELD_MISSING")


def test_the_inbox_and_the_page_show_what_a_seller_would_see(org: Facing) -> None:
    text = f"1 < 2\n<script>x</script>\n\nReference: {KEY}"
    made = org.create({"Subject": "Call <Acme>", "WhatId": ACME, "OwnerId": USER, "Description": text}).json()[0]
    deal = {"Name": "Seats", "StageName": "Prospecting", "CloseDate": "2027-01-01", "AccountId": ACME}
    org.client.post(f"{DATA}/sobjects/Opportunity", json=deal | {"Expansion_Key__c": KEY, "Amount": 5})
    org.client.post(f"{DATA}/sobjects/Opportunity", json=deal | {"Name": "somebody else's"})
    task, ours = org.stand_in.inbox()
    assert (task.what, task.to, task.account, task.key) == ("task", "Ana", "Acme", KEY)
    assert task.html.startswith("1 &lt; 2<br>&lt;script&gt;") and task.facts["Priority"] == "Normal"
    assert (ours.what, ours.title, ours.to, ours.facts["Amount"]) == ("opportunity", "Seats", "Integration User", "5")
    page = org.client.get(f"/salesforce/lightning/r/Task/{made['id']}/view")
    assert "Call &lt;Acme&gt;" in page.text and "<script>" not in page.text
    assert org.client.get("/salesforce/lightning/r/Task/00T/view").status_code == 404
    assert "Seats__c" in org.client.get(f"/salesforce/lightning/r/Account/{ACME}/view").text


def test_limits(org: Facing) -> None:
    assert org.client.get(f"{DATA}/limits").json()["DailyApiRequests"] == {"Max": 100_000, "Remaining": 99_999}


def test_a_runner_needs_no_server() -> None:
    with pytest.raises(SoqlError, match="unexpected token"):
        Runner(Org(State())).run("SELECT")
