"""Events that began, stopped, or came back."""

from __future__ import annotations

from datetime import date, timedelta

from tests.evaluate.oracle.answers import CANNOT_TELL, NO, YES, all_of
from tests.evaluate.oracle.counting import Counting, Definition
from tests.evaluate.oracle.spans import days_back
from tests.evaluate.oracle.stored import At, Who
from tests.evaluate.oracle.values import compared

PATTERNS = ("first_within", "stopped_for", "came_back_after")


def first_within(counting: Counting, condition: Definition, who: Who, at: At) -> str:
    """In this time, and never before."""
    span = condition["first_within"]
    inside = counting.count(_events(condition, span), who, at)
    before = counting.before(condition, who, counting.first_day(span, at))
    return all_of([compared(inside, "at_least", 1), compared(before, "is", 0)])


def is_silent(counting: Counting, condition: Definition, who: Who, at: At) -> str:
    """Not once in the time of `stopped_for`."""
    return compared(counting.count(_events(condition, condition["stopped_for"]), who, at), "at_most", 0)


def was_ever_there(counting: Counting, condition: Definition, who: Who, at: At) -> str:
    """At least once, ever before the time of `stopped_for`."""
    before = counting.before(condition, who, counting.first_day(condition["stopped_for"], at))
    return compared(before, "at_least", 1)


def came_back(counting: Counting, condition: Definition, who: Who, at: At) -> str:
    """On a day of the window, with nothing in the days of the span before it, and something before those."""
    first, last = counting.first_day(condition["over"], at), counting.stored.day(at)
    span = condition["came_back_after"]
    if not counting.stored.came(condition) or not counting.stored.known_days(_silence(first, span), last):
        return CANNOT_TELL
    happened = {event["day"] for event in counting.ever(condition, who)}
    after_silence = [
        day for day in sorted(happened) if first <= day <= last and not _any(happened, _silence(day, span), day)
    ]
    if any(min(happened) < _silence(day, span) for day in after_silence):
        return YES
    if after_silence and not counting.stored.known_ever_before(_silence(after_silence[0], span)):
        return CANNOT_TELL
    return NO


def _silence(day: date, span: str) -> date:
    """The first of the days directly before a day on which nothing may have happened."""
    return days_back(day - timedelta(days=1), span) + timedelta(days=1)


def _any(days: set[date], first: date, before: date) -> bool:
    return any(first <= day < before for day in days)


def _events(condition: Definition, over: str) -> Definition:
    return {"event": condition["event"], "where": condition.get("where", {}), "over": over}
