"""HubSpot's tickets: those open now counted on companies, and each that was opened as an event with its categories."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from expansion.contract import EventRow, NoAccess, NotThere
from jobs.pull import Pull
from sandbox.hubspot.app import HubSpot
from sandbox.hubspot.pipelines import stage
from tests.integrations.conftest import StandIns
from tests.integrations.source_contract import NOW, Differs, Lost, SourceCase, SourceContract
from tests.integrations.test_hubspot_deals import Start, counted_case, read, source
from tests.systems.hubspot import sample

KEY = "product_account_id"
OPEN = ("open_tickets", "urgent_tickets", "open_tickets_in_escalations")
ESCALATIONS = {"id": "9", "label": "Escalations", "stages": [stage("91", "Taken up", ticketState="OPEN")]}


def ago(days: float) -> str:
    return f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%S.000Z}"


def ticket(number: int, company: int | None = 0, at: str = "1", days: float = 1, **properties: Any) -> dict[str, Any]:
    known = {"subject": f"Ticket {number}", "hs_pipeline": "0", "hs_pipeline_stage": at, "createdate": ago(days)}
    on = [] if company is None else [9000 + company]
    return {"id": 300 + number, "properties": known | properties, "companies": on, "primary": next(iter(on), None)}


def desk(*tickets: dict[str, Any], companies: int = 3) -> dict[str, Any]:
    given = sample(companies)
    given["hubspot"] |= {"tickets": list(tickets), "pipelines": {"tickets": [ESCALATIONS]}}
    return given


def started(start: Start, *tickets: dict[str, Any]) -> StandIns:
    there = start(HubSpot, sample=desk(*tickets))
    there.get(HubSpot).limits.searches = 1000  # the clock of the test does not wait for the server's
    return there


def count(there: StandIns, *fields: str) -> dict[str, Any]:
    return read(there, *fields, name="hubspot.open_tickets")


def events(there: StandIns, since: str | None = None, account: str = KEY) -> list[EventRow]:
    return list(source(there, "hubspot.tickets").events(since, f"{NOW:%Y-%m-%d}", account))


class TestOpenTickets(SourceContract):
    source = "hubspot.open_tickets"

    @pytest.fixture
    def case(self, stand_ins: Start, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.hubspot.search.FOUND", 2)
        given = desk(*(ticket(n, n) for n in range(5)), companies=5)
        pull, kinds = Pull(self.source, "facts", ("newest_ticket", *OPEN)), dict.fromkeys(OPEN, "number")
        found = counted_case(stand_ins, self.source, given, pull, "tickets", kinds=kinds)
        gone = lambda: found.stand_ins.state.put("hubspot.pipelines", "tickets", {"more": []})  # noqa: E731
        found.lost = Lost(gone, "open_tickets_in_escalations", "no `open_tickets_in_escalations`")
        return found


class TestTickets(SourceContract):
    source = "hubspot.tickets"
    exempt: ClassVar = {
        "test_what_a_whole_answer_no_longer_holds_is_no_longer_known": "a ticket that was opened has been opened",
        "test_where_nothing_is_there_any_more_nothing_is_taken_as_gone": "a ticket that was opened has been opened",
        "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "an event has what it has",
        "test_an_empty_page_in_the_middle_is_not_the_end": "it holds less than it announces: the pull ends there, says "
        "so, and keeps the events before it",
    }

    @pytest.fixture
    def case(self, stand_ins: Start, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.hubspot.search.FOUND", 2)
        given = desk(*(ticket(n, n, days=days) for n, days in enumerate((5, 4.2, 3, 2.5, 1, 0.1))), companies=6)
        found = counted_case(stand_ins, self.source, given, Pull(self.source, "events", (KEY,)), "tickets")
        stand_in = found.stand_ins.get(HubSpot)

        def empty() -> None:
            for one in stand_in.portal.all("tickets"):
                stand_in.portal.remove("tickets", one["id"])

        found.holds, found.empty = 6, empty
        found.differs = Differs(lambda: stand_in.load(desk(ticket(-9, 0, days=0.2))), lambda: None)
        return found


# --- open ones --------------------------------------------------------------------------------------------------------


def test_open_tickets_are_counted_by_priority_pipeline_and_category(stand_ins: Start) -> None:
    there = started(
        stand_ins,
        ticket(1, hs_ticket_priority="URGENT", hs_ticket_category="FEATURE_REQUEST;BILLING_ISSUE"),
        ticket(2, at="2", days=3, hs_ticket_priority="HIGH", hs_ticket_category="FEATURE_REQUEST"),
        ticket(3, at="91", days=2, hs_pipeline="9"),
        ticket(4, at="4", hs_ticket_priority="URGENT"),
        ticket(5, company=None),
    )
    fields = ("urgent_tickets", "high_tickets", "low_tickets", "open_tickets_about_feature_request", *OPEN)
    known = count(there, *fields, "newest_ticket", "oldest_ticket")
    assert known["acct-0"] == {
        "urgent_tickets": 1,
        "high_tickets": 1,
        "low_tickets": 0,
        "open_tickets_about_feature_request": 2,
        "open_tickets": 3,
        "open_tickets_in_escalations": 1,
        "newest_ticket": ago(1),
        "oldest_ticket": ago(3),
    }
    assert known["acct-1"]["open_tickets"] == 0 and known["acct-1"]["newest_ticket"] is None


def test_a_priority_that_the_portal_has_not_is_named(stand_ins: Start) -> None:
    with pytest.raises(NotThere, match="no `urgnt_tickets`; did you mean `urgent_tickets`"):
        count(started(stand_ins), "urgnt_tickets")


# --- events -----------------------------------------------------------------------------------------------------------


def test_a_ticket_is_an_event_and_so_is_each_of_its_categories(stand_ins: Start) -> None:
    there = started(
        stand_ins,
        ticket(
            1,
            company=2,
            source_type="EMAIL",
            hs_ticket_priority="HIGH",
            hs_ticket_category="FEATURE_REQUEST;BILLING_ISSUE",
        ),
    )
    common = {"channel": "EMAIL", "priority": "HIGH"}
    opened, *tags = events(there)
    assert opened == EventRow("ticket:301", "Support Ticket Opened", ago(1), "acct-2", None, common)
    assert [(one.event_id, one.event, one.time, one.account_id) for one in tags] == [
        ("ticket:301:tag:FEATURE_REQUEST", "Support Ticket Tagged", ago(1), "acct-2"),
        ("ticket:301:tag:BILLING_ISSUE", "Support Ticket Tagged", ago(1), "acct-2"),
    ]
    assert [one.properties for one in tags] == [
        common | {"tag": "FEATURE_REQUEST"},
        common | {"tag": "BILLING_ISSUE"},
    ]


def test_what_changed_since_comes_again_and_older_ones_do_not(stand_ins: Start) -> None:
    there = started(
        stand_ins,
        ticket(1, days=20, hs_lastmodifieddate=ago(1)),
        ticket(2, days=20, hs_lastmodifieddate=ago(10)),
        ticket(3, days=40),
    )
    assert [one.event_id for one in events(there, f"{NOW - timedelta(days=2):%Y-%m-%d}")] == ["ticket:301"]
    assert [one.event_id for one in events(there)] == ["ticket:301", "ticket:302"], "a first pull reads 30 days"


def test_a_ticket_on_several_companies_is_of_its_primary_one_or_of_nobody(stand_ins: Start) -> None:
    there = started(
        stand_ins,
        ticket(1) | {"companies": [9000, 9001]},
        ticket(2) | {"companies": [9000, 9001], "primary": None},
        ticket(3, company=None),
    )
    assert [one.account_id for one in events(there)] == ["acct-0", None, None]


def test_where_no_ticket_has_changed_it_is_said(stand_ins: Start, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert events(started(stand_ins)) == []
    assert "not one ticket has changed since 2026-02-05" in caplog.text


def test_a_property_of_companies_that_is_none_is_named(stand_ins: Start) -> None:
    with pytest.raises(NotThere, match="no property `product_acount_id`; did you mean `product_account_id`"):
        events(started(stand_ins, ticket(1)), account="product_acount_id")


def test_the_scope_is_named(stand_ins: Start) -> None:
    there = started(stand_ins, ticket(1))
    there.get(HubSpot).scopes.discard("tickets")
    with pytest.raises(NoAccess, match="the scope tickets"):
        events(there)
