"""What a day of the year does to everybody: weekends, holidays, summer, the ends of quarters, a slow trend."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from sandbox.company.arrays import Flags, Floats

_WEEKDAYS = (1.0, 1.05, 1.05, 1.0, 0.85, 0.12, 0.1)
QUARTER_END = 1.5  # in the last month of a quarter so many times as much is bought
A_YEAR = 0.2  # and so much more a year later


def _all(first: date, days: int) -> list[date]:
    return [first + timedelta(days=day) for day in range(days)]


def usage(first: date, days: int) -> Floats:
    """How busy each day is, beside a plain working day."""
    return np.array([_WEEKDAYS[day.weekday()] * _year(day) for day in _all(first, days)])


def _year(day: date) -> float:
    if (day.month, day.day) >= (12, 20) or (day.month, day.day) <= (1, 2):
        return 0.3
    return 0.8 if day.month == 8 else 1.0


def buying(first: date, days: int) -> Floats:
    """How readily is bought on each day, beside the first outside of a quarter's end."""
    quarter = np.array([QUARTER_END if day.month % 3 == 0 else 1.0 for day in _all(first, days)])
    trend: Floats = 1 + A_YEAR * np.arange(days) / 365
    return quarter * trend


def webinars(first: date, days: int) -> Flags:
    """Thursdays of the last month of a quarter."""
    return np.array([day.month % 3 == 0 and day.weekday() == 3 for day in _all(first, days)])
