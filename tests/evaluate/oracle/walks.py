"""Sequences: a walk is found by trying every one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.evaluate.oracle.answers import CANNOT_TELL, NO, YES
from tests.evaluate.oracle.counting import Counting, Definition, matches
from tests.evaluate.oracle.spans import days_back, exactly, is_exact
from tests.evaluate.oracle.stored import At, Row, Who


def walked(counting: Counting, condition: Definition, who: Who, at: At) -> str:
    """Whether the steps were walked inside the window, by colleagues or by people alone."""
    over = condition.get("over", condition["within"])
    events, whole = counting.window({"event": "any event", "over": over}, who, at)
    if condition.get("same_user"):
        people = {event["user"] for event in events} - {""}
        walkers = [one for one in people if _walks([e for e in events if e["user"] == one], condition)]
        there = len(walkers) >= int(condition.get("by_at_least", "1 person").split()[0])
    else:
        there = _walks(events, condition)
    steps = [_step(step) for step in condition["sequence"]]
    excluded = [_step(condition["not_between"])] if "not_between" in condition else []
    if any(counting.stored.may_fit_less(step) for step in [*steps, *excluded]):
        return CANNOT_TELL
    if there:
        return YES if not excluded or (whole and counting.stored.came(excluded[0])) else CANNOT_TELL
    return NO if whole and all(counting.stored.came(step) for step in steps) else CANNOT_TELL


def _walks(events: list[Row], condition: Definition) -> bool:
    steps = [_step(step) for step in condition["sequence"]]
    excluded = [
        event for event in events if "not_between" in condition and matches(event, _step(condition["not_between"]))
    ]
    return any(
        _in_time(walk[0], walk[-1], condition["within"])
        and not any(walk[0]["at"] < event["at"] < walk[-1]["at"] for event in excluded)
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


def _in_time(first: Row, last: Row, within: str) -> bool:
    if is_exact(within):
        return bool(last["at"] - first["at"] <= exactly(within))
    return bool(first["day"] >= days_back(last["day"], within) + timedelta(days=1))


def _step(written: Any) -> Definition:
    return written if isinstance(written, dict) else {"event": written}
