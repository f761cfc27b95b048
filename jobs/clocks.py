"""The clocks of tasks that somebody has to touch in time: read from the CRM, written to the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from expansion.calendar.hours import Calendar
from expansion.contract import Failure
from expansion.decide.suppression import Suppressed, suppressed
from expansion.evaluate.results import NOT_GIVEN, Evaluator
from expansion.follow.sla import Reading, Task, promise, read_clock
from expansion.follow.texts import hours_text
from expansion.language.model.following import FALLBACK
from expansion.records.ledger import Clock, StepRecord
from expansion.records.pauses import paused
from jobs.follow import look_at
from jobs.place import Place


@dataclass(frozen=True)
class Kept:
    """What a reading of all clocks found."""

    running: int = 0
    stopped: int = 0
    added: int = 0  # reminders, reassignments and escalations
    untold: tuple[str, ...] = ()  # why some tasks could not be seen, each reason once


def keep_clocks(place: Place, now: datetime) -> Kept:
    """Let every running clock go on until now; add what follows where its time has come."""
    ledger = place.ledger
    clocks = ledger.running_clocks()
    if not clocks:
        return Kept()
    steps = ledger.steps_called(clock.step_key for clock in clocks)
    tasks = _tasks(place, list(steps.values()), now)
    receivers = _Receivers(place, now)
    calendar = Calendar(place.definitions.workspace.policy.working_hours, place.definitions.zone)
    readings = [(one, read_clock(one, tasks[one.step_key], calendar, receivers.of, now)) for one in clocks]
    added = ledger.add_following([reading.step for _, reading in readings if reading.step], now)
    ledger.keep_clocks([(before, reading.clock) for before, reading in readings if reading.clock != before])
    untold = dict.fromkeys(str(task.standing) for task in tasks.values() if isinstance(task.standing, Failure))
    stopped = sum(_has_stopped(reading) for _, reading in readings)
    return Kept(len(readings) - stopped, stopped, len(added), tuple(untold))


def _has_stopped(reading: Reading) -> bool:
    return reading.clock.stopped_at is not None


def _tasks(place: Place, steps: list[StepRecord], now: datetime) -> dict[str, Task]:
    following = place.ledger.following(step.key for step in steps)
    seen = look_at(place, [step for step in steps if step.state == "done" and step.cleared_at is None], following)
    held = _held(place, steps, now)
    words = place.catalog.actions
    announcer = place.catalog.announcer(place.definitions.workspace.policy.announce_by)
    return {
        step.key: Task(
            step,
            following.get(step.key, ()),
            seen.get(step.key),
            words[step.action].followed_by if step.action in words else None,
            announcer,
            held.get(step.key),
        )
        for step in steps
    }


def _held(place: Place, steps: Iterable[StepRecord], now: datetime) -> dict[str, str]:
    """Why the accounts of some steps are to be left alone now, by the steps' keys."""
    policy = place.definitions.workspace.policy
    stopped = paused(place.ledger.pauses(), place.definitions.zone)
    snoozed = _snoozed(place, {step.trigger for step in steps}, now)
    found = {
        step.key: stopped.triggers.get(step.trigger)
        or stopped.playbooks.get(step.playbook)
        or snoozed.get((step.trigger, step.account_id))
        for step in steps
    }
    accounts = sorted({step.account_id for step in steps})
    evaluator = place.evaluator(place.definitions, now) if policy.suppress else None
    left_alone = suppressed(policy.suppress, accounts, evaluator) if evaluator else Suppressed()
    reasons = left_alone.held | left_alone.reasons
    return {step.key: why for step in steps if (why := found[step.key] or reasons.get(step.account_id))}


def _snoozed(place: Place, triggers: Iterable[str], now: datetime) -> dict[tuple[str, str], str]:
    """Why an account is left alone by a trigger, because somebody said so."""
    found = {trigger: place.ledger.snoozes(trigger, now) for trigger in triggers}
    zone = place.definitions.zone
    return {(trigger, one.account_id): one.told(zone) for trigger, snoozes in found.items() for one in snoozes}


class _Receivers:
    """Who gets a task that nobody has touched."""

    def __init__(self, place: Place, now: datetime) -> None:
        self._place, self._now = place, now
        self._evaluator: Evaluator | None = None

    def of(self, to: str, account_id: str) -> str:
        """The e-mail address that `to` means for this account: the fallback owner's where nobody knows it."""
        fallback = self._place.definitions.workspace.policy.owners.fallback
        if to == FALLBACK or "@" in to:
            return fallback if to == FALLBACK else to
        self._evaluator = self._evaluator or self._place.evaluator(self._place.definitions, self._now)
        try:
            text = self._evaluator.fact(to, [account_id]).get(account_id, NOT_GIVEN).as_text
        except KeyError:  # facts.yaml has lost it since
            text = None
        return text if text and "@" in text else fallback


def clock_rows(clocks: dict[str, Clock], steps: Iterable[StepRecord]) -> list[dict[str, str]]:
    """One row per clock: for whom, whose task, how much of the time is gone, and how it stands."""
    rows = []
    for step in steps:
        if clock := clocks.get(step.key):
            said = clock.reason or (f"stands still: {clock.held}" if clock.held else "nobody has touched it")
            rows.append(
                {
                    "account": step.called,
                    "owner": str((step.input or {}).get("assign_to") or step.owner or ""),
                    "step": f"{step.playbook}, {step.step_id}",
                    "waited": hours_text(clock.spent),
                    "agreed": promise(step.recipe),
                    "as of": f"{clock.counted_until:%Y-%m-%d %H:%M}",
                    "how it stands": said,
                }
            )
    return rows
