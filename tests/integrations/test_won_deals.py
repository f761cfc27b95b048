"""Deals that were won in a CRM: what an account came to buy more of, or less, and what of it is no longer so."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from expansion.contract import NoAccess, Outcome, Refused
from integrations.kit.declare import SourceBase
from integrations.salesforce import INTEGRATION as SALESFORCE
from jobs.pull import Pull
from sandbox.hubspot.app import HubSpot
from sandbox.salesforce import answers as salesforce_answers
from sandbox.salesforce.app import Salesforce
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.integrations.replies import JsonPages
from tests.integrations.source_contract import Differs, Limited, SourceCase, SourceContract, world
from tests.integrations.test_hubspot_deals import RENEWALS, counted_case, deal, portal_of, source
from tests.integrations.test_salesforce_opportunities import deal_of, with_deals
from tests.systems import hubspot, salesforce
from tests.systems.salesforce import account_id

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)
WON = {"StageName": "Closed Won", "LastStageChangeDate": "2026-02-16T10:00:00.000+0000"}
CLOSED, LATELY = "2026-02-15T10:00:00.000Z", "2026-03-06T10:00:00.000Z"
Make = Callable[..., StandIns]
NEVER = {
    "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "no field is asked for",
    "test_what_a_whole_answer_no_longer_holds_is_no_longer_known": "only what has changed is read",
    "test_where_nothing_is_there_any_more_nothing_is_taken_as_gone": "only what has changed is read",
}


class TestWonOpportunities(SourceContract):
    source = "salesforce.won_opportunity"
    exempt: ClassVar = NEVER

    @pytest.fixture
    def case(self, stand_ins: Make) -> SourceCase:
        there = with_deals(stand_ins, *(deal_of(n, n - 1, **WON) for n in (1, 2, 3, 4, 5)), accounts=6, page_size=2)
        stand_in, clock = there.get(Salesforce), FakeClock()
        deal = stand_in.org.get("Opportunity", deal_of(1)["Id"]) or {}

        def connect(**changes: int) -> SourceBase:
            return SALESFORCE.connect(salesforce.settings(there, **changes), world(clock)).sources[self.source]

        def lost() -> None:
            stamp = {"SystemModstamp": "2026-03-07T08:00:00.000+0000"}
            for one in stand_in.org.all("Opportunity"):  # all of them are looked through, so that there are pages
                stand_in.org.put("Opportunity", one | stamp)
            stand_in.org.put("Opportunity", deal | stamp | {"IsWon": False, "StageName": "Closed Lost"})

        def empty() -> None:
            for account in stand_in.org.all("Account"):
                stand_in.org.put("Account", account | {"Product_Account_Id__c": None})

        return SourceCase(
            stand_ins=there,
            vendor="salesforce",
            clock=clock,
            connect=connect,
            pull=Pull(self.source, "outcomes", ()),
            pages=JsonPages("/query", "records", "totalSize", lambda page: any("IsWon" in r for r in page["records"])),
            holds=5,
            differs=Differs(lost, lambda: stand_in.org.put("Opportunity", deal)),
            reads={"path": "/query"},
            answers=salesforce_answers.ANSWERS,
            lock_out=lambda: setattr(stand_in, "locked_out", True),
            locked_out="check the app's policies and IP ranges",
            forbid=lambda: stand_in.org.may.update(Opportunity=set()),
            forbidden="give its profile Read on Opportunity",
            limited=Limited(lambda: connect(daily_calls=4), 4, 86_400, "/services/data"),
            empty=empty,
        )


class TestWonDeals(SourceContract):
    source = "hubspot.won_deals"
    exempt: ClassVar = NEVER

    @pytest.fixture
    def case(self, stand_ins: Make, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.hubspot.search.FOUND", 2)
        given = hubspot.sample(6)
        deals = [deal(n, n, "closedwon", closedate=CLOSED, hs_lastmodifieddate=LATELY) for n in range(5)]
        given["hubspot"] |= {"deals": deals, "pipelines": {"deals": [RENEWALS]}}
        found = counted_case(stand_ins, self.source, given, Pull(self.source, "outcomes", ()), "crm.objects.deals.read")
        portal = found.stand_ins.get(HubSpot).portal
        first = portal.get("deals", "100") or {}
        lost = first | {"properties": first["properties"] | {"dealstage": "closedlost"}}
        found.differs = Differs(lambda: portal.put("deals", lost), lambda: portal.put("deals", first))
        return found


# --- Salesforce -------------------------------------------------------------------------------------------------------


def won(there: StandIns, since: datetime | None = None, currency: str = "USD", **changes: Any) -> list[Outcome]:
    return list(salesforce.connect(there, **changes).sources["salesforce.won_opportunity"].outcomes(since, currency))


def test_what_was_won_is_told_with_its_type_and_what_is_open_or_lost_is_not(stand_ins: Make) -> None:
    there = with_deals(stand_ins, deal_of(2, **WON), deal_of(3), deal_of(4, StageName="Closed Lost"))
    assert won(there) == [
        Outcome(
            "salesforce.won_opportunity",
            "acct-1",
            "expansion",
            datetime(2026, 2, 15, tzinfo=UTC),
            deal_of(2)["Id"],
            called="Existing Customer - Upgrade",
            amount=Decimal("2000.2"),
            currency="USD",
            known_at=datetime(2026, 2, 16, 10, tzinfo=UTC),
        )
    ]


def test_a_negative_amount_is_a_contraction_and_none_is_no_amount(stand_ins: Make) -> None:
    there = with_deals(stand_ins, deal_of(2, **WON, Amount=-300), deal_of(3, **WON, Amount=None))
    assert [(one.kind, one.amount, one.currency) for one in won(there)] == [
        ("contraction", Decimal(300), "USD"),
        ("expansion", None, None),
    ]


def test_another_field_may_say_what_a_deal_adds(stand_ins: Make) -> None:
    there = with_deals(stand_ins, deal_of(2, **WON, Added_ARR__c=450))
    assert [one.amount for one in won(there, outcome_amount_field="added_arr__c")] == [Decimal(450)]
    with pytest.raises(Refused, match="Opportunity has no field `Aded_ARR__c`"):
        won(there, outcome_amount_field="Aded_ARR__c")


def test_a_deal_that_is_not_won_any_more_or_was_deleted_is_told_as_gone(stand_ins: Make) -> None:
    there = with_deals(stand_ins, *(deal_of(n, **WON) for n in (2, 3, 4)))
    org = there.get(Salesforce).org
    org.update("Opportunity", deal_of(2)["Id"], {"StageName": "Prospecting"}, by=salesforce.ANA)
    org.remove("Opportunity", deal_of(3)["Id"])
    lately = datetime.now(UTC) - timedelta(hours=1)  # the org has a clock of its own
    assert {one.remote_id: one.is_gone for one in won(there, lately)} == {
        deal_of(2)["Id"]: True,
        deal_of(3)["Id"]: True,
    }


def test_a_deal_of_an_account_that_the_product_does_not_know_is_left_out_and_said(
    stand_ins: Make, caplog: pytest.LogCaptureFixture
) -> None:
    there = with_deals(stand_ins, deal_of(2, **WON), deal_of(3, 2, **WON))
    org = there.get(Salesforce).org
    org.put("Account", (org.get("Account", account_id(2)) or {}) | {"Product_Account_Id__c": None})
    with caplog.at_level(logging.WARNING):
        assert [one.account_id for one in won(there)] == ["acct-1"]
    assert caplog.messages == ["Salesforce: 1 deal left out, of accounts without a product account id"]


def test_amounts_in_other_currencies_are_converted_or_keep_their_own(stand_ins: Make) -> None:
    deals = [deal_of(n, **WON, Amount=100, CurrencyIsoCode=code) for n, code in ((2, "USD"), (3, "EUR"), (4, "CHF"))]
    there = with_deals(stand_ins, *deals, rates={"EUR": 1, "USD": 1.25})
    assert [(one.amount, one.currency) for one in won(there)] == [
        (Decimal(100), "USD"),
        (Decimal("125.00"), "USD"),
        (Decimal(100), "CHF"),
    ]


def test_a_field_that_is_hidden_is_named(stand_ins: Make) -> None:
    there = with_deals(stand_ins, deal_of(2, **WON))
    there.get(Salesforce).org.hidden.add("IsWon")
    with pytest.raises(NoAccess, match="IsWon of Opportunity is hidden"):
        won(there)


def test_an_org_that_does_not_say_when_a_stage_changed_is_read_all_the_same(stand_ins: Make) -> None:
    there = with_deals(stand_ins, deal_of(2, **WON))
    there.get(Salesforce).org.hidden.update({"LastStageChangeDate", "Type"})
    [one] = won(there)
    assert (one.known_at, one.called) == (None, None)


# --- HubSpot ----------------------------------------------------------------------------------------------------------


def won_deals(there: StandIns, since: datetime | None = None, currency: str = "USD") -> list[Outcome]:
    return list(source(there, "hubspot.won_deals").outcomes(since, currency))


def test_deals_in_a_stage_that_means_won_are_told_with_their_type(stand_ins: Make) -> None:
    there = portal_of(
        stand_ins,
        deal(1, at="closedwon", closedate=CLOSED, dealtype="existingbusiness", amount="1200.50"),
        deal(2, at="779", pipeline="77", closedate=CLOSED, amount="-300"),
        deal(3),
        deal(4, at="closedlost", closedate=CLOSED),
        deal(5, at="closedwon", closedate=None),
    )
    closed = datetime(2026, 2, 15, 10, tzinfo=UTC)
    shared = {
        "source": "hubspot.won_deals",
        "account_id": "acct-0",
        "at": closed,
        "known_at": closed,
        "currency": "USD",
    }
    assert won_deals(there) == [
        Outcome(**shared, kind="expansion", remote_id="101", called="existingbusiness", amount=Decimal("1200.50")),
        Outcome(**shared, kind="contraction", remote_id="102", amount=Decimal(300)),
    ]


def test_a_deal_of_several_companies_is_the_primary_one_s_or_nobody_s(
    stand_ins: Make, caplog: pytest.LogCaptureFixture
) -> None:
    shared = deal(1, at="closedwon", closedate=CLOSED) | {"companies": [9001, 9000], "primary": 9001}
    unmarked = deal(2, at="closedwon", closedate=CLOSED) | {"companies": [9000, 9001], "primary": None}
    there = portal_of(stand_ins, shared, unmarked, deal(3, company=None, at="closedwon", closedate=CLOSED))
    assert [(one.remote_id, one.account_id) for one in won_deals(there)] == [("101", "acct-1")]
    assert "HubSpot: 2 deals left out, of no company with a product account id, or of several" in caplog.messages


def test_a_deal_that_is_not_won_any_more_is_told_as_gone(stand_ins: Make) -> None:
    there = portal_of(
        stand_ins,
        deal(1, at="closedlost", closedate=CLOSED, hs_lastmodifieddate=LATELY),
        deal(2, at="closedwon", closedate=CLOSED, hs_lastmodifieddate="2026-01-01T10:00:00.000Z"),
    )
    told = won_deals(there, datetime(2026, 3, 1, tzinfo=UTC))
    assert [(one.remote_id, one.is_gone) for one in told] == [("101", True)]


def test_an_amount_in_another_currency_is_what_hubspot_says_of_it_at_home_or_keeps_its_own(stand_ins: Make) -> None:
    foreign = {"deal_currency_code": "EUR", "amount": "100"}
    there = portal_of(
        stand_ins,
        deal(1, at="closedwon", closedate=CLOSED, **foreign, amount_in_home_currency="125"),
        deal(2, at="closedwon", closedate=CLOSED, **foreign),
    )
    assert [(one.amount, one.currency) for one in won_deals(there)] == [(Decimal(125), "USD"), (Decimal(100), "EUR")]
