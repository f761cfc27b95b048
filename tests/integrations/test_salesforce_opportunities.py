"""Open opportunities of Salesforce: number, types, stages, amount, and the next close date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from expansion.contract import NotThere, Wanted
from expansion.evaluate.fact_values import read_value
from jobs.pull import Pull
from sandbox.salesforce.app import Salesforce
from tests.integrations.conftest import StandIns
from tests.integrations.of_salesforce import facts_of_accounts
from tests.integrations.source_contract import Lost, SourceCase, SourceContract
from tests.systems.salesforce import account_id, connect, sample

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)
UPGRADE = "Existing Customer - Upgrade"
Make = Callable[..., StandIns]


def deal_of(number: int, account: int = 1, **changes: Any) -> dict[str, Any]:
    known = {
        "Id": f"006000000000{number:03d}AAA",
        "AccountId": account_id(account),
        "Name": f"Deal {number}",
        "StageName": "Prospecting",
        "CloseDate": f"2026-0{number}-15",
        "Type": UPGRADE,
        "Amount": 1000.1 * number,
    }
    return known | changes


DEALS = (
    deal_of(5),
    deal_of(4, StageName="Proposal", Type="New Customer"),
    deal_of(3, StageName="Closed Won"),
    deal_of(6, 2, Type=None),
)


def with_deals(stand_ins: Make, *deals: dict[str, Any], accounts: int = 3, page_size: int = 2000, **part: Any) -> Any:
    given = sample(accounts)
    given["salesforce"] |= {"opportunities": list(deals)} | part
    return stand_ins(lambda state: Salesforce(state, page_size=page_size), sample=given)


def known(there: StandIns, *fields: str, currency: str | None = "USD") -> dict[str, dict[str, Any]]:
    asked = Wanted(dict.fromkeys(fields, frozenset()), NOW, currency=currency)
    source = connect(there).sources["salesforce.opportunity"]
    return {one.account_id: dict(one.values) for one in source.wanted(asked)}


class TestOpportunity(SourceContract):
    source = "salesforce.opportunity"

    @pytest.fixture
    def case(self, stand_ins: Make) -> SourceCase:
        there = with_deals(stand_ins, *DEALS, accounts=5, page_size=2)
        hide = there.get(Salesforce).org.hidden.add
        return facts_of_accounts(
            there,
            Pull(self.source, "facts", ("open_opportunities", "open_stages", "open_amount", "next_close_date")),
            {"open_stages": "list", "open_amount": "money", "next_close_date": "date"},
            of="Opportunity",
            forbidden="give its profile Read on Opportunity",
            lost=Lost(lambda: hide("Amount"), "open_amount", "opportunities give no `open_amount`"),
        )


def test_what_is_open_is_told_and_what_is_won_is_not(stand_ins: Make) -> None:
    by_type = ("open_opportunities_existing_customer_upgrade", "open_opportunities_new_customer")
    fields = ("open_opportunities", *by_type, "open_amount", "open_stages", "open_types", "next_close_date")
    found = known(with_deals(stand_ins, *DEALS), *fields)
    assert list(found["acct-1"].values()) == [
        *(2, 1, 1, "9000.9"),
        *(["Proposal", "Prospecting"], [UPGRADE, "New Customer"], "2026-04-15"),
    ]
    assert list(found["acct-2"].values()) == [1, 0, 0, "6000.6", ["Prospecting"], [], "2026-06-15"]
    assert list(found["acct-0"].values()) == [0, 0, 0, "0", [], [], None]


def test_the_sum_is_not_known_where_one_says_no_amount(stand_ins: Make) -> None:
    there = with_deals(stand_ins, deal_of(5), deal_of(4, Amount=None), deal_of(6, 2))
    assert [one["open_amount"] for one in known(there, "open_amount").values()] == ["0", None, "6000.6"]


def test_amounts_in_other_currencies_are_converted_before_they_are_added(
    stand_ins: Make, caplog: pytest.LogCaptureFixture
) -> None:
    deals = (
        deal_of(5, Amount=100.0, CurrencyIsoCode="USD"),
        deal_of(4, Amount=100.0, CurrencyIsoCode="EUR"),
        deal_of(6, 2, Amount=100.0, CurrencyIsoCode="CHF"),
    )
    there = with_deals(stand_ins, *deals, rates={"EUR": 1, "USD": 1.25})
    found = known(there, "open_amount")
    assert found["acct-1"] == {"open_amount": "225.00"}
    assert read_value(found["acct-2"]["open_amount"], "money") is None
    assert "`Amount` of 1 account is in CHF, and the org tells no rate to USD" in caplog.text


def test_a_type_that_the_org_does_not_have_is_named(stand_ins: Make) -> None:
    with pytest.raises(NotThere, match="did you mean `open_opportunities_new_customer`"):
        known(with_deals(stand_ins), "open_opportunities_new_custumer")
