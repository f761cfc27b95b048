"""The intermediate form of a trigger: what has to be measured, apart from how it is measured.

A condition becomes a `Leaf` over measures. A measure of events is an atom, what is counted, and a window; a measure of
facts is a name and how far back. Everything is asked at `points`: 0 is the moment of the check, k the end of the k-th
calendar day before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from expansion.language.values import Span
from expansion.usage.atoms import Atom
from expansion.usage.rollup import Column

Aggregate = Literal["times", "people", "days", "distinct", "sum", "latest"]


@dataclass(frozen=True)
class Window:
    """`span` back from a point; for growth, from a point that lies `shift` earlier."""

    span: Span
    shift: Span | None = None


@dataclass(frozen=True)
class EventMeasure:
    """So many of these events in this window."""

    atom: Atom
    aggregate: Aggregate
    prop: str | None
    window: Window

    @property
    def column(self) -> Column:
        """The rollup column it is taken from."""
        match self.aggregate:
            case "sum" | "distinct" | "latest":
                return Column(self.atom, self.aggregate, self.prop)
        return Column(self.atom)


@dataclass(frozen=True)
class FactMeasure:
    """A sourced fact as it was; `back` earlier than the point, for growth."""

    fact: str
    back: Span | None = None


@dataclass(frozen=True)
class RatioMeasure:
    """One measure divided by another."""

    of: Measure
    by: Measure


Measure = EventMeasure | FactMeasure | RatioMeasure


def basic_measures(measure: Measure) -> list[EventMeasure | FactMeasure]:
    """The measures that a measure is made of."""
    if isinstance(measure, RatioMeasure):
        return [*basic_measures(measure.of), *basic_measures(measure.by)]
    return [measure]


@dataclass(frozen=True)
class Calendar:
    """Days, weeks and months in a time zone, seen from one moment."""

    as_of: datetime  # aware
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.as_of.astimezone(self.zone).date()

    def day(self, point: int) -> date:
        """The calendar day of a point."""
        return self.today - timedelta(days=point)

    def end_of(self, day: date) -> datetime:
        """The last moment of a day, UTC; for the day of the check the check itself."""
        if day >= self.today:
            return self.as_of.astimezone(UTC)
        return self.start_of(day + timedelta(days=1)) - timedelta(microseconds=1)

    def start_of(self, day: date) -> datetime:
        """The first moment of a day, UTC. Where clocks jump over midnight, the first moment that exists."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def end(self, point: int, shift: Span | None) -> datetime:
        """The last moment that counts at a point, `shift` earlier."""
        if shift is None:
            return self.end_of(self.day(point))
        if shift.exact is not None:
            return self.end_of(self.day(point)) - shift.exact
        return self.end_of(back(self.day(point), shift))

    def days(self, window: Window, point: int) -> tuple[date, date]:
        """First and last day of a window of days, weeks or months, both included."""
        last = self.end(point, window.shift).astimezone(self.zone).date()
        return back(last, window.span) + timedelta(days=1), last

    def moments(self, window: Window, point: int) -> tuple[datetime, datetime]:
        """A window of hours or minutes: open at the start, closed at the end."""
        length = window.span.exact
        assert length is not None, "asked for the moments of a window of days"
        end = self.end(point, window.shift)
        return end - length, end


def back(day: date, span: Span) -> date:
    """The day one span earlier; a month before March 31 is the last day of February."""
    count = span.count
    match span.unit:
        case "days":
            return day - timedelta(days=count)
        case "weeks":
            return day - timedelta(weeks=count)
        case "months":
            months = day.year * 12 + day.month - 1 - count
            year, month = divmod(months, 12)
            first = date(year, month + 1, 1)
            length = (date(year + month // 11, (month + 1) % 12 + 1, 1) - first).days
            return first.replace(day=min(day.day, length))
        case _:
            raise ValueError(f"{span} is not counted in days")
