"""The day on which cases play, and dates that are counted from it: `9 days ago`, `in 30 days`, `today`."""

from __future__ import annotations

import re
from datetime import date, timedelta

from expansion.language.model.values import Span, parse_span

# A Thursday, far from any change of clocks.
TODAY = date(2026, 1, 15)
HINT = "write a day as 2026-01-06, or counted from the day of the case: `9 days ago`, `in 30 days`, `today`"

_AGO = re.compile(r"(\d.*?)\s+ago")
_AHEAD = re.compile(r"in\s+(\d.*)")


def case_date(value: object, today: date) -> str | None:
    """The day that `9 days ago` or `in 30 days` is, as a source would send it; None where it is not written so."""
    text = " ".join(str(value).split()).lower()
    if text == "today":
        return today.isoformat()
    for pattern, sign in ((_AGO, -1), (_AHEAD, 1)):
        if (found := pattern.fullmatch(text)) and (span := _days(found[1])):
            return moved(today, span, sign).isoformat()
    return None


def _days(text: str) -> Span | None:
    try:
        span = parse_span(text)
    except ValueError:
        return None
    return span if span.exact is None else None


def moved(day: date, span: Span, sign: int) -> date:
    """A span later, or with -1 earlier; a month after January 31 is the last day of February."""
    if span.unit != "months":
        return day + timedelta(days=sign * span.count * (7 if span.unit == "weeks" else 1))
    year, month = divmod(day.year * 12 + day.month - 1 + sign * span.count, 12)
    first = date(year, month + 1, 1)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return first.replace(day=min(day.day, last))
