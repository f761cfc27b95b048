"""The clock of a task: how long it has waited for a first touch, in working time, and what follows when it is over.

It runs from the firing, or from when the step's time came. It stands still while the account is to be left alone, and
stops at the first touch, when the episode ends, and where the task is gone. What cannot be seen just now is counted
when it can: nothing follows from a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from expansion.calendar.hours import Calendar
from expansion.contract import Failure, Standing
from expansion.follow import texts
from expansion.follow.cleared import assigned_to, change_task, new_step
from expansion.language.model.following import Sla
from expansion.records.firing import NewStep
from expansion.records.ledger import Clock, StepRecord

ENDED = "the episode ended"
GONE = "the task is not there any more"
_OVER = ("refused", "skipped")


@dataclass(frozen=True)
class Task:
    """A step with a clock, as it stands in the ledger and outside."""

    step: StepRecord
    following: Sequence[StepRecord]
    standing: Standing | Failure | None  # None: there is no task yet
    changed_by: str | None  # the action that changes such a task
    announced_by: str | None  # the action that posts messages about it
    held: str | None = None  # why the account is to be left alone now

    @property
    def sla(self) -> Sla:
        return Sla.model_validate(self.step.recipe["sla"])


@dataclass(frozen=True)
class Reading:
    """A clock as it goes on, and the step that follows from it."""

    clock: Clock
    step: NewStep | None = None


def read_clock(
    clock: Clock, task: Task, calendar: Calendar, receiver: Callable[[str, str], str], now: datetime
) -> Reading:
    """Let a clock go on until now. One step at a time follows, so that after a stop of ours nobody gets three at once.

    `receiver` turns what `reassign: to` says, for an account, into an e-mail address.
    """
    if now <= clock.counted_until:
        return Reading(clock)
    step = task.step
    if step.state in _OVER:
        return Reading(_stopped(clock, now, f"there is no task: {step.reason or step.state}"))
    if step.cleared_at is not None:
        return Reading(_stopped(_counted(clock, task, calendar, min(now, step.cleared_at)), now, ENDED))
    if isinstance(task.standing, Failure):
        return Reading(clock)
    clock = _counted(clock, task, calendar, now)
    if task.standing is None:
        return Reading(clock)
    if not task.standing.there:
        return Reading(_stopped(clock, now, GONE))
    if touch := task.standing.touched or ("somebody else has it" if task.standing.moved else None):
        return Reading(replace(_stopped(clock, now, f"first touch: {touch}"), touched_at=now))
    return Reading(clock, None if clock.held else _next(clock, task, calendar, receiver))


def promise(task_recipe: Mapping[str, Any]) -> str:
    """`8 working hours`: what was agreed for the first touch."""
    return str(Sla.model_validate(task_recipe["sla"]).first_touch)


def _counted(clock: Clock, task: Task, calendar: Calendar, until: datetime) -> Clock:
    if until <= clock.counted_until:
        return clock
    if task.held:
        return replace(clock, counted_until=until, held=task.held)
    worked = calendar.worked(clock.counted_until, until)
    return replace(clock, spent=clock.spent + worked, counted_until=until, held=None)


def _stopped(clock: Clock, now: datetime, reason: str) -> Clock:
    return replace(clock, counted_until=now, stopped_at=now, held=None, reason=reason)


def _next(clock: Clock, task: Task, calendar: Calendar, receiver: Callable[[str, str], str]) -> NewStep | None:
    """The first part of the sla that is not there yet, if its time has come."""
    there = {step.step_id for step in task.following}
    for name, after in task.sla.parts():
        if f"{task.step.step_id}.{name}" in there:
            continue
        if clock.spent < calendar.length(after):
            return None
        return _part(name, clock, task, calendar, receiver)
    return None


def _part(
    name: str, clock: Clock, task: Task, calendar: Calendar, receiver: Callable[[str, str], str]
) -> NewStep | None:
    sla, step = task.sla, task.step
    agreed = str(sla.first_touch)
    because = f"nobody touched the task for {texts.hours_text(clock.spent)}; {agreed} were agreed"
    over = clock.spent >= calendar.length(sla.first_touch)
    match name:
        case "remind" if sla.remind and sla.remind.channel:
            return _message(name, sla.remind.channel, texts.reminder(agreed, over=over), clock, task, because)
        case "remind":
            note = texts.reminder_note(agreed, clock.spent, over=over)
            return _change(name, task, note, because)
        case "reassign" if sla.reassign:
            whom = receiver(sla.reassign.to, step.account_id)
            if whom.lower() == (assigned_to(step, task.following) or "").lower():
                return new_step(step, name, step.action, None, f"it is with {whom} already", because)
            return _change(name, task, texts.reassign_note(clock.spent, agreed), because, whom)
        case _ if sla.escalate:
            return _message(name, sla.escalate.channel, texts.escalation(agreed), clock, task, because)
    return None


def _message(what: str, channel: str, said: str, clock: Clock, task: Task, because: str) -> NewStep | None:
    if task.announced_by is None:
        return None
    step = task.step
    owner = assigned_to(step, task.following) or step.owner or "nobody"
    subject = str((step.input or {}).get("subject", "the task"))
    text = texts.message(said, subject, step.called, owner, clock.spent, step.link)
    return new_step(step, what, task.announced_by, {"channel": channel, "text": text}, because=because)


def _change(what: str, task: Task, note: str, because: str, assign_to: str | None = None) -> NewStep | None:
    if task.changed_by is None:
        return None
    change = change_task(task.step, task.following, note, assign_to=assign_to)
    return new_step(task.step, what, task.changed_by, change, because=because)
