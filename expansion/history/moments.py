"""Moments in order, with the days of a zone that they see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from expansion.evaluate.measures import Calendar, Window
from expansion.evaluate.numbers import Array

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_ONE = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Sight:
    """What a window sees: its first and its last day at each moment, as numbers. Neither ever goes back."""

    first: Array
    last: Array

    @property
    def is_steady(self) -> bool:
        return bool((np.diff(self.first) >= 0).all() and (np.diff(self.last) >= 0).all())

    def enters(self, days: Array) -> Array:
        """The moment (by number) from which on each day is seen."""
        return np.searchsorted(self.last, days)

    def leaves(self, days: Array) -> Array:
        """The moment from which on it is seen no longer."""
        return np.searchsorted(self.first, days, side="right")


@dataclass(frozen=True)
class Moments:
    """Ascending moments in a zone."""

    every: Sequence[datetime]
    zone: ZoneInfo

    @cached_property
    def calendars(self) -> list[Calendar]:
        return [Calendar(moment, self.zone) for moment in self.every]

    @cached_property
    def today(self) -> Array:
        """The day of each."""
        return np.array([number_of(calendar.today) for calendar in self.calendars], dtype=np.int64)

    def sight(self, window: Window, point: int) -> Sight:
        """Of a window of days at a point."""
        days = [calendar.days(window, point) for calendar in self.calendars]
        first, last = ([number_of(day) for day in some] for some in zip(*days, strict=True))
        return Sight(np.array(first, dtype=np.int64), np.array(last, dtype=np.int64))

    @cached_property
    def parts_of_days(self) -> list[date]:
        """The days of which some moment sees a part only: what arrived on them is told apart by when it did."""
        parts = (one.today for one in self.calendars if one.as_of.astimezone(UTC) != last_moment(one))
        return sorted(set(parts))


def last_moment(calendar: Calendar) -> datetime:
    """Of the day of a calendar."""
    return calendar.start_of(calendar.today + timedelta(days=1)) - timedelta(microseconds=1)


def micros(moments: Sequence[datetime]) -> Array:
    """Since 1970, UTC."""
    return np.array([(one - _EPOCH) // timedelta(microseconds=1) for one in moments], dtype=np.int64)


def number_of(day: date) -> int:
    """A day as a number: 0 is the first of 1970."""
    return day.toordinal() - _DAY_ONE


def day_of(number: int) -> date:
    """The day of a number."""
    return date.fromordinal(number + _DAY_ONE)
