"""Facts of HubSpot's companies in the units that triggers ask in, and values written as the types that it has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from expansion.contract import Done, Made, Refused, Reply, TryLater, Wanted
from expansion.evaluate.fact_values import read_value
from integrations.hubspot import meanings as _hubspot_errors
from integrations.hubspot.companies import NO_COMPANY
from integrations.hubspot.inputs import CreateTask
from sandbox.hubspot.app import HubSpot
from tests.integrations.conftest import StandIns
from tests.systems.hubspot import connect, sample, task, update

_TYPES: dict[str, Any] = {
    "seats": "number",
    "usage": {"type": "number", "numberDisplayHint": "percentage"},
    "worth": {"type": "number", "numberDisplayHint": "currency"},
    "setup_time": {"type": "number", "numberDisplayHint": "duration"},
    "ready": "bool",
    "signal": "date",
    "seen": "datetime",
    "tags": {"type": "enumeration", "fieldType": "checkbox"},
    "tier": ["gold", "silver"],
    "note": "string",
}


@pytest.fixture
def portal(stand_ins: Callable[..., StandIns]) -> StandIns:
    return with_properties(stand_ins, {})


def with_properties(
    stand_ins: Callable[..., StandIns], properties: dict[str, Any], types: dict[str, Any] | None = None, **part: Any
) -> StandIns:
    given = sample()
    given["hubspot"]["companies"][1]["properties"] |= properties
    known = _TYPES | (types or {})
    given["hubspot"] |= {"types": {"companies": known, "tasks": {"region": "string", "score": "number"}}} | part
    return stand_ins(HubSpot, sample=given)


def wanted(currency: str = "USD", **kinds: str) -> Wanted:
    taken = {name: frozenset(kind.split()) for name, kind in kinds.items()}
    return Wanted(taken, datetime(2026, 3, 7, 9, tzinfo=UTC), UTC, currency)


def values(portal: StandIns, asked: Wanted, **changes: Any) -> dict[str, Any]:
    source = connect(portal, **changes).sources["hubspot.company"]
    found: dict[str, Any] = {}
    for record in source.wanted(asked):
        if record.account_id == "acct-1":
            found |= record.values
    return found


# --- names, shares, currencies ----------------------------------------------------------------------------------------


def test_a_property_is_found_whatever_the_case_and_given_by_the_name_asked(portal: StandIns) -> None:
    assert values(portal, wanted(Name="text", ARR="money")) == {"Name": "Company 1", "ARR": "1000.5"}


def test_a_property_that_is_none_comes_with_the_one_that_is_meant(portal: StandIns) -> None:
    with pytest.raises(Refused, match="companies have no property `naem`; did you mean `name`"):
        values(portal, wanted(naem="text"))
    with pytest.raises(Refused, match="HUBSPOT_ACCOUNT_KEY_PROPERTY"):
        values(portal, wanted(name="text"), account_key_property="product_acount_id")


@pytest.mark.parametrize(
    ("held", "means"), [(0.12, Fraction(12, 100)), (1, 1), (0, 0), (0.9375, Fraction(9375, 10000))]
)
def test_a_percentage_holds_012_for_12_percent(stand_ins: Callable[..., StandIns], held: float, means: Any) -> None:
    there = with_properties(stand_ins, {"usage": held})
    assert read_value(values(there, wanted(usage="percent"))["usage"], "percent") == means
    assert values(there, wanted(usage="number"))["usage"] == str(held)
    assert read_value(values(there, wanted(usage="money"))["usage"], "money") is None


@pytest.mark.parametrize(
    ("name", "taken", "says", "mark"),
    [
        ("usage", "money", "`usage` is a percentage there, and an amount of money in facts.yaml", "problem"),
        ("ready", "number", "`ready` is a checkbox there, and a number in facts.yaml", "problem"),
        ("note", "date", "`note` is text there, and a date in facts.yaml", "warning"),
        ("seats", "percent", "`seats` is a plain number there, and a share in facts.yaml", "warning"),
    ],
)
def test_a_kind_that_contradicts_the_property_is_said_by_doctor_and_the_pull(
    portal: StandIns, caplog: pytest.LogCaptureFixture, name: str, taken: str, says: str, mark: str
) -> None:
    [finding] = connect(portal).sources["hubspot.company"].contradictions(wanted(**{name: taken}))
    assert (finding.what, finding.mark if finding.ok else "problem") == (says, mark)
    values(portal, wanted(**{name: taken}))
    assert says in caplog.text


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("usage", "percent"),
        ("worth", "money"),
        ("seats", "money"),
        ("setup_time", "number"),
        ("ready", "yes_no"),
        ("signal", "date"),
        ("seen", "date"),
        ("tags", "list"),
        ("tier", "text"),
    ],
)
def test_a_kind_that_fits_is_not_spoken_of(portal: StandIns, name: str, taken: str) -> None:
    assert connect(portal).sources["hubspot.company"].contradictions(wanted(**{name: taken})) == []


def test_money_in_the_accounts_currency_is_an_amount(stand_ins: Callable[..., StandIns]) -> None:
    assert values(with_properties(stand_ins, {"worth": 5000}), wanted(worth="money")) == {"worth": "5000"}


def test_money_of_an_account_in_another_currency_is_unknown_and_says_why(
    stand_ins: Callable[..., StandIns], caplog: pytest.LogCaptureFixture
) -> None:
    there = with_properties(stand_ins, {"worth": 5000, "seats": 5}, currency="JPY")
    found = values(there, wanted(worth="money", seats="money"))
    assert (read_value(found["worth"], "money"), found) == (None, {"worth": "5000 JPY", "seats": "5"})
    assert "`worth` of 1 company is in JPY" in caplog.text
    [line] = connect(there).sources["hubspot.company"].contradictions(wanted(worth="money"))
    assert not line.ok and line.what == "the account's currency is JPY, and policy.yaml counts in USD"
    assert values(there, wanted(worth="money", currency="JPY"))["worth"] == "5000"


def test_a_property_that_names_the_currency_of_another_is_asked_for(stand_ins: Callable[..., StandIns]) -> None:
    types = {"fee": {"type": "number", "numberDisplayHint": "currency", "currencyPropertyName": "fee_currency"}}
    there = with_properties(stand_ins, {"fee": 90, "fee_currency": "EUR"}, types)
    assert values(there, wanted(fee="money"))["fee"] == "90 EUR"
    assert values(there, wanted(fee="money", currency="EUR"))["fee"] == "90"


# --- writing ----------------------------------------------------------------------------------------------------------


def deliver(portal: StandIns, action: str, *pieces: Any) -> list[Reply]:
    return connect(portal).actions[f"hubspot.{action}"].deliver(list(pieces))


@pytest.mark.parametrize(
    ("name", "given", "arrives"),
    [
        ("seats", 1500, "1500"),
        ("seats", "1,500", "1500"),
        ("seats", "93.75%", "0.9375"),
        ("Seats", 2.5, "2.5"),
        ("usage", "93.75%", "0.9375"),
        ("worth", "$3,600", "3600"),
        ("worth", 3600.5, "3600.5"),
        ("signal", "2026-03-07", "2026-03-07"),
        ("signal", "7 March 2026", "2026-03-07"),
        ("seen", "2026-03-07T09:00:00+02:00", "2026-03-07T09:00:00+02:00"),
        ("ready", True, "true"),
        ("ready", "no", "false"),
        ("tags", ["sso", "audit"], "sso;audit"),
        ("tier", "gold", "gold"),
        ("note", 1500, "1500"),
        ("note", True, "true"),
        ("note", "Uses 1,500", "Uses 1,500"),
        ("seats", None, ""),
    ],
)
def test_a_value_arrives_as_its_propertys_type(portal: StandIns, name: str, given: Any, arrives: str) -> None:
    [reply] = deliver(portal, "update_properties", update(**{name: given}))
    assert isinstance(reply, Done), reply
    there = portal.get(HubSpot).portal.get("companies", "9000") or {}
    assert there["properties"][name.lower()] == arrives


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("seats", "about 1,500", "`seats` takes a number, and `about 1,500` is not"),
        ("ready", "maybe", "takes true or false"),
        ("signal", "soon", "takes a day"),
        ("seen", "2026-03-07", "takes a moment"),
        ("seets", 5, "companies have no property `seets`; did you mean `seats`?"),
    ],
)
def test_what_is_not_of_the_propertys_type_is_refused_before_it_is_sent(
    portal: StandIns, name: str, given: Any, says: str
) -> None:
    bad, good = deliver(portal, "update_properties", update("one", 0, **{name: given}), update("two", 1, seats=5))
    assert isinstance(bad, Refused) and says in str(bad)
    assert isinstance(good, Done)


def test_a_task_takes_further_properties(portal: StandIns) -> None:
    bad, good = deliver(
        portal,
        "create_task",
        task("a", properties={"score": "high"}),
        task("b", properties={"Region": "EMEA", "score": 7}),
    )
    assert isinstance(bad, Refused) and "`score` takes a number" in str(bad)
    assert isinstance(good, Done)
    [made] = portal.get(HubSpot).portal.all("tasks")
    assert (made["properties"]["region"], made["properties"]["score"]) == ("EMEA", "7")


def test_a_property_that_has_a_word_of_its_own_is_said() -> None:
    with pytest.raises(ValidationError, match="`hs_task_subject` has a word of its own: write `subject`"):
        CreateTask.model_validate({"subject": "x", "properties": {"hs_task_subject": "y"}})


def test_a_property_that_must_be_filled_in_is_said_with_where_to_give_it() -> None:
    error = {"category": "VALIDATION_ERROR", "errors": [{"code": "REQUIRED_FIELD", "message": "region"}]}
    assert "under `properties:` of the playbook's step" in str(_hubspot_errors.of_error(error))


# --- a company that is gone, limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("alone", [True, False])
def test_a_company_that_is_gone_in_hubspots_own_words_leaves_a_task_and_a_note(portal: StandIns, alone: bool) -> None:
    """In a batch, and in the refusal of a whole call: as seen of HubSpot, without `errors`."""
    portal.get(HubSpot).portal.remove("companies", "9001")
    pieces = [task("gone", 1)] if alone else [task("there", 0), task("gone", 1), task("too", 2)]
    replies = dict(zip([piece.key for piece in pieces], deliver(portal, "create_task", *pieces), strict=True))
    assert all(isinstance(reply, Done) for reply in replies.values()), replies
    assert [reply.note for reply in replies.values() if isinstance(reply, Done) and reply.note] == [NO_COMPANY]
    assert sorted(one["companies"] for one in portal.get(HubSpot).portal.all("tasks"))[0] == []
    assert len(portal.requests("POST", "batch/create")) == 2, "the others are not sent again for its sake"


def test_a_whole_call_refused_for_a_gone_company_is_one_too(portal: StandIns) -> None:
    context = {"INVALID_OBJECT_IDS": ["COMPANY=9000 is not valid"], "objectId": ["1"], "objectType": ["TASK"]}
    body = {"status": "error", "category": "VALIDATION_ERROR", "message": "One or more associations are invalid"}
    portal.fault("hubspot", "status", status=400, body=body | {"context": context}, path="batch/create")
    [reply] = deliver(portal, "create_task", task())
    assert isinstance(reply, Done) and reply.note == NO_COMPANY


def test_an_association_of_the_wrong_type_is_no_company_that_is_gone() -> None:
    error = {"category": "VALIDATION_ERROR", "message": "invalid association type", "context": {}}
    assert not isinstance(_hubspot_errors.of_error(error), _hubspot_errors.Gone)


@pytest.mark.parametrize(
    ("body", "wait"),
    [
        ({"message": "You have reached your secondly limit.", "category": "RATE_LIMITS"}, 1.0),
        ({"message": "You have reached your secondly limit.", "policyName": "SECONDLY"}, 1.0),
        ({"message": "You have reached your ten_secondly_rolling limit.", "policyName": "TEN_SECONDLY_ROLLING"}, 10.0),
        ({"message": "You have reached your ten_secondly_rolling limit.", "category": "RATE_LIMITS"}, 10.0),
        ({}, 10.0),
    ],
)
def test_a_search_that_is_busy_is_waited_for_a_second(body: dict[str, str], wait: float) -> None:
    failure = _hubspot_errors.of_reply(429, body, {}, wrote=False)
    assert isinstance(failure, TryLater) and failure.wait == wait


class Noting(HubSpot):
    """Keeps what batches of reads ask for."""

    asked: list[dict[str, Any]]

    async def _batch_read(self, request: Request) -> Response:
        self.asked = [*getattr(self, "asked", []), await request.json()]
        return await super()._batch_read(request)


def test_what_is_read_in_a_batch_fits_the_published_contract(stand_ins: Callable[..., StandIns]) -> None:
    there = stand_ins(Noting, sample=sample())
    [made] = deliver(there, "create_task", task())
    assert isinstance(made, Done)
    given = task()
    connect(there).actions["hubspot.create_task"].look([Made(given.key, made.remote_id, given.input)])
    asked = there.get(Noting).asked
    assert len(asked) == 2 and all(one["propertiesWithHistory"] == [] and one["properties"] for one in asked)
