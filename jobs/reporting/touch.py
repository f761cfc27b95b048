"""Whether people touched their tasks in the time that was agreed: the clocks of steps with an `sla`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from expansion.calendar.hours import Calendar
from expansion.follow.cleared import assigned_to
from expansion.follow.sla import promise
from expansion.language.model.following import parse_working_span
from expansion.records.ledger import Clock, StepRecord
from expansion.text.many import many
from jobs.reporting.content import Bar, Bars, Column, Figure, Section, Table, Tone, percent, share
from jobs.reporting.known import Known

IN_TIME, LATE, UNTOUCHED, RUNNING, ENDED = "in time", "late", "not touched", "still has time", "ended before"
STANDINGS = (IN_TIME, LATE, UNTOUCHED, RUNNING, ENDED)
TONES: tuple[Tone, ...] = ("main", "warn", "alarm", "pale", "faint")
TITLE = "Were tasks touched in the time agreed?"
NO_CLOCK = "No task of this time has a clock; `sla` on a playbook's step starts one (docs/language.md)."
NOTE = (
    "Kept: touched in time, of all whose time is over or that were touched. Working time, as policy.yaml has it. A "
    "touch counts when a run first sees it, so that a wait is at most what is counted. Ended before: the reason had "
    "gone, or the task, while there was time; neither kept nor broken."
)


def standing(clock: Clock, of: StepRecord, calendar: Calendar) -> str:
    """How a task stands against its promise, which is broken once all of its time has passed."""
    over = clock.spent >= calendar.length(parse_working_span(promise(of.recipe)))
    if clock.touched_at is not None:
        return LATE if over else IN_TIME
    if over:
        return UNTOUCHED
    return RUNNING if clock.stopped_at is None else ENDED


def standings(known: Known, calendar: Calendar) -> list[tuple[StepRecord, str]]:
    """Every task with a clock, and how it stands."""
    clocks = known.clocks or {}
    timed = [one for one in known.steps if one.key in clocks]
    return [(one, standing(clocks[one.key], one, calendar)) for one in timed]


def kept(counts: Mapping[str, int]) -> Fraction | None:
    """The share of promises kept, of those that are decided."""
    return share(counts[IN_TIME], counts[IN_TIME] + counts[LATE] + counts[UNTOUCHED])


def whose(step: StepRecord) -> str:
    return assigned_to(step, ()) or step.owner or "nobody"


def touch_section(known: Known, calendar: Calendar) -> Section:
    found = standings(known, calendar)
    if not found:
        return Section("sla", TITLE, missing=NO_CLOCK)
    counts = Counter(one for _, one in found)
    share_kept = kept(counts)
    said = f"{many(len(found), 'task')} with an agreed time for the first touch"
    decided = counts[IN_TIME] + counts[LATE] + counts[UNTOUCHED]
    first = (
        f"{said}: {counts[IN_TIME]:,} of {decided:,} kept ({percent(share_kept)})."
        if share_kept is not None
        else f"{said}; none is decided yet."
    )
    waiting = f"{many(counts[UNTOUCHED], 'task')} went untouched past its time." if counts[UNTOUCHED] else ""
    return Section("sla", TITLE, tuple(one for one in (first, waiting) if one), (_by_promise(found),))


def _by_promise(found: list[tuple[StepRecord, str]]) -> Figure:
    by_step: dict[tuple[str, str], Counter[str]] = {}
    for step, stands in found:
        by_step.setdefault((f"{step.playbook}, {step.step_id}", promise(step.recipe)), Counter())[stands] += 1
    ordered = sorted(by_step.items())
    rows = tuple((*named, *(counts[one] for one in STANDINGS), kept(counts)) for named, counts in ordered)
    head = (Column("step", numbers=False), Column("agreed", numbers=False), *map(Column, (*STANDINGS, "kept")))
    bars = tuple(
        Bar(name, tuple(counts[one] for one in STANDINGS), _said(kept(counts))) for (name, _), counts in ordered
    )
    return Figure("First touch, step by step", Table(head, rows), Bars(STANDINGS, bars, tones=TONES), NOTE)


def _said(share_kept: Fraction | None) -> str:
    return "none decided" if share_kept is None else f"{percent(share_kept)} kept"
