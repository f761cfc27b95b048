"""The clock of a task: what it counts, what stops it, and what follows when the time is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from expansion.contract import Standing, TryLater
from expansion.follow import texts
from expansion.follow.sla import Reading, Task, read_clock
from expansion.records.ledger import Clock, StepRecord
from tests.follow.test_cleared import a_step
from tests.follow.test_hours import calendar, hours, london

MONDAY = london("2026-03-02 09:00").astimezone(UTC)
SLA = {
    "first_touch": "8 working hours",
    "remind": {"after": "6 working hours", "channel": "expansion"},
    "reassign": {"after": "12 working hours", "to": "the boss"},
    "escalate": {"after": "16 working hours", "channel": "managers"},
}
UNTOUCHED = Standing(there=True, state="Not Started", owner="dana@acme.example")
TASK: dict[str, Any] = {"assign_to": "dana@acme.example", "subject": "Call <Acme> *now*"}


def a_task(
    standing: Any = UNTOUCHED, following: tuple[StepRecord, ...] = (), held: str | None = None, **how: Any
) -> Task:
    sla = how.pop("sla", SLA)
    given = {"recipe": {"sla": sla}, "input": TASK, "cleared_at": None, "link": "https://crm.example/1"} | how
    return Task(a_step(**given), following, standing, "crm.change_task", "chat.post", held)


def a_clock(spent: float = 0, until: datetime = MONDAY) -> Clock:
    return Clock("k", MONDAY, hours(spent), until)


def read(task: Task, now: str, clock: Clock | None = None) -> Reading:
    receiver = {"the boss": "boss@acme.example", "fallback owner": "dana@acme.example"}
    at = london(now).astimezone(UTC)
    return read_clock(clock or a_clock(), task, calendar(), lambda to, _: receiver[to], at)


def followed(*names: str, **how: Any) -> tuple[StepRecord, ...]:
    return tuple(a_step(f"ask.{name}", "crm.change_task", **{"input": {}, **how}) for name in names)


def test_it_counts_working_time_from_the_firing() -> None:
    reading = read(a_task(), "2026-03-02 12:00")
    assert (reading.clock.spent, reading.step) == (hours(3), None)
    assert reading.clock.counted_until == london("2026-03-02 12:00")
    overnight = read(a_task(following=followed("remind")), "2026-03-03 09:00", reading.clock)
    assert overnight.clock.spent == hours(8.5)


def test_a_message_goes_by_the_action_that_announces() -> None:
    step = read(a_task(), "2026-03-02 16:00").step
    assert step is not None and step.action == "chat.post"
    mute = replace(a_task(), announced_by=None)
    assert read(mute, "2026-03-02 16:00").step is None


def test_reading_often_counts_as_reading_once() -> None:
    clock = a_clock()
    for minute in range(0, 60 * 30, 7):
        at = MONDAY + timedelta(minutes=minute)
        clock = read_clock(clock, a_task(sla={"first_touch": "8 working hours"}), calendar(), lambda *_: "", at).clock
    assert clock.spent == calendar().worked(MONDAY, clock.counted_until)


def test_a_step_whose_time_has_not_come_and_a_run_for_an_earlier_day_count_nothing() -> None:
    assert read(a_task(None, state="waiting"), "2026-03-01 12:00").clock == a_clock()


@pytest.mark.parametrize(
    ("spent", "there", "expected"),
    [
        (5.9, (), None),
        (6, (), "ask.remind"),
        (11.9, ("remind",), None),
        (12, ("remind",), "ask.reassign"),
        (16, ("remind", "reassign"), "ask.escalate"),
        (99, ("remind", "reassign", "escalate"), None),
        (99, (), "ask.remind"),  # after a stop of ours: one at a time
    ],
)
def test_each_part_follows_once_when_its_time_has_come(
    spent: float, there: tuple[str, ...], expected: str | None
) -> None:
    seconds_before = london("2026-03-06 12:00").astimezone(UTC) - timedelta(seconds=1)
    clock = a_clock(spent, seconds_before)
    clock = replace(clock, spent=clock.spent - timedelta(seconds=1))
    step = read(a_task(following=followed(*there)), "2026-03-06 12:00", clock).step
    assert (step.step_id if step else None) == expected


def test_what_follows_says_why_and_is_a_step_about_the_task() -> None:
    step = read(a_task(), "2026-03-02 15:30").step
    assert step is not None
    assert (step.follows, step.can_fail, step.state) == (a_step().key, True, "due")
    assert step.recipe["because"] == (
        "nobody touched the task for 6 working hours and 30 minutes; 8 working hours were agreed"
    )


@pytest.mark.parametrize(
    "touch", [Standing(True, "In Progress", touched="its status is In Progress"), Standing(True, "Open", moved=True)]
)
def test_it_stops_at_the_first_touch(touch: Standing) -> None:
    reading = read(a_task(touch), "2026-03-06 12:00")
    assert reading.step is None
    assert reading.clock.stopped_at == reading.clock.touched_at == london("2026-03-06 12:00")
    assert (reading.clock.reason or "").startswith("first touch: ")


def test_it_stops_when_the_episode_ends_and_counts_until_then() -> None:
    ended = london("2026-03-02 10:00").astimezone(UTC)
    clock = read(a_task(cleared_at=ended), "2026-03-06 12:00").clock
    assert (clock.reason, clock.spent, clock.touched_at) == ("the episode ended", hours(1), None)


def test_it_stops_where_there_is_no_task() -> None:
    gone = read(a_task(Standing(there=False)), "2026-03-06 12:00")
    assert (gone.clock.reason, gone.step) == ("the task is not there any more", None)
    refused = read(a_task(None, state="refused", reason="no such owner"), "2026-03-06 12:00")
    assert refused.clock.reason == "there is no task: no such owner"


def test_a_task_that_is_not_made_yet_is_waited_for_without_a_word() -> None:
    reading = read(a_task(None, state="due"), "2026-03-06 12:00")
    assert (reading.clock.stopped_at, reading.step) == (None, None)
    assert reading.clock.spent > hours(8)


def test_what_cannot_be_seen_is_counted_when_it_can_and_nothing_follows_from_it() -> None:
    blind = read(a_task(TryLater("Salesforce is busy")), "2026-03-02 17:30")
    assert (blind.clock, blind.step) == (a_clock(), None)
    assert read(a_task(), "2026-03-03 09:00", blind.clock).clock.spent == hours(8.5)


def test_it_stands_still_while_the_account_is_left_alone() -> None:
    held = read(a_task(held="A deal is open"), "2026-03-02 17:30")
    assert (held.clock.spent, held.clock.held, held.step) == (hours(0), "A deal is open", None)
    again = read(a_task(), "2026-03-03 10:00", held.clock)
    assert (again.clock.spent, again.clock.held) == (hours(1), None)
    over = read(a_task(held="A deal is open"), "2026-03-03 10:00", a_clock(99, held.clock.counted_until))
    assert over.step is None, "nobody is reminded of an account that is left alone"


def test_a_task_that_is_with_its_receiver_already_is_not_given_again() -> None:
    sla = SLA | {"reassign": {"to": "fallback owner"}}
    step = read(a_task(sla=sla, following=followed("remind")), "2026-03-06 12:00").step
    assert step is not None
    assert (step.state, step.reason) == ("skipped", "it is with dana@acme.example already")


def test_what_people_read(snapshot: SnapshotAssertion) -> None:
    """All of it, and in Slack nothing that an account is called can steer."""
    friday = "2026-03-06 12:00"
    early = read(a_task(), "2026-03-02 15:30").step
    note = read(a_task(sla={"first_touch": "8 working hours", "remind": {}}), friday).step
    given = read(a_task(following=followed("remind")), friday).step
    late = read(a_task(following=followed("remind", "reassign")), friday).step
    assert early and note and given and late and early.input and note.input and given.input and late.input
    assert given.input["assign_to"] == "boss@acme.example"
    assert "\n\n".join([early.input["text"], note.input["note"], given.input["note"], late.input["text"]]) == snapshot


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0 working minutes"),
        (1, "1 working minute"),
        (45, "45 working minutes"),
        (60, "1 working hour"),
        (61, "1 working hour and 1 minute"),
        (6000, "100 working hours"),
    ],
)
def test_hours_in_words(minutes: int, text: str) -> None:
    assert texts.hours_text(timedelta(minutes=minutes)) == text
