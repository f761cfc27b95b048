"""How much each source and each table brings, by day, and how much of it is of accounts that nobody knows."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from expansion.usage.storage.spans import Spans

T = TypeVar("T")
# Events that come independently of each other vary by the root of their number: by four times that one day in 30,000,
# and below 17 a day even none at all is not so far from usual.
_FAR_BY_CHANCE = 4
_HOUR = timedelta(hours=1)


class Share(NamedTuple):
    """So many rows of all are of accounts that nobody knows."""

    rows: int
    unmatched: int

    def is_more_than(self, most: Fraction) -> bool:
        """More than a share, and than chance makes of it."""
        allowed = self.rows * most
        return self.unmatched > allowed and is_far_by_chance(self.unmatched - allowed, allowed)


@dataclass(frozen=True)
class Volume:
    """What came of one source or table. `by_day` counts for each day of a zone what happened on it."""

    spans: Spans  # for which all that there was is counted here
    by_day: Callable[[ZoneInfo], Mapping[date, int]]
    newest: Callable[[datetime], datetime | None]  # when the newest event happened, of those by a moment
    unmatched: Mapping[date, Share] = field(default_factory=dict)  # by day of UTC
    days_of: ZoneInfo | None = None  # the only zone whose days are counted; None: those of any
    _kept: dict[Any, Any] = field(default_factory=dict, compare=False)

    def kept(self, by: Hashable, made: Callable[[], T]) -> T:
        """What was made of it once: every engine asks."""
        if by not in self._kept:
            self._kept[by] = made()
        found: T = self._kept[by]
        return found


def is_far_by_chance(away: Fraction, expected: Fraction) -> bool:
    """Whether a count is further from what is expected than events that come independently make it."""
    return away**2 > _FAR_BY_CHANCE**2 * expected


@dataclass
class Counted:
    """The hours of some files, put together."""

    hours: Counter[datetime] = field(default_factory=Counter)
    _days: dict[str, Mapping[date, int]] = field(default_factory=dict)
    _sorted: list[datetime] = field(default_factory=list)

    def by_day(self, zone: ZoneInfo) -> Mapping[date, int]:
        """Counted once for a zone: every engine asks."""
        if zone.key not in self._days:
            days: Counter[date] = Counter()
            for hour, events in self.hours.items():
                days[hour.astimezone(zone).date()] += events
            self._days[zone.key] = days
        return self._days[zone.key]

    def newest(self, by: datetime) -> datetime | None:
        """To the hour: the end of the last one that holds an event, or the moment itself."""
        self._sorted = self._sorted or sorted(self.hours)
        place = bisect_right(self._sorted, by)
        return min(self._sorted[place - 1] + _HOUR, by) if place else None


__all__ = ["Counted", "Share", "Volume", "is_far_by_chance"]
