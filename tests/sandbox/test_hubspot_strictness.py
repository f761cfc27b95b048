"""What HubSpot refuses, the stand-in refuses: each was once taken by it, and hid a fault from the tests."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.sandbox.test_hubspot_stand_in import KEY, OBJECTS, TYPE, Facing, portal, task

__all__ = ["portal"]


def on_a_company(*types: Any, company: str = "9000") -> dict[str, Any]:
    return task(company=None) | {"associations": [{"to": {"id": company}, "types": list(types)}]}


@pytest.mark.parametrize(
    "types",
    [
        [],
        [{**TYPE, "associationTypeId": 204}],
        [{**TYPE, "associationTypeId": 191}],
        [{**TYPE, "associationCategory": "INTEGRATOR_DEFINED"}],
        [{**TYPE, "associationCategory": "USER_DEFINED"}],
        [{**TYPE, "associationCategory": "NONSENSE"}],
        [{"associationTypeId": 192}],
        [TYPE, {**TYPE, "associationTypeId": 204}],
        ["192"],
    ],
)
def test_a_task_stands_on_a_company_by_the_one_type_there_is(portal: Facing, types: list[Any]) -> None:
    reply = portal.post("tasks/batch/create", on_a_company(*types))
    assert (reply.status_code, reply.json()["category"]) == (400, "VALIDATION_ERROR")
    assert portal.stand_in.portal.all("tasks") == []
    assert portal.post("tasks/batch/create", on_a_company(TYPE)).status_code == 201


def test_without_trace_ids_one_bad_input_leaves_nothing_of_the_others(portal: Facing) -> None:
    good, bad = task(expansion_key=KEY), on_a_company(TYPE, company="1")
    assert portal.post("tasks/batch/create", good, bad).status_code == 400
    assert portal.stand_in.portal.all("tasks") == [] and portal.stand_in.state.all("_applied") == []
    change = {"id": "9000", "properties": {"seats": "60"}}
    assert portal.post("companies/batch/update", change, {"id": "1", "properties": {}}).status_code == 404
    assert (portal.stand_in.portal.get("companies", "9000") or {})["properties"]["seats"] == "50"


def test_a_company_that_is_gone_is_said_without_errors(portal: Facing) -> None:
    body = portal.post("tasks/batch/create", on_a_company(TYPE, company="1")).json()
    assert (body["category"], body["message"]) == ("VALIDATION_ERROR", "One or more associations are invalid")
    assert body["context"] == {"INVALID_OBJECT_IDS": ["COMPANY=1 is not valid"]} and "errors" not in body


def test_batches_say_when_they_ran_and_errors_have_links(portal: Facing) -> None:
    body = portal.post("tasks/batch/create", task("a"), task("b", nonsense="x")).json()
    assert {"startedAt", "completedAt", "status", "results", "numErrors", "errors"} <= body.keys()
    assert body["errors"][0]["links"] == {}


def test_only_a_few_properties_come_unasked(portal: Facing) -> None:
    always = {"createdate", "hs_lastmodifieddate", "hs_object_id"}
    [first, _] = portal.client.get(f"{OBJECTS}/companies").json()["results"]
    assert first["properties"].keys() == {"name", "domain", *always}
    one = portal.client.get(f"{OBJECTS}/companies/9000", params={"properties": "seats"}).json()
    assert one["properties"].keys() == {"seats", *always}
    portal.post("tasks/batch/create", task(expansion_key=KEY))
    [read] = portal.post("tasks/batch/read", {"id": KEY}, idProperty="expansion_key").json()["results"]
    assert read["properties"].keys() == always
    assert portal.client.get(f"{OBJECTS}/companies", params={"archived": "true"}).json()["results"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"after": "10000"},
        {"after": "9990", "limit": 20},
        {"after": "abc"},
        {"limit": "many"},
        {"limit": -1},
        {"limit": 201},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [{"propertyName": "hs_task_subject", "operator": "HAS_PROPERTY"}] * 7}]},
        {"filterGroups": [{"filters": [{"propertyName": "hs_task_type", "operator": "HAS_PROPERTY"}] * 5}] * 4},
        {"filterGroups": [{"filters": [{"propertyName": "nonsense", "operator": "EQ", "value": "x"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "hs_task_type", "operator": "EQ"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "hs_task_type", "operator": "IN", "value": "TODO"}]}]},
        {"filterGroups": {"filters": []}},
        {"sorts": [{"propertyName": "nonsense"}]},
        {"sorts": ["hs_task_type", "hs_timestamp"]},
        {"properties": "hs_task_type"},
    ],
)
def test_a_search_beyond_its_limits_is_refused(portal: Facing, body: dict[str, Any]) -> None:
    reply = portal.client.post(f"{OBJECTS}/tasks/search", json=body)
    assert (reply.status_code, reply.json()["category"]) == (400, "VALIDATION_ERROR")


def test_search_minds_no_case_and_sorts_where_asked(portal: Facing) -> None:
    for subject in ("Beta", "alpha", "Gamma"):
        portal.post("tasks/batch/create", task(hs_task_subject=subject))
    wanted = {"propertyName": "hs_task_subject", "operator": "EQ", "value": "BETA"}
    assert portal.post("tasks/search", filterGroups=[{"filters": [wanted]}]).json()["total"] == 1
    assert portal.post("tasks/search", query="amm").json()["total"] == 1
    sorts = [{"propertyName": "hs_task_subject", "direction": "DESCENDING"}]
    found = portal.post("tasks/search", sorts=sorts, properties=["hs_task_subject"]).json()["results"]
    assert [one["properties"]["hs_task_subject"] for one in found] == ["alpha", "Gamma", "Beta"]


def test_a_unique_value_that_is_taken_is_a_conflict(portal: Facing) -> None:
    assert portal.post("tasks/batch/create", task(expansion_key=KEY)).status_code == 201
    again = portal.post("tasks/batch/create", task(expansion_key=KEY))
    assert (again.status_code, again.json()["category"]) == (409, "CONFLICT")


def test_a_due_date_in_milliseconds_is_given_back_as_iso_writes_it(portal: Facing) -> None:
    [made] = portal.post("tasks/batch/create", task(hs_timestamp="1795525200000")).json()["results"]
    assert made["properties"]["hs_timestamp"] == "2026-11-24T13:00:00.000Z"


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ({"seats": "1500"}, True),
        ({"seats": "-1.5"}, True),
        ({"seats": ""}, True),
        ({"seats": "1,500"}, False),
        ({"seats": "many"}, False),
        ({"seats": "93.75%"}, False),
        ({"trial": "true"}, True),
        ({"trial": "yes"}, False),
        ({"signal": "2026-03-07"}, True),
        ({"signal": "1772841600000"}, True),
        ({"signal": "1772841600001"}, False),
        ({"signal": "7 March 2026"}, False),
        ({"signal": "2026-03-07T09:00:00Z"}, False),
        ({"tier": "gold"}, True),
        ({"tier": "tin"}, False),
        ({"name": 5}, False),
        ({"name": None}, False),
    ],
)
def test_a_value_has_to_be_of_its_propertys_type(portal: Facing, value: dict[str, Any], good: bool) -> None:
    types = {"signal": "date", "tier": ["gold", "silver"]}
    portal.stand_in.load({"hubspot": {"types": {"companies": types}}})
    reply = portal.post("companies/batch/update", {"id": "9000", "properties": value})
    assert reply.status_code == (200 if good else 400), reply.text


def test_what_the_published_contract_requires_is_there(portal: Facing) -> None:
    [owner] = portal.client.get("/hubspot/crm/owners/2026-03").json()["results"]
    assert {"id", "type", "archived", "createdAt", "updatedAt"} <= owner.keys()
    properties = portal.client.get("/hubspot/crm/properties/2026-03/companies").json()["results"]
    needed = {"name", "label", "type", "fieldType", "description", "groupName", "options", "modificationMetadata"}
    assert all(needed <= one.keys() for one in properties)
    meta = properties[0]["modificationMetadata"]
    assert {"archivable", "readOnlyDefinition", "readOnlyValue"} <= meta.keys()
    details = portal.client.get("/hubspot/account-info/2026-03/details").json()
    assert {"companyCurrency", "additionalCurrencies", "utcOffset", "utcOffsetMilliseconds"} <= details.keys()


_ODD: list[Any] = [None, [], {}, 5, "x", {"inputs": 5}, {"inputs": [5]}, {"inputs": [{"properties": 5}]}]
_ODD += [{"inputs": [{"id": [], "properties": {"hs_timestamp": []}}]}, {"inputs": [{"associations": 5}]}]
_ODD += [{"inputs": [{"associations": [5]}]}, {"inputs": [{"from": 5, "to": {}}]}, {"filterGroups": [5]}]
_ODD += [{"filterGroups": [{"filters": [5]}]}, {"inputs": [{"properties": {"hs_timestamp": "9" * 30}}]}]
_ODD += [{"inputs": [{"id": "1", "idProperty": 5, "properties": {}}]}, {"query": 5}, {"sorts": 5}, {"tokenKey": []}]


@pytest.mark.parametrize("body", [*_ODD, b"\xff", b"", b"{"])
def test_nothing_that_is_sent_breaks_it(portal: Facing, body: Any) -> None:
    sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
    portal.stand_in.limits.searches = portal.stand_in.limits.burst = 10_000
    paths = [
        f"{OBJECTS}/tasks/{what}" for what in ("batch/create", "batch/upsert", "batch/read", "batch/update", "search")
    ]
    paths += [f"{OBJECTS}/companies/{what}" for what in ("batch/read", "batch/update", "search")]
    paths += ["/hubspot/crm/associations/2026-03/tasks/companies/batch/associate/default"]
    paths += ["/hubspot/oauth/v2/private-apps/get/access-token-info"]
    for path in paths:
        assert portal.client.post(path, **sent).status_code < 500, path


def test_no_question_breaks_it(portal: Facing) -> None:
    drawn = random.Random(4)
    portal.stand_in.limits.burst = 10_000
    values = ["", "abc", "-1", "1.5", "9" * 40, "5", "name,,x", "true", "ÿ"]
    for _ in range(300):
        names = drawn.sample(["limit", "after", "properties", "archived", "idProperty", "email"], 3)
        params = {name: drawn.choice(values) for name in names}
        for path in (f"{OBJECTS}/companies", f"{OBJECTS}/tasks/5", "/hubspot/crm/owners/2026-03"):
            assert portal.client.get(path, params=params).status_code < 500, params


def test_a_deal_without_a_company_is_an_error_of_a_207(portal: Facing) -> None:
    deals = [{"id": 1, "companies": [9000, 9001], "primary": 9001}, {"id": 2}]
    portal.stand_in.load({"hubspot": {"deals": deals}})
    path = "/hubspot/crm/associations/2026-03/deals/companies/batch/read"
    reply = portal.client.post(path, json={"inputs": [{"id": "1"}, {"id": "2"}]})
    [told], [error] = reply.json()["results"], reply.json()["errors"]
    assert reply.status_code == 207
    assert [(one["toObjectId"], len(one["associationTypes"])) for one in told["to"]] == [(9000, 1), (9001, 2)]
    assert told["from"] == {"id": "1"}, "text here, a number there"
    assert error["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert error["context"]["fromObjectId"] == ["2"]
    assert portal.client.post(path, json={"inputs": [{"id": str(n)} for n in range(1001)]}).status_code == 400


def test_ids_are_compared_as_numbers(portal: Facing) -> None:
    portal.stand_in.load({"hubspot": {"deals": [{"id": 9}, {"id": 10}, {"id": 100}]}})
    after = {"propertyName": "hs_object_id", "operator": "GT", "value": "9"}
    sorts = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    found = portal.post("deals/search", filterGroups=[{"filters": [after]}], sorts=sorts).json()
    assert ([one["id"] for one in found["results"]], found["total"]) == (["10", "100"], 2)


def test_what_has_no_pipelines_is_refused(portal: Facing) -> None:
    assert portal.client.get("/hubspot/crm/pipelines/2026-03/companies").status_code == 404
    portal.stand_in.scopes.discard("tickets")
    assert portal.client.get("/hubspot/crm/pipelines/2026-03/tickets").status_code == 403
    [one] = portal.client.get("/hubspot/crm/pipelines/2026-03/deals").json()["results"]
    assert one["stages"][-1]["metadata"] == {"isClosed": "true", "probability": "0.0"}
