"""HubSpot's deals: counted on companies, by what their stages mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from expansion.contract import NoAccess, NotThere, Refused, TryLater, Wanted
from integrations.hubspot import INTEGRATION
from integrations.kit.declare import SourceBase
from jobs.pull import Pull
from sandbox.hubspot.answers import ANSWERS
from sandbox.hubspot.app import HubSpot
from sandbox.hubspot.pipelines import stage
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.integrations.replies import Row
from tests.integrations.source_contract import NOW, Differs, Limited, Lost, SourceCase, SourceContract, world
from tests.systems.hubspot import sample, settings

Start = Callable[..., StandIns]
RENEWALS = {
    "id": "77",
    "label": "Renewals & more",
    "stages": [
        stage("771", "Due", isClosed="false", probability="0.5"),
        stage("779", "Renewed", isClosed="true", probability="1.0"),
    ],
}


@dataclass(frozen=True)
class Windows:
    """Pages of a search that begins anew after the last id: each announces what is left from there on."""

    path: str

    def rows(self, body: bytes) -> list[Row] | None:
        page = json.loads(body)
        return list(page["results"]) if "results" in page else None

    def with_rows(self, body: bytes, rows: Sequence[Row], more: int) -> bytes:
        page = json.loads(body)
        added = max(0, len(rows) - len(page["results"])) if more else 0
        return json.dumps(page | {"results": list(rows), "total": page["total"] + added}).encode()


def deal(number: int, company: int | None = 0, at: str = "appointmentscheduled", **properties: Any) -> dict[str, Any]:
    """In the pipeline that every portal has, unless `properties` says another one."""
    known = {"dealname": f"Deal {number}", "dealstage": at, "pipeline": "default", "amount": "1000"}
    on = [] if company is None else [9000 + company]
    return {"id": 100 + number, "properties": known | properties, "companies": on, "primary": next(iter(on), None)}


def portal_of(start: Start, *deals: dict[str, Any], companies: int = 3, **more: Any) -> StandIns:
    given = sample(companies)
    given["hubspot"] |= {"deals": list(deals), "pipelines": {"deals": [RENEWALS]}} | more
    there = start(HubSpot, sample=given)
    there.get(HubSpot).limits.searches = 1000  # the clock of the test does not wait for the server's
    return there


def source(there: StandIns, name: str = "hubspot.deals", clock: FakeClock | None = None, **changes: Any) -> SourceBase:
    return INTEGRATION.connect(settings(there, **changes), world(clock or FakeClock())).sources[name]


def read(there: StandIns, *fields: str, currency: str | None = "USD", name: str = "hubspot.deals") -> dict[str, Any]:
    """What the first field is, by account; or all of several."""
    wanted = Wanted(dict.fromkeys(fields, frozenset({"money"})), NOW, currency=currency)
    records = {one.account_id: one.values for one in source(there, name).wanted(wanted)}
    return {account: values[fields[0]] if len(fields) == 1 else dict(values) for account, values in records.items()}


def counted_case(start: Start, name: str, given: dict[str, Any], pull: Pull, scope: str, **more: Any) -> SourceCase:
    """Five companies, and a portal whose searches page by two."""
    there = start(HubSpot, sample=given)
    stand_in, clock = there.get(HubSpot), FakeClock()
    stand_in.limits.now = clock.monotonic
    second = stand_in.portal.get("companies", "9001") or {}

    def of_this(**changes: int) -> SourceBase:
        return source(there, name, clock, **changes)

    def empty() -> None:
        for company in stand_in.portal.all("companies"):
            stand_in.portal.remove("companies", company["id"])

    settled: dict[str, Any] = {
        "stand_ins": there,
        "vendor": "hubspot",
        "clock": clock,
        "connect": of_this,
        "pull": pull,
        "pages": Windows("/search"),
        "holds": 5,
        "differs": Differs(
            lambda: stand_in.portal.remove("companies", "9001"), lambda: stand_in.portal.put("companies", second)
        ),
        "answers": ANSWERS,
        "lock_out": lambda: setattr(stand_in, "token", "another"),
        "locked_out": "HUBSPOT_TOKEN",
        "forbid": lambda: stand_in.scopes.discard(scope),
        "forbidden": scope,
        "limited": Limited(lambda: of_this(calls_in_ten_seconds=3), 3, 10, "hubspot/"),
        "empty": empty,
    }
    return SourceCase(**(settled | more))


class TestDeals(SourceContract):
    source = "hubspot.deals"

    @pytest.fixture
    def case(self, stand_ins: Start, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.hubspot.search.FOUND", 2)
        given = sample(5)
        given["hubspot"] |= {"deals": [deal(n, n) for n in range(5)], "pipelines": {"deals": [RENEWALS]}}
        pull = Pull(self.source, "facts", ("open_deal_stage", "open_deals", "open_deals_in_renewals_more"))
        kinds = {"open_deals": "number", "open_deals_in_renewals_more": "number"}
        found = counted_case(stand_ins, self.source, given, pull, "crm.objects.deals.read", kinds=kinds)
        gone = lambda: found.stand_ins.state.put("hubspot.pipelines", "deals", {"more": []})  # noqa: E731
        found.lost = Lost(gone, "open_deals_in_renewals_more", "no `open_deals_in_renewals_more`")
        return found


# --- what counts ------------------------------------------------------------------------------------------------------


def test_open_deals_are_counted_by_what_their_stages_mean_whatever_they_are_called(stand_ins: Start) -> None:
    there = portal_of(
        stand_ins,
        deal(1),
        deal(2, at="contractsent"),
        deal(3, at="closedwon"),
        deal(4, at="closedlost"),
        deal(5, at="771", pipeline="77"),
        deal(6, at="779", pipeline="77"),
        deal(7, company=1, at="closedwon"),
    )
    fields = ("open_deals", "open_deals_in_sales_pipeline", "open_deals_in_renewals_more", "won_deals", "lost_deals")
    known = read(there, *fields)
    assert list(known["acct-0"].values()) == [3, 2, 1, 2, 1]
    assert list(known["acct-1"].values()) == [0, 0, 0, 1, 0]
    assert list(known["acct-2"].values()) == [0, 0, 0, 0, 0], "none is none, and known"


def test_a_deal_counts_for_its_primary_company_and_without_one_for_all(stand_ins: Start) -> None:
    shared = deal(1) | {"companies": [9000, 9001]}
    unmarked = deal(2) | {"companies": [9000, 9001], "primary": None}
    there = portal_of(stand_ins, shared, unmarked, deal(3, company=None))
    assert read(there, "open_deals") == {"acct-0": 2, "acct-1": 1, "acct-2": 0}


def test_of_the_open_one_that_was_made_last(stand_ins: Start) -> None:
    there = portal_of(
        stand_ins,
        deal(1, createdate="2026-02-01T08:00:00.000Z", hubspot_owner_id="13", dealtype="existingbusiness"),
        deal(2, createdate="2026-01-01T08:00:00.000Z", at="contractsent", hubspot_owner_id="11"),
        deal(3, createdate="2026-03-01T08:00:00.000Z", at="closedwon"),
    )
    fields = ("newest_open_deal", "open_deal_stage", "open_deal_type", "open_deal_owner_email")
    known = read(there, *fields)
    assert list(known["acct-0"].values()) == [
        "2026-02-01T08:00:00.000Z",
        "Appointment Scheduled",
        "existingbusiness",
        "Desk@seller.example",
    ]
    assert set(known["acct-1"].values()) == {None}, "nothing is known of what is not there"


def test_close_dates_of_open_won_and_lost_deals(stand_ins: Start) -> None:
    there = portal_of(
        stand_ins,
        deal(1, closedate="2026-05-01T00:00:00Z"),
        deal(2, closedate="2026-04-01T15:30:00.000Z"),
        deal(3),
        deal(4, at="closedwon", closedate="2025-05-01T00:00:00Z"),
        deal(5, at="closedwon", closedate="2026-01-31T00:00:00Z"),
        deal(6, at="closedlost", closedate="2024-01-31T00:00:00Z"),
    )
    known = read(there, "next_close", "last_won", "last_lost", "last_closed")["acct-0"]
    assert list(known.values()) == ["2026-04-01T15:30:00.000Z", "2026-01-31", "2024-01-31", "2026-01-31"]


def test_what_is_closed_is_read_only_where_it_is_asked_for(stand_ins: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.hubspot.search.VALUES", 1)  # a search for each stage
    for field, stages in (("open_deals", 4), ("last_won", 2), ("lost_deals", 1), ("last_closed", 3)):
        there = portal_of(stand_ins, deal(1, at="closedwon"))
        read(there, field)
        assert len(there.requests("POST", "deals/search")) == stages, field


# --- money ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amounts", "worth"),
    [
        ([], "0"),
        ([{"amount": "1000.5"}, {"amount": "2000"}], "3000.5"),
        ([{"amount": "1000"}, {"amount": None}], None),
        ([{"amount": "1000"}, {"amount": ""}], None),
        ([{"amount": "1000", "deal_currency_code": "EUR", "amount_in_home_currency": "1100"}], "1100"),
        ([{"amount": "1000", "deal_currency_code": "EUR"}, {"amount": "7"}], "7 and 1000 EUR"),
    ],
)
def test_what_open_deals_are_worth_in_the_currency_of_policy(
    stand_ins: Start, amounts: list[dict[str, Any]], worth: str | None
) -> None:
    there = portal_of(stand_ins, *(deal(n, **some) for n, some in enumerate(amounts)))
    assert read(there, "open_amount")["acct-0"] == worth


def test_amounts_in_another_currency_than_policys_cannot_be_read_as_amounts(stand_ins: Start) -> None:
    there = portal_of(stand_ins, deal(1), deal(2, deal_currency_code="EUR", amount="5"))
    assert read(there, "open_amount", currency="GBP")["acct-0"] == "5 EUR and 1000 USD"


def test_deals_without_an_amount_are_said(stand_ins: Start, caplog: pytest.LogCaptureFixture) -> None:
    read(portal_of(stand_ins, deal(1, amount=None)), "open_amount")
    assert "open deals of 1 company have no amount" in caplog.text


# --- pages and limits -------------------------------------------------------------------------------------------------


def test_more_deals_than_a_search_pages_through_are_all_read(stand_ins: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """No page is asked for by `after`: a query ends at ten thousand results, and these begin anew after the last id."""
    monkeypatch.setattr("sandbox.hubspot.search.MOST_IN_ALL", 200)
    there = portal_of(stand_ins, *(deal(n, n % 3) for n in range(450)))
    assert read(there, "open_deals") == {"acct-0": 150, "acct-1": 150, "acct-2": 150}
    searches = there.requests("POST", "deals/search")
    assert len(searches) == 3
    assert len(there.requests("POST", "deals/companies/batch/read")) == 1


def test_a_deal_on_many_companies_is_read_page_by_page(stand_ins: Start) -> None:
    many = deal(1) | {"companies": [9000, 9001, 9002], "primary": None}
    there = portal_of(stand_ins, many)
    there.get(HubSpot).associations_page = 1
    assert read(there, "open_deals") == {"acct-0": 1, "acct-1": 1, "acct-2": 1}


def test_five_searches_a_second_are_kept(stand_ins: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.hubspot.search.FOUND", 1)
    there = portal_of(stand_ins, *(deal(n) for n in range(12)))
    clock = FakeClock()
    there.get(HubSpot).limits.now, there.get(HubSpot).limits.searches = clock.monotonic, 5
    list(source(there, clock=clock).facts(["open_deals"]))
    assert sum(clock.slept) >= 2


# --- odd replies ------------------------------------------------------------------------------------------------------


def test_companies_that_are_left_out_of_a_reply_are_not_taken_for_none(stand_ins: Start) -> None:
    there = portal_of(stand_ins, deal(1), deal(2))
    there.fault("hubspot", "status", path="batch/read", status=200, body={"status": "COMPLETE", "results": []})
    with pytest.raises(TryLater, match="left 2 out"):
        read(there, "open_deals")


def test_another_error_in_a_reply_about_companies_is_a_failure(stand_ins: Start) -> None:
    there = portal_of(stand_ins, deal(1))
    error = {"status": "error", "category": "MISSING_SCOPES", "message": "no", "context": {}}
    body = {"status": "COMPLETE", "results": [], "errors": [error]}
    there.fault("hubspot", "status", path="batch/read", status=207, body=body)
    with pytest.raises(Refused):
        read(there, "open_deals")


def test_a_typo_in_a_field_is_named(stand_ins: Start) -> None:
    with pytest.raises(NotThere, match="no `open_deal`; did you mean `open_deals`"):
        read(portal_of(stand_ins), "open_deal")


def test_doctor_reads_deals_where_they_are_asked_for(stand_ins: Start) -> None:
    there = portal_of(stand_ins)
    there.get(HubSpot).scopes -= {"crm.objects.deals.read", "tickets"}
    connected = INTEGRATION.connect(settings(there, fallback_owner="desk@seller.example"), world(FakeClock()))
    without = connected.check(frozenset({"hubspot.create_task"}))
    assert not [one for one in without if one.what in ("reads deals", "reads tickets")]
    bad = [one.what for one in connected.check(frozenset({"hubspot.deals", "hubspot.tickets"})) if not one.ok]
    assert bad[:3] == ["scopes missing: crm.objects.deals.read, tickets", "reads deals", "reads tickets"]


def test_a_scope_that_is_missing_is_named(stand_ins: Start) -> None:
    there = portal_of(stand_ins)
    there.get(HubSpot).scopes.discard("crm.objects.deals.read")
    with pytest.raises(NoAccess, match=r"crm\.objects\.deals\.read"):
        read(there, "open_deals")
