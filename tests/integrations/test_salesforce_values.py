"""What a playbook writes into fields of Salesforce arrives as the type that each field has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from expansion.contract import Done, Refused, Reply
from integrations.salesforce.inputs import CreateOpportunity, CreateTask, UpdateFields
from sandbox.salesforce import fields as _salesforce_fields
from sandbox.salesforce.app import Salesforce
from tests.integrations.conftest import StandIns
from tests.systems.salesforce import account_id, connect, deal, sample, task, update

_TYPES = {
    "Seats__c": "double",
    "Whole__c": "int",
    "Usage__c": "percent",
    "Worth__c": "currency",
    "Signal__c": "date",
    "Seen__c": "datetime",
    "Ready__c": "boolean",
    "Tags__c": "multipicklist",
    "Note__c": ["string", "255"],
}


@pytest.fixture
def org(stand_ins: Callable[..., StandIns]) -> StandIns:
    given = sample()
    more = {"Region__c": ["string", "40"], "Score__c": "double"}
    given["salesforce"]["types"] = {"Account": _TYPES, "Task": more, "Opportunity": more}
    return stand_ins(Salesforce, sample=given)


def deliver(org: StandIns, action: str, *pieces: Any) -> list[Reply]:
    return connect(org).actions[f"salesforce.{action}"].deliver(list(pieces))


def written(org: StandIns, **fields: Any) -> dict[str, Any]:
    [reply] = deliver(org, "update_fields", update(**fields))
    assert isinstance(reply, Done), reply
    account = org.get(Salesforce).org.get("Account", account_id(0)) or {}
    return {name: account[name] for name in account if name in _TYPES and account[name] is not None}


@pytest.mark.parametrize(
    ("field", "given", "arrives"),
    [
        ("Seats__c", 1500, 1500),
        ("Seats__c", "1500", 1500),
        ("Seats__c", "1,500", 1500),
        ("Seats__c", "93.75%", 0.9375),
        ("Seats__c", -2.5, -2.5),
        ("seats__C", 7, 7),
        ("Whole__c", 12.0, 12),
        ("Usage__c", "93.75%", 93.75),
        ("Usage__c", "100%", 100),
        ("Usage__c", 80, 80),
        ("Worth__c", 3600, 3600),
        ("Worth__c", "$3,600", 3600),
        ("Worth__c", "-€12.50", -12.5),
        ("Worth__c", "900 CHF", 900),
        ("Signal__c", "2026-03-07", "2026-03-07"),
        ("Signal__c", "7 March 2026", "2026-03-07"),
        ("Signal__c", "2026-03-07T23:30:00+02:00", "2026-03-07"),
        ("Seen__c", "2026-03-07T23:30:00+02:00", "2026-03-07T23:30:00+02:00"),
        ("Ready__c", True, True),
        ("Ready__c", "yes", True),
        ("Ready__c", "false", False),
        ("Tags__c", ["sso", "audit"], "sso;audit"),
        ("Note__c", 1500, "1500"),
        ("Note__c", 0.9375, "0.9375"),
        ("Note__c", True, "true"),
        ("Note__c", ["sso", "audit"], "sso, audit"),
        ("Note__c", "Uses 1,500 seats", "Uses 1,500 seats"),
    ],
)
def test_a_value_arrives_as_its_fields_type(org: StandIns, field: str, given: Any, arrives: Any) -> None:
    [(name, value)] = written(org, **{field: given}).items()
    assert (name.lower(), value, type(value) is bool) == (field.lower(), arrives, type(arrives) is bool)


@pytest.mark.parametrize("field", sorted(_TYPES))
def test_nothing_empties_any_field(org: StandIns, field: str) -> None:
    assert written(org, **{field: None}) == {}


@pytest.mark.parametrize(
    ("field", "given", "says"),
    [
        ("Seats__c", "about 1,500", "`Seats__c` takes a number, and `about 1,500` is not"),
        ("Seats__c", "1.500,00", "takes a number"),
        ("Seats__c", "12 seats", "takes a number"),
        ("Seats__c", True, "takes a number"),
        ("Whole__c", 1.5, "`Whole__c` takes a whole number, and `1.5` is not"),
        ("Usage__c", "most", "takes a percentage, such as `80%`"),
        ("Signal__c", "soon", "takes a day, such as 2026-03-07"),
        ("Signal__c", 20260307, "takes a day"),
        ("Seen__c", "2026-03-07", "takes a moment"),
        ("Ready__c", "maybe", "takes true or false"),
        ("Seats_c", 5, "Account has no field `Seats_c`, or it is hidden from the integration user; did you mean"),
    ],
)
def test_what_is_not_of_the_fields_type_is_refused_before_it_is_sent(
    org: StandIns, field: str, given: Any, says: str
) -> None:
    bad, good = deliver(org, "update_fields", update("one", 0, **{field: given}), update("two", 1, Seats__c=5))
    assert isinstance(bad, Refused) and says in str(bad)
    assert isinstance(good, Done)


# --- further fields of what is created --------------------------------------------------------------------------------


def test_a_field_that_the_org_requires_can_be_given_in_the_playbook(
    org: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_salesforce_fields.REQUIRED, "Task", ["Region__c"])
    [without] = deliver(org, "create_task", task())
    assert isinstance(without, Refused) and "`fields:` of the step" in str(without) and "Region__c" in str(without)
    [made] = deliver(org, "create_task", task(fields={"region__c": "EMEA", "Score__c": "93.75%", "Type": "Call"}))
    assert isinstance(made, Done)
    [there] = org.get(Salesforce).org.all("Task")
    assert (there["Region__c"], there["Score__c"], there["Type"]) == ("EMEA", 0.9375, "Call")


def test_an_opportunity_takes_further_fields_too(org: StandIns) -> None:
    [made] = deliver(org, "create_opportunity", deal(amount=3600, fields={"Region__c": "EMEA", "Score__c": 7}))
    assert isinstance(made, Done)
    [there] = [one for one in org.get(Salesforce).org.all("Opportunity") if one.get("Region__c")]
    assert (there["Amount"], there["Score__c"]) == (3600, 7)


def test_one_bad_value_stops_no_other_task(org: StandIns) -> None:
    bad, good = deliver(org, "create_task", task("one", fields={"Score__c": "high"}), task("two"))
    assert isinstance(bad, Refused) and "`Score__c` takes a number" in str(bad)
    assert isinstance(good, Done)


def test_a_record_type_is_chosen_by_its_name(org: StandIns) -> None:
    there = org.get(Salesforce).org
    there.record_types = {"Task": {"Support": "012000000000001AAA", "Expansion Work": "012000000000002AAA"}}
    [reply] = deliver(org, "create_task", task(record_type="Expansion"))
    assert isinstance(reply, Refused) and "it may use `Support`, `Expansion Work`" in str(reply)
    [made] = deliver(org, "create_task", task(record_type="expansion_work"))
    assert isinstance(made, Done)
    assert [one["RecordTypeId"] for one in there.all("Task")] == ["012000000000002AAA"]


@pytest.mark.parametrize(
    ("model", "given", "says"),
    [
        (CreateTask, {"subject": "x", "fields": {"Subject": "y"}}, "`Subject` has a word of its own: write `subject`"),
        (CreateTask, {"subject": "x", "fields": {"ownerid": "005"}}, "write `assign_to`"),
        (CreateTask, {"subject": "x", "fields": {"not a name": 1}}, "is not a field that can be set"),
        (CreateOpportunity, {"name": "x", "stage": "y", "fields": {"RecordTypeId": "0"}}, "write `record_type`"),
        (UpdateFields, {"fields": {"Id": "001"}}, "is not a field that can be set"),
    ],
)
def test_a_field_that_has_a_word_of_its_own_is_said(model: Any, given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(given)
    assert says in str(caught.value)
