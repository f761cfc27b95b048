"""Working time: how much of it lies between two moments, and when so much of it has passed.

A working day is from `from` to `to` on the wall clock of the policy's zone; what passes in between is real time, so a
day on which the clocks change within working hours is an hour shorter or longer. Results are in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from expansion.language.model.following import WorkingSpan
from expansion.language.model.policy import WorkingHours, wall_clock

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Calendar:
    """When people work, and where."""

    hours: WorkingHours
    zone: ZoneInfo

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`; none where the end comes first."""
        total = timedelta()
        for begins, ends in self._days(start):
            if begins >= end:
                break
            total += max(min(ends, end) - max(begins, start), timedelta())
        return total

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The first moment at which so much working time has passed since `start`; `start` itself for none at all."""
        left = span
        if left <= timedelta():
            return start.astimezone(UTC)
        for begins, ends in self._days(start):
            first = max(begins, start)
            if first >= ends:
                continue
            if left <= ends - first:
                return (first + left).astimezone(UTC)
            left -= ends - first
        raise OverflowError("no calendar reaches that far")

    def length(self, span: WorkingSpan) -> timedelta:
        """The span in hours; a working day is as long as on the wall clock."""
        return self.hours.length(span)

    def _days(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The working days from that of `start` on, in UTC: a day begins on no other day than the zone's own."""
        day = start.astimezone(self.zone).date()
        while day < date.max - timedelta(days=2):
            yield from self._of_day(day)
            day += timedelta(days=1)

    def _of_day(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        if WEEKDAYS[day.weekday()] in self.hours.days:
            yield self._at(day, self.hours.from_), self._at(day, self.hours.to)

    def _at(self, day: date, text: str) -> datetime:
        """`24:00` is the midnight after. An hour that the clocks skip is the one after it."""
        days, rest = divmod(wall_clock(text), timedelta(days=1))
        at = (datetime.min + rest).time()
        return datetime.combine(day + timedelta(days=days), at, tzinfo=self.zone).astimezone(UTC)
