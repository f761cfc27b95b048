"""Spans of time as written: `14 days`, `1 month`, `36 hours`."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def is_exact(span: str) -> bool:
    """Hours and minutes are exact; days, weeks and months are those of the calendar."""
    return span.split()[1].startswith(("hour", "minute"))


def exactly(span: str) -> timedelta:
    count, unit = span.split()
    return timedelta(hours=int(count)) if unit.startswith("hour") else timedelta(minutes=int(count))


def span_days(span: str) -> int:
    """So many days, a month being a long one."""
    count, unit = span.split()
    return int(count) * (1 if unit.startswith("day") else 7 if unit.startswith("week") else 31)


def days_back(day: date, span: str) -> date:
    """The day one span earlier; a month before March 31 is the last day of February."""
    count, unit = span.split()
    if not unit.startswith("month"):
        return day - timedelta(days=int(count) * (7 if unit.startswith("week") else 1))
    year, month = day.year, day.month
    for _ in range(int(count)):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))
