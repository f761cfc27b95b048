"""What is said in the thread of a message while its episode goes on: the task was taken up, or nobody has in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from expansion.follow import texts
from expansion.follow.cleared import change_task, new_step
from expansion.language.model.following import Sla, WorkingSpan
from expansion.records.firing import NewStep
from expansion.records.ledger import Clock, StepRecord

TAKEN_UP, OVERDUE = "taken_up", "overdue"


@dataclass(frozen=True)
class Thread:
    """A message that wants updates, with the tasks of the same episode that have a clock."""

    message: StepRecord
    following: Sequence[StepRecord]  # what was said in it already
    clocks: Sequence[tuple[StepRecord, Clock]]
    told_by: str | None  # the action that says something in it


def updates(thread: Thread, length: Callable[[WorkingSpan], timedelta]) -> Iterator[NewStep]:
    """The next thing to say, once each. A task that was taken up is no longer said to be late."""
    if thread.told_by is None or not (thread.message.input or {}).get("updates"):
        return
    there = {step.step_id for step in thread.following}
    for what, note in _said(thread, length):
        if f"{thread.message.step_id}.{what}" not in there:
            change = change_task(thread.message, thread.following, note)
            yield new_step(thread.message, what, thread.told_by, change, because=note)
        return


def _said(thread: Thread, length: Callable[[WorkingSpan], timedelta]) -> Iterator[tuple[str, str]]:
    for _, clock in thread.clocks:
        if clock.touched_at is not None:
            yield TAKEN_UP, texts.taken_up(clock.reason or "")
    for step, clock in thread.clocks:
        agreed = Sla.model_validate(step.recipe["sla"]).first_touch
        if clock.stopped_at is None and clock.spent >= length(agreed):
            yield OVERDUE, texts.overdue(clock.spent, str(agreed))
