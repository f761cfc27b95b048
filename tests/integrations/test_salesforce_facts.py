"""Facts of Salesforce's accounts in the units that triggers ask in, by names in any case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from expansion.contract import FactRecord, Refused, Wanted
from expansion.evaluate.fact_values import read_value
from sandbox.salesforce.app import Salesforce
from tests.integrations.conftest import StandIns
from tests.systems.salesforce import ANA, account_id, connect, sample

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)


@pytest.fixture
def org(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(Salesforce, sample=sample())


def wanted(now: datetime = NOW, currency: str = "USD", zone: str = "UTC", **kinds: str) -> Wanted:
    taken = {name.replace("__dot__", "."): frozenset(kind.split()) for name, kind in kinds.items()}
    return Wanted(taken, now, ZoneInfo(zone), currency)


def pulled(org: StandIns, asked: Wanted, **changes: Any) -> list[FactRecord]:
    return list(connect(org, **changes).sources["salesforce.account"].wanted(asked))


def values(org: StandIns, asked: Wanted, **changes: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for record in pulled(org, asked, **changes):
        found.setdefault(record.account_id, {}).update(record.values)
    return found


def with_fields(stand_ins: Callable[..., StandIns], fields: dict[str, Any], **part: Any) -> StandIns:
    """Account 1 with these fields; `types` says of what type they are in the org."""
    given = sample()
    given["salesforce"]["accounts"][1] |= fields
    given["salesforce"] |= part
    return stand_ins(Salesforce, sample=given)


# --- names ------------------------------------------------------------------------------------------------------------


def test_a_field_is_found_whatever_the_case_and_given_by_the_name_asked(org: StandIns) -> None:
    asked = wanted(arr__c="money", ARR__C="number", owner__dot__email="text", NAME="text")
    assert values(org, asked)["acct-1"] == {
        "arr__c": 1000.5,
        "ARR__C": 1000.5,
        "owner.email": "ana@seller.example",
        "NAME": "Account 1",
    }


@pytest.mark.parametrize("key", ["product_account_id__c", "PRODUCT_ACCOUNT_ID__C"])
def test_the_field_of_the_account_id_is_found_whatever_the_case(org: StandIns, key: str) -> None:
    assert set(values(org, wanted(Name="text"), account_key_field=key)) == {"acct-0", "acct-1", "acct-2"}
    [line] = [f for f in connect(org, account_key_field=key).check() if "product's account id" in f.what]
    assert line.ok


def test_a_setting_that_names_no_field_is_refused_with_the_one_that_is_meant(org: StandIns) -> None:
    with pytest.raises(Refused) as caught:
        values(org, wanted(Name="text"), account_key_field="Product_Acount_Id__c")
    assert "did you mean `Product_Account_Id__c`?" in str(caught.value)
    assert "SALESFORCE_ACCOUNT_KEY_FIELD" in str(caught.value)


def test_fields_of_related_records_are_read_step_by_step(stand_ins: Callable[..., StandIns]) -> None:
    there = with_fields(stand_ins, {"ParentId": account_id(2), "OwnerId": None})
    org = there.get(Salesforce).org
    org.update("Account", account_id(2), {"OwnerId": ANA})
    found = values(there, wanted(parent__dot__owner__dot__email="text", Parent__dot__Name="text"))
    assert found["acct-1"] == {"parent.owner.email": "ana@seller.example", "Parent.Name": "Account 2"}
    assert found["acct-0"] == {"parent.owner.email": None, "Parent.Name": None}


# --- shares -----------------------------------------------------------------------------------------------------------


def share(value: Any) -> Any:
    return read_value(str(value), "percent")


@pytest.mark.parametrize("formula", [False, True])
def test_a_percent_field_holds_12_for_12_percent(stand_ins: Callable[..., StandIns], formula: bool) -> None:
    there = with_fields(stand_ins, {"Licences__c": 12.0}, types={"Account": {"Licences__c": "percent"}})
    there.get(Salesforce).org.formulas = {"Licences__c"} if formula else set()
    found = values(there, wanted(Licences__c="percent"))
    assert share(found["acct-1"]["Licences__c"]) == Fraction(12, 100)
    assert found["acct-0"]["Licences__c"] is None


@pytest.mark.parametrize(("held", "means"), [(100, 1), (93.75, Fraction(9375, 10000)), (0, 0), (0.5, Fraction(1, 200))])
def test_the_share_is_exact(stand_ins: Callable[..., StandIns], held: float, means: Any) -> None:
    there = with_fields(stand_ins, {"Licences__c": held}, types={"Account": {"Licences__c": "percent"}})
    assert share(values(there, wanted(licences__c="percent"))["acct-1"]["licences__c"]) == means


def test_a_percent_field_taken_for_a_number_is_the_number_that_people_see(stand_ins: Callable[..., StandIns]) -> None:
    there = with_fields(stand_ins, {"Licences__c": 12.0}, types={"Account": {"Licences__c": "percent"}})
    assert values(there, wanted(Licences__c="number"))["acct-1"]["Licences__c"] == 12.0


def test_a_share_of_a_related_record_is_one_as_well(stand_ins: Callable[..., StandIns]) -> None:
    more = {"Licences__c": 85.0, "ParentId": account_id(1)}
    there = with_fields(stand_ins, more, types={"Account": {"Licences__c": "percent"}})
    found = values(there, wanted(Parent__dot__Licences__c="percent"))
    assert share(found["acct-1"]["Parent.Licences__c"]) == Fraction(85, 100)


# --- what a field is and what facts.yaml takes it for -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "taken", "says", "mark"),
    [
        ("percent", "money", "`X__c` is a percentage there, and an amount of money in facts.yaml", "problem"),
        ("boolean", "number", "`X__c` is a checkbox there, and a number in facts.yaml", "problem"),
        ("date", "number", "`X__c` is a date there, and a number in facts.yaml", "problem"),
        ("double", "date", "`X__c` is a plain number there, and a date in facts.yaml", "problem"),
        ("string", "date", "`X__c` is text there, and a date in facts.yaml", "warning"),
        ("double", "percent", "`X__c` is a plain number there, and a share in facts.yaml", "warning"),
    ],
)
def test_a_kind_that_contradicts_the_field_is_said_by_doctor_and_the_pull(
    stand_ins: Callable[..., StandIns], caplog: pytest.LogCaptureFixture, kind: str, taken: str, says: str, mark: str
) -> None:
    there = with_fields(stand_ins, {}, types={"Account": {"X__c": kind}})
    [finding] = connect(there).sources["salesforce.account"].contradictions(wanted(X__c=taken))
    assert (finding.what, finding.mark if finding.ok else "problem") == (says, mark)
    values(there, wanted(X__c=taken))
    assert says in caplog.text


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("percent", "percent"),
        ("currency", "money"),
        ("double", "money"),
        ("date", "date"),
        ("datetime", "date"),
        ("boolean", "yes_no"),
        ("string", "text"),
        ("multipicklist", "list"),
        ("currency", "text"),
        ("time", "number"),
    ],
)
def test_a_kind_that_fits_is_not_spoken_of(stand_ins: Callable[..., StandIns], kind: str, taken: str) -> None:
    there = with_fields(stand_ins, {}, types={"Account": {"X__c": kind}})
    assert connect(there).sources["salesforce.account"].contradictions(wanted(X__c=taken)) == []


def test_a_percent_field_taken_for_money_is_not_an_amount(stand_ins: Callable[..., StandIns]) -> None:
    there = with_fields(stand_ins, {"Licences__c": 12.0}, types={"Account": {"Licences__c": "percent"}})
    assert read_value(values(there, wanted(Licences__c="money"))["acct-1"]["Licences__c"], "money") is None


# --- several currencies -----------------------------------------------------------------------------------------------

_RATES = {"EUR": 1, "USD": 1.25, "JPY": 150}


def yen(stand_ins: Callable[..., StandIns], **part: Any) -> StandIns:
    return with_fields(stand_ins, {"ARR__c": 5_000_000, "CurrencyIsoCode": "JPY"}, **part)


def test_money_in_another_currency_is_converted_by_the_orgs_rate(stand_ins: Callable[..., StandIns]) -> None:
    there = yen(stand_ins, rates=_RATES)
    [own, others] = [r for r in pulled(there, wanted(ARR__c="money", Name="text")) if r.account_id == "acct-1"]
    assert (others.values, others.at) == ({"ARR__c": "41666.67"}, None), "the rate may change, the account unchanged"
    assert own.values == {"Name": "Account 1"}
    assert values(there, wanted(ARR__c="money"))["acct-2"] == {"ARR__c": 2001.0}
    assert values(there, wanted(ARR__c="money", currency="JPY"))["acct-1"] == {"ARR__c": 5_000_000.0}


@pytest.mark.parametrize("rates", [{}, {"USD": 1}, {"EUR": 1, "JPY": 150}])
def test_without_a_rate_it_is_unknown_and_the_cause_says_the_currency(
    stand_ins: Callable[..., StandIns], caplog: pytest.LogCaptureFixture, rates: dict[str, float]
) -> None:
    there = yen(stand_ins, rates=rates)
    found = values(there, wanted(ARR__c="money"))["acct-1"]["ARR__c"]
    assert read_value(found, "money") is None and "JPY" in found
    assert "`ARR__c` of 1 account is in JPY, and the org tells no rate to USD" in caplog.text


def test_a_plain_number_says_no_currency(stand_ins: Callable[..., StandIns]) -> None:
    there = yen(stand_ins, rates=_RATES, types={"Account": {"ARR__c": "double"}})
    found = values(there, wanted(ARR__c="money"))
    assert read_value(found["acct-1"]["ARR__c"], "money") is None
    [_, finding] = connect(there).sources["salesforce.account"].contradictions(wanted(ARR__c="money"))
    assert "`ARR__c` is a plain number" in finding.what and finding.mark == "warning"


def test_what_is_no_money_is_not_converted(stand_ins: Callable[..., StandIns]) -> None:
    assert values(yen(stand_ins, rates=_RATES), wanted(ARR__c="number"))["acct-1"] == {"ARR__c": 5_000_000.0}


def test_doctor_says_that_there_are_several_currencies(stand_ins: Callable[..., StandIns], org: StandIns) -> None:
    asked = wanted(ARR__c="money")
    assert connect(org).sources["salesforce.account"].contradictions(asked) == []
    [told] = connect(yen(stand_ins, rates=_RATES)).sources["salesforce.account"].contradictions(asked)
    assert told.ok and "converted to USD" in told.what
    [hidden] = connect(yen(stand_ins)).sources["salesforce.account"].contradictions(asked)
    assert not hidden.ok and "CurrencyType" in str(hidden.remedy)


# --- closed deals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "zone", "closed"),
    [
        (datetime(2026, 3, 7, 9, tzinfo=UTC), "UTC", "2026-02-15"),
        (datetime(2026, 5, 14, 23, 30, tzinfo=UTC), "UTC", "2026-02-15"),
        (datetime(2026, 5, 14, 23, 30, tzinfo=UTC), "Asia/Tokyo", "2026-05-15"),
        (datetime(2026, 5, 15, 0, 0, tzinfo=UTC), "UTC", "2026-05-15"),
    ],
)
def test_a_close_date_that_lies_ahead_closed_nothing_yet(org: StandIns, at: datetime, zone: str, closed: str) -> None:
    found = values(org, wanted(now=at, zone=zone, last_opportunity_closed="date", open_opportunities="number"))
    assert found["acct-1"] == {"last_opportunity_closed": closed, "open_opportunities": 0}


# --- moments, versions ------------------------------------------------------------------------------------------------


def test_a_moment_may_end_in_z(org: StandIns) -> None:
    records = org.get(Salesforce).org
    records.put(
        "Account", {**(records.get("Account", account_id(1)) or {}), "LastModifiedDate": "2026-01-31T08:15:00Z"}
    )
    [record] = [r for r in pulled(org, wanted(Name="text")) if r.account_id == "acct-1"]
    assert record.at == datetime(2026, 1, 31, 8, 15, tzinfo=UTC)


def test_the_version_asked_for_where_nobody_sets_one_is_served(org: StandIns) -> None:
    assert values(org, wanted(Name="text"))
    with pytest.raises(Refused):
        values(org, wanted(Name="text"), api_version="99.0")
