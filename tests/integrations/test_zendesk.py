"""Zendesk: tickets and their tags as events, read by cursor within ten calls a minute."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from expansion.contract import EventRow, Failure, NoAccess, NotThere
from expansion.limits import Limit
from jobs.pull import Pull
from sandbox.zendesk.answers import ANSWERS
from sandbox.zendesk.app import Zendesk
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.integrations.replies import JsonPages
from tests.integrations.source_contract import NOW, Differs, Limited, SourceCase, SourceContract, world
from tests.systems.zendesk import connect, sample, ticket


def ago(days: float) -> str:
    return f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


TICKETS = [ticket(n + 1, ago(days)) for n, days in enumerate((5, 4.2, 3, 2.5, 1, 0.1))]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def desk(stand_ins: Callable[..., StandIns], clock: FakeClock) -> StandIns:
    def make(state: Any) -> Zendesk:
        return Zendesk(state, clock.monotonic, lambda: NOW.timestamp() + 7200)

    return stand_ins(make, sample=sample(*TICKETS))


def source(desk: StandIns, clock: FakeClock) -> Any:
    return connect(desk, world(clock)).sources["zendesk.tickets"]


class TestTickets(SourceContract):
    source = "zendesk.tickets"
    exempt: ClassVar = {
        "test_what_a_whole_answer_no_longer_holds_is_no_longer_known": "a ticket that was opened has been opened",
        "test_where_nothing_is_there_any_more_nothing_is_taken_as_gone": "a ticket that was opened has been opened",
        "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "an event has what it has",
        "test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole": "an export announces no number",
    }

    @pytest.fixture
    def case(self, desk: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.zendesk.client.PAGE", 2)
        there = desk.get(Zendesk)

        def few() -> Any:
            monkeypatch.setattr("integrations.zendesk.client.LIMIT", Limit(2, 60, "a page"))
            return source(desk, clock)

        return SourceCase(
            stand_ins=desk,
            vendor="zendesk",
            clock=clock,
            connect=lambda: source(desk, clock),
            pull=Pull(self.source, "events", ("external_id",)),
            pages=JsonPages("incremental/tickets", "tickets"),
            holds=len(TICKETS),
            differs=Differs(lambda: there.load(sample(ticket(99, ago(0.2)))), lambda: None),
            answers=ANSWERS,
            lock_out=lambda: setattr(there, "token", "another"),
            locked_out="ZENDESK_API_TOKEN",
            forbid=lambda: setattr(there, "role", "agent"),
            forbidden="only an admin",
            limited=Limited(few, 2, 60, "incremental/tickets"),
            empty=lambda: [desk.state.delete("zendesk.tickets", str(one["id"])) for one in TICKETS] and None,
            first_pull_days=7,
        )


# --- what a ticket says -----------------------------------------------------------------------------------------------


def read(desk: StandIns, clock: FakeClock, *tickets: Any, since: str = "2026-03-01", account: str = "x") -> Any:
    for one in desk.state.all("zendesk.tickets"):
        desk.state.delete("zendesk.tickets", str(one["id"]))
    desk.get(Zendesk).load(sample(*tickets))
    return list(source(desk, clock).events(since, "2026-03-07", account))


def test_a_ticket_and_its_tags_are_events_of_the_moment_it_was_opened(desk: StandIns, clock: FakeClock) -> None:
    found = read(desk, clock, ticket(7, ago(1), tags=["sso", "api"]))
    assert [(row.event_id, row.event, row.properties.get("tag")) for row in found] == [
        ("ticket:7", "Support Ticket Opened", None),
        ("ticket:7:tag:sso", "Support Ticket Tagged", "sso"),
        ("ticket:7:tag:api", "Support Ticket Tagged", "api"),
    ]
    said = {(row.time, row.account_id, row.user_id, row.properties["channel"]) for row in found}
    assert said == {(ago(1), "acme", "ana", "email")}


def test_a_tag_that_was_added_days_later_comes_with_the_next_pull(desk: StandIns, clock: FakeClock) -> None:
    late = ticket(7, ago(20), updated_at=ago(0.5), tags=["sso"])
    found: list[EventRow] = read(desk, clock, late, since="2026-03-06")
    assert [(row.event, row.time) for row in found][1] == ("Support Ticket Tagged", ago(20))


def test_the_account_is_the_field_that_facts_yaml_names_else_the_external_id_else_the_persons(
    desk: StandIns, clock: FakeClock
) -> None:
    fields = {"id": 10, "external_id": "wrong", "organization_fields": {"product_id": 17}}
    desk.get(Zendesk).load({"zendesk": {"organizations": [fields]}})
    tickets = [ticket(1, ago(1), organization_id=10), ticket(2, ago(1)), ticket(3, ago(1), organization_id=None)]
    found = read(desk, clock, *tickets, account="product_id")
    assert [row.account_id for row in found] == ["17", "acme", None]


def test_what_was_deleted_is_left_out(desk: StandIns, clock: FakeClock) -> None:
    assert read(desk, clock, ticket(1, ago(1), status="deleted")) == []


def test_a_help_desk_without_a_change_is_said(
    desk: StandIns, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert read(desk, clock) == []
    assert "not one ticket has changed since 2026-03-01" in caplog.text


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_cursor_that_expired_is_begun_anew_by_the_next_pull(
    desk: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.zendesk.client.PAGE", 2)
    desk.fault("zendesk", "status", after=1, **ANSWERS.refused.fault(), times=9)  # type: ignore[union-attr]
    with pytest.raises(Failure, match="the next pull begins it anew"):
        list(source(desk, clock).events("2026-03-01", "2026-03-07", "x"))
    desk.app.faults.waiting.clear()
    assert len(list(source(desk, clock).events("2026-03-01", "2026-03-07", "x"))) == len(TICKETS)


def test_an_address_of_no_help_desk_says_which_setting(desk: StandIns, clock: FakeClock) -> None:
    desk.fault("zendesk", "status", status=404, body="<html>No help desk at sandbox.zendesk.com</html>", times=9)
    with pytest.raises(NoAccess, match="ZENDESK_SUBDOMAIN"):
        list(source(desk, clock).events("2026-03-01", "2026-03-07", "x"))


def test_a_ticket_in_an_odd_shape_is_a_failure_in_words(desk: StandIns, clock: FakeClock) -> None:
    desk.fault("zendesk", "status", status=200, body={"tickets": [{"subject": "x"}], "end_of_stream": True})
    with pytest.raises(Failure, match="shape nobody can read"):
        list(source(desk, clock).events("2026-03-01", "2026-03-07", "x"))


@pytest.mark.parametrize(
    ("change", "what", "ok"),
    [
        ({}, "signed in as an admin", True),
        ({"role": "agent"}, "signed in with the role agent", False),
        ({"token": "another"}, "not signed in", False),
    ],
)
def test_doctor_says_whether_the_token_may_export(
    desk: StandIns, clock: FakeClock, change: dict[str, str], what: str, ok: bool
) -> None:
    for name, value in change.items():
        setattr(desk.get(Zendesk), name, value)
    [finding] = connect(desk, world(clock)).check()
    assert (finding.what, finding.ok, finding.remedy is None) == (what, ok, ok)


# --- what is open -----------------------------------------------------------------------------------------------------

NAMES = ("acme", "globex", "initech", "hooli", "umbrella")
FIRMS = [{"id": n, "external_id": name, "name": name} for n, name in enumerate(NAMES, 1)]
URGENT = {"priority": "urgent", "organization_id": 1}
OPEN = [
    *(ticket(n, ago(1), **URGENT) for n in (1, 2)),
    ticket(3, ago(1), organization_id=1, status="pending"),
    ticket(4, ago(1), organization_id=2),
    ticket(5, ago(1), organization_id=2, status="solved", priority="urgent"),
    ticket(6, ago(1), organization_id=None),
]


@pytest.fixture
def firms(stand_ins: Callable[..., StandIns], clock: FakeClock) -> StandIns:
    there = {"zendesk": {"tickets": OPEN, "organizations": FIRMS}}
    return stand_ins(lambda state: Zendesk(state, clock.monotonic), sample=there)


class TestOrganization(SourceContract):
    source = "zendesk.organization"
    exempt: ClassVar = {
        "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "what it gives is counted here",
        "test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole": "a list announces no number",
    }

    @pytest.fixture
    def case(self, firms: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.zendesk.client.PAGE", 2)
        monkeypatch.setattr("integrations.zendesk.client.ORGANIZATIONS", 2)
        there, state = firms.get(Zendesk), firms.state

        def of_this() -> Any:
            return connect(firms, world(clock)).sources[self.source]

        def few() -> Any:
            monkeypatch.setattr("integrations.zendesk.client.OTHERS", Limit(2, 60, "a page"))
            return of_this()

        return SourceCase(
            stand_ins=firms,
            vendor="zendesk",
            clock=clock,
            connect=of_this,
            pull=Pull(self.source, "facts", ("name", "open_tickets", "urgent_tickets")),
            kinds={"open_tickets": "number", "urgent_tickets": "number"},
            pages=JsonPages("v2/organizations", "organizations"),
            holds=len(FIRMS),
            differs=Differs(
                lambda: state.delete("zendesk.organizations", "2"),
                lambda: state.put("zendesk.organizations", "2", FIRMS[1]),
            ),
            answers=ANSWERS,
            lock_out=lambda: setattr(there, "token", "another"),
            locked_out="ZENDESK_API_TOKEN",
            forbid=lambda: firms.fault("zendesk", "status", status=403, body={"error": "Forbidden"}, times=100),
            forbidden="only an admin",
            limited=Limited(few, 2, 60, "v2/"),
            empty=lambda: [state.delete("zendesk.organizations", str(one["id"])) for one in FIRMS] and None,
        )


def test_open_and_urgent_tickets_are_counted_and_none_is_zero(firms: StandIns, clock: FakeClock) -> None:
    of_this = connect(firms, world(clock)).sources["zendesk.organization"]
    found = {one.account_id: one.values for one in of_this.facts(["open_tickets", "urgent_tickets"])}
    assert found == {
        "acme": {"open_tickets": 3, "urgent_tickets": 2},
        "globex": {"open_tickets": 1, "urgent_tickets": 0},
        **{name: {"open_tickets": 0, "urgent_tickets": 0} for name in NAMES[2:]},
    }


def test_two_organizations_of_one_account_are_said_to_be(firms: StandIns, clock: FakeClock) -> None:
    firms.get(Zendesk).load({"zendesk": {"organizations": [{"id": 9, "external_id": "acme", "name": "Acme again"}]}})
    records = list(connect(firms, world(clock)).sources["zendesk.organization"].facts(["open_tickets"]))
    assert [one.account_id for one in records if one.is_twice] == ["acme"]


def test_what_it_does_not_give_is_named(firms: StandIns, clock: FakeClock) -> None:
    with pytest.raises(NotThere, match="`health`"):
        list(connect(firms, world(clock)).sources["zendesk.organization"].facts(["health"]))
