"""Sequences: a walk is found by trying every one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.evaluate.oracle.answers import CANNOT_TELL, NO, YES
from tests.evaluate.oracle.counting import Counting, Definition, matches
from tests.evaluate.oracle.spans import days_back, exactly, is_exact, span_days
from tests.evaluate.oracle.stored import At, Row, Who


def walked(counting: Counting, condition: Definition, who: Who, at: At) -> str:
    """Whether the steps were walked inside the window, by colleagues or by people alone."""
    zone = counting.stored.zone
    over = condition.get("over") or _whole_days(condition["within"])
    events, whole = counting.window({"event": "any event", "over": over}, who, at)
    by_walker, needed = [events], 1
    if condition.get("same_user"):
        people = {event["user"] for event in events} - {""}
        by_walker = [[event for event in events if event["user"] == one] for one in people]
        needed = int(condition.get("by_at_least", "1 person").split()[0])
    there = sum(_walks(some, condition, zone) for some in by_walker) >= needed
    steps = [_step(step) for step in condition["sequence"]]
    excluded = [_step(condition["not_between"])] if "not_between" in condition else []
    if any(counting.stored.may_fit_less(step) for step in [*steps, *excluded]):
        return CANNOT_TELL
    if there and excluded and not whole and counting.stored.came(excluded[0]):
        there_for_sure = sum(_walks(some, condition, zone, counting) for some in by_walker) >= needed
        return YES if there_for_sure else CANNOT_TELL
    if there:
        return YES if not excluded or (whole and counting.stored.came(excluded[0])) else CANNOT_TELL
    return NO if whole and all(counting.stored.came(step) for step in steps) else CANNOT_TELL


def _walks(events: list[Row], condition: Definition, zone: ZoneInfo, known: Counting | None = None) -> bool:
    """Whether somebody walked it; with `known` only where all is known from the first step to the last."""
    steps = [_step(step) for step in condition["sequence"]]
    excluded = [
        event for event in events if "not_between" in condition and matches(event, _step(condition["not_between"]))
    ]
    return any(
        _in_time(walk[0], walk[-1], condition["within"], zone)
        and not any(walk[0]["at"] < event["at"] < walk[-1]["at"] for event in excluded)
        and (known is None or any(s <= walk[0]["at"] and walk[-1]["at"] <= e for s, e in known.stored.stretches))
        for walk in _every_walk(events, steps)
    )


def _every_walk(events: list[Row], steps: list[Definition]) -> Iterator[list[Row]]:
    """Every choice of one event per step, each strictly later than the one before."""
    if not steps:
        yield []
        return
    for event in events:
        if matches(event, steps[0]):
            later = [other for other in events if other["at"] > event["at"]]
            for rest in _every_walk(later, steps[1:]):
                yield [event, *rest]


def _whole_days(within: str) -> str:
    """A window that holds whatever lies so far apart: of days those before, and today."""
    return within if is_exact(within) else f"{span_days(within) + 1} days"


def _in_time(first: Row, last: Row, within: str, zone: ZoneInfo) -> bool:
    """So many hours apart; or so many days, at the same time of the day at the latest, as clocks show it."""
    if is_exact(within):
        return bool(last["at"] - first["at"] <= exactly(within))
    ends = last["at"].astimezone(zone)
    return bool(first["at"] >= datetime.combine(days_back(ends.date(), within), ends.time(), zone).astimezone(UTC))


def _step(written: Any) -> Definition:
    return written if isinstance(written, dict) else {"event": written}
