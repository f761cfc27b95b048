"""What Salesforce refuses, the stand-in refuses: each was once taken by it, and hid a fault from the tests."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.sandbox.test_salesforce_stand_in import ACME, BETA, DATA, KEY, USER, Facing, code, errors, org

__all__ = ["org"]


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("Seats__c = 1 AND Trial__c = true OR Name = 'x'", "MALFORMED_QUERY"),
        ("Seats__c = 1 OR Trial__c = true AND Name = 'x'", "MALFORMED_QUERY"),
        ("Seats__c = '5'", "INVALID_FIELD"),
        ("CreatedDate >= '2024-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("CreatedDate >= 2024-01-01", "INVALID_FIELD"),
        ("Trial__c = 'true'", "INVALID_FIELD"),
        ("Owner.IsActive = 'true'", "INVALID_FIELD"),
        ("Name = 5", "INVALID_FIELD"),
        ("Name IN ('Acme', 5)", "INVALID_FIELD"),
        ("CreatedDate >= 2024-13-01T00:00:00Z", "MALFORMED_QUERY"),
        ("CreatedDate >= LAST_N_DAYS:3", "MALFORMED_QUERY"),
    ],
)
def test_a_literal_of_another_type_and_mixed_words_are_refused(org: Facing, where: str, error: str) -> None:
    assert code(org.query(f"SELECT Id FROM Account WHERE {where}")) == (400, error)


def test_parentheses_make_mixed_words_good(org: Facing) -> None:
    assert org.names("Seats__c = 50 AND (Trial__c = true OR Name = 'acme')") == ["Acme"]
    assert org.names("NOT Seats__c = 50") == ["Beta's"]


def test_names_are_found_whatever_the_case_and_spelt_as_salesforce_does(org: Facing) -> None:
    rows = org.query("select id, SEATS__C, owner.email from ACCOUNT where name = 'Acme' order by NAME").json()[
        "records"
    ]
    assert [(row["Id"], row["Seats__c"], row["Owner"]["Email"]) for row in rows] == [(ACME, 50, "ana@seller.example")]
    assert rows[0]["attributes"]["type"] == "Account"
    assert org.client.get(f"{DATA}/sobjects/account/describe").json()["name"] == "Account"


def test_a_field_two_relationships_away_has_an_object_for_each_step(org: Facing) -> None:
    org.stand_in.org.update("Account", BETA, {"ParentId": ACME})
    soql = "SELECT Parent.Owner.Email, Parent.OwnerId, Owner.Name FROM Account WHERE Id = '{}'"
    [row] = org.query(soql.format(BETA)).json()["records"]
    user = {"type": "User", "url": f"/services/data/v67.0/sobjects/User/{USER}"}
    assert row["Parent"]["attributes"]["type"] == "Account"
    assert row["Parent"]["Owner"] == {"attributes": user, "Email": "ana@seller.example"}
    assert (row["Parent"]["OwnerId"], row["Owner"]) == (USER, None)


def test_an_empty_field_of_a_parent_that_is_there_is_null_inside_it(org: Facing) -> None:
    org.stand_in.org.update("Account", BETA, {"ParentId": ACME})
    [row] = org.query(f"SELECT Parent.Website FROM Account WHERE Id = '{BETA}'").json()["records"]
    assert row["Parent"]["Website"] is None


def test_a_reference_to_several_kinds_of_objects_shows_what_they_share(org: Facing) -> None:
    org.create({"WhatId": ACME})
    [row] = org.query("SELECT What.Name, What.Type FROM Task").json()["records"]
    assert (row["What"]["Name"], row["What"]["Type"], row["What"]["attributes"]["type"]) == (
        "Acme",
        "Account",
        "Account",
    )
    assert code(org.query("SELECT What.Website FROM Task")) == (400, "INVALID_FIELD")


def test_count_without_a_field_is_the_size_alone(org: Facing) -> None:
    assert org.query("SELECT COUNT() FROM Account").json() == {"totalSize": 2, "done": True, "records": []}


def test_numbers_are_ordered_by_size_and_groups_by_what_is_named(org: Facing) -> None:
    rows = org.query("SELECT Name FROM Account ORDER BY Seats__c DESC").json()["records"]
    assert [row["Name"] for row in rows] == ["Acme", "Beta's"]
    org.stand_in.org.update("Account", BETA, {"OwnerId": USER, "Name": "Acme"})
    soql = "SELECT Seats__c, COUNT(Id) n FROM Account GROUP BY Seats__c ORDER BY COUNT(Id)"
    assert [row["Seats__c"] for row in org.query(soql).json()["records"]] == [50, 7]
    assert code(org.query(soql.replace("ORDER BY COUNT(Id)", "ORDER BY Name"))) == (400, "MALFORMED_QUERY")


def test_all_or_none_takes_the_good_ones_back(org: Facing) -> None:
    good, bad = {"Subject": "good"}, {"Subject": "s" * 256}
    assert errors(org.create(good, bad, allOrNone=True)) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "STRING_TOO_LONG"]
    assert org.stand_in.org.all("Task") == [] and not org.stand_in.state.all("_applied")
    assert errors(org.create(good, allOrNone=True)) == [None]
    kept = org.stand_in.org.get("Account", ACME)
    records = [{"attributes": {"type": "Account"}, "id": i, "Name": n} for i, n in ((ACME, "New"), (BETA, "n" * 256))]
    reply = org.client.patch(f"{DATA}/composite/sobjects", json={"allOrNone": True, "records": records})
    assert errors(reply) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "STRING_TOO_LONG"]
    assert org.stand_in.org.get("Account", ACME) == kept


@pytest.mark.parametrize(
    "fields",
    [
        {"Seats__c": "many"},
        {"Seats__c": "1,500"},
        {"Seats__c": True},
        {"Seats__c": [5]},
        {"Trial__c": "maybe"},
        {"Trial__c": "true"},
        {"NumberOfEmployees": 1.5},
        {"Name": 5},
        {"Name": True},
        {"Name": {"first": "A"}},
    ],
)
def test_a_value_of_another_type_refuses_the_request(org: Facing, fields: dict[str, Any]) -> None:
    records = [{"attributes": {"type": "Account"}, "id": ACME, **fields}]
    reply = org.client.patch(f"{DATA}/composite/sobjects", json={"records": records})
    assert code(reply) == (400, "JSON_PARSER_ERROR")
    assert code(org.client.patch(f"{DATA}/sobjects/Account/{ACME}", json=fields)) == (400, "JSON_PARSER_ERROR")


@pytest.mark.parametrize("day", ["2026-03-07T00:00:00Z", "7 March 2026", "2026-02-30", 20260307])
def test_a_date_field_takes_a_day_alone(org: Facing, day: Any) -> None:
    assert code(org.create({"ActivityDate": day})) == (400, "JSON_PARSER_ERROR")


def test_an_upsert_by_what_is_no_external_id_is_refused(org: Facing) -> None:
    by_subject = org.client.patch(f"{DATA}/sobjects/Task/Subject/x", json={"Priority": "High"})
    assert code(by_subject) == (404, "NOT_FOUND")
    assert org.stand_in.org.all("Task") == []


def test_only_an_upsert_says_whether_it_created(org: Facing) -> None:
    assert "created" not in org.create({"Subject": "x"}).json()[0]
    assert org.upsert({"Expansion_Key__c": KEY}).json()[0]["created"] is True


def test_an_id_of_15_characters_is_the_same_record(org: Facing) -> None:
    assert org.names(f"Id = '{ACME[:15]}'") == ["Acme"]
    assert org.client.patch(f"{DATA}/sobjects/Account/{ACME[:15]}", json={"Website": "w.example"}).status_code == 204
    assert (org.stand_in.org.get("Account", ACME) or {})["Website"] == "w.example"


def test_the_caller_owns_what_names_no_owner_and_a_state_closes(org: Facing) -> None:
    org.create({"Subject": "x", "Status": "Completed"})
    [task] = org.stand_in.org.all("Task")
    assert (task["OwnerId"], task["IsClosed"]) == (task["CreatedById"], True)
    deal = {"Name": "d", "StageName": "Closed Won", "CloseDate": "2026-03-01"}
    org.client.post(f"{DATA}/sobjects/Opportunity", json=deal)
    [row] = org.query("SELECT IsClosed, IsWon FROM Opportunity").json()["records"]
    assert (row["IsClosed"], row["IsWon"]) == (True, True)


def test_records_of_the_sample_say_when_the_system_last_touched_them(org: Facing) -> None:
    assert org.names("SystemModstamp > 2020-01-01T00:00:00Z") == ["Acme", "Beta's"]


@pytest.mark.parametrize("version", ["99.0", "69.0", "30.0", "67.1", "67", "x.0"])
def test_a_version_that_is_not_served_is_not_found(org: Facing, version: str) -> None:
    reply = org.client.get(f"/salesforce/services/data/v{version}/query", params={"q": "SELECT Id FROM Account"})
    assert code(reply) == (404, "NOT_FOUND")


def test_the_app_signs_in_by_form_or_header_and_is_sent_to_the_same_place(org: Facing) -> None:
    form = {"grant_type": "client_credentials", "client_id": "stand-in-client", "client_secret": "stand-in-secret"}
    reply = org.client.post("/salesforce/services/oauth2/token", data=form)
    assert reply.json()["instance_url"] == "http://testserver/salesforce"
    for header in ("Digest x", "Basic ///", "Basic", "Basic ÿ"):
        headers = {"Authorization": header.encode("latin-1")}
        refused = org.client.post(
            "/salesforce/services/oauth2/token", data={"grant_type": "client_credentials"}, headers=headers
        )
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_id")


def test_a_record_type_has_to_be_one_of_the_objects(org: Facing) -> None:
    org.stand_in.org.record_types["Task"] = {"Expansion": "012000000000001AAA"}
    infos = org.client.get(f"{DATA}/sobjects/Task/describe").json()["recordTypeInfos"]
    assert [info["name"] for info in infos] == ["Expansion", "Master"]
    assert errors(org.create({"RecordTypeId": "012000000000001AAA"})) == [None]
    assert errors(org.create({"RecordTypeId": "012000000000009AAA"})) == ["INVALID_CROSS_REFERENCE_KEY"]


def test_several_currencies_show_in_describe_and_have_their_rates(org: Facing) -> None:
    assert code(org.query("SELECT IsoCode FROM CurrencyType")) == (400, "INVALID_TYPE")
    account = {"Id": "001000000000003AAA", "Name": "Kiso", "CurrencyIsoCode": "JPY"}
    org.stand_in.load({"salesforce": {"accounts": [account], "rates": {"USD": 1, "JPY": 150}}})
    described = org.client.get(f"{DATA}/sobjects/Account/describe").json()["fields"]
    assert "CurrencyIsoCode" in {field["name"] for field in described}
    rows = org.query("SELECT IsoCode, ConversionRate FROM CurrencyType WHERE IsoCode = 'JPY'").json()["records"]
    assert [(row["IsoCode"], row["ConversionRate"]) for row in rows] == [("JPY", 150)]


_ODD: list[Any] = [None, [], {}, 5, "x", True, {"records": 5}, {"records": [5]}, {"records": [{"attributes": 3}]}]
_ODD += [{"records": [{"attributes": {"type": "Nothing"}}]}, {"records": [{"attributes": {"type": "Task"}, "id": []}]}]
_ODD += [{"allOrNone": 1, "records": [{"attributes": {"type": "Account"}, "id": {}}]}, {"compositeRequest": [5]}]


@pytest.mark.parametrize("body", [*_ODD, b"\xff", b"", b"{"])
def test_nothing_that_is_sent_breaks_it(org: Facing, body: Any) -> None:
    sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
    paths = ["composite", "composite/sobjects", "composite/sobjects/Task/Expansion_Key__c", "sobjects/Task"]
    paths += [f"sobjects/Account/{ACME}", "sobjects/Task/Expansion_Key__c/k", "sobjects/Nothing/x", "sobjects/User"]
    for path in paths:
        for method in ("POST", "PATCH"):
            headers = {"If-Unmodified-Since": "soon"}
            assert org.client.request(method, f"{DATA}/{path}", headers=headers, **sent).status_code < 500, path


def test_no_query_breaks_it(org: Facing) -> None:
    words = ["SELECT", "FROM", "WHERE", "Account", "Name", "Seats__c", "COUNT", "(", ")", ",", "'x'", "5", "AND", "NOT"]
    words += [
        "OR",
        "GROUP",
        "BY",
        "ORDER",
        "LIMIT",
        "IN",
        "LIKE",
        "=",
        ">",
        "null",
        "TODAY",
        "2026-01-01",
        "Owner.Name",
    ]
    words += ["MAX", "SUM", "CreatedDate", "2026-01-01T00:00:00Z", "Id", "true", "-1.5"]
    drawn = random.Random(4)
    for _ in range(3000):
        begin = drawn.choice([[], ["SELECT", "Name", "FROM", "Account", "WHERE"], ["SELECT", "COUNT", "("]])
        asked = " ".join([*begin, *drawn.choices(words, k=drawn.randrange(1, 12))])
        assert org.query(asked).status_code < 500, asked
    assert code(org.client.get(f"{DATA}/query")) == (400, "MALFORMED_QUERY")
