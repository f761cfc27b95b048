"""The intermediate form of a trigger: what has to be measured, apart from how it is measured.

A condition becomes tests over measures. A measure of events is an atom, what is counted, and a window; a measure of
facts is a name and how far back; others are made of these. Everything is asked at `points`: 0 is the moment of the
check, k the end of the k-th calendar day before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from expansion.language.model.case_dates import moved
from expansion.language.model.values import Span
from expansion.usage.storage.atoms import Atom
from expansion.usage.storage.rollup import Column

Aggregate = Literal["times", "people", "days", "distinct", "sum", "average", "max", "latest"]
FormulaWord = Literal["ratio", "difference", "headroom", "days_to_limit"]
Shifts = tuple[Span, ...]

BEGINNING = date(1900, 1, 1)  # no event is older: see checking.py

# What each is taken from: the rollup columns of its property.
_TAKEN_FROM: dict[str, tuple[Literal["sum", "max", "read", "unread", "distinct", "latest"], ...]] = {
    "sum": ("sum", "unread"),
    "average": ("sum", "read", "unread"),
    "max": ("max", "unread"),
    "distinct": ("distinct",),
    "latest": ("latest",),
}


@dataclass(frozen=True)
class Window:
    """`span` back from a point that lies `shift` earlier, one span after the other; without `span`, since ever."""

    span: Span | None
    shift: Shifts = ()

    @property
    def is_hourly(self) -> bool:
        return self.span is not None and self.span.exact is not None


@dataclass(frozen=True)
class EventMeasure:
    """So many of these events in this window."""

    atom: Atom
    aggregate: Aggregate
    prop: str | None
    window: Window

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Measures are looked up all the time, and what they are made of is long."""
        return hash((self.atom, self.aggregate, self.prop, self.window))

    @property
    def columns(self) -> tuple[Column, ...]:
        """The rollup columns it is taken from."""
        kinds = _TAKEN_FROM.get(self.aggregate)
        return tuple(Column(self.atom, kind, self.prop) for kind in kinds) if kinds else (Column(self.atom),)


@dataclass(frozen=True)
class FactMeasure:
    """A sourced fact as it was, `back` earlier than the point."""

    fact: str
    back: Shifts = ()


@dataclass(frozen=True)
class LimitMeasure:
    """What the account's plan includes, by the plan's name."""

    plan: FactMeasure
    name: str
    limits: tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True)
class Formula:
    """Measures made into one: see `formulas.py` for what each word does. `days` is the time of a pace."""

    word: FormulaWord
    parts: tuple[Measure, ...]
    days: int = 0

    @property
    def may_reset(self) -> bool:
        """Whether what is used comes from a source: a number counted over a window never starts anew."""
        return any(isinstance(basic, FactMeasure) for basic in basic_measures(self.parts[0]))


Measure = EventMeasure | FactMeasure | LimitMeasure | Formula


def basic_measures(measure: Measure) -> Iterator[EventMeasure | FactMeasure]:
    """The measures that a measure is made of."""
    match measure:
        case Formula():
            for part in measure.parts:
                yield from basic_measures(part)
        case LimitMeasure():
            yield measure.plan
        case _:
            yield measure


def earlier(measure: Measure, by: Span) -> Measure:
    """The same measure, asked so much earlier: first the moment moves, then what the measure itself looks back."""
    match measure:
        case FactMeasure():
            return replace(measure, back=(by, *measure.back))
        case EventMeasure():
            return replace(measure, window=replace(measure.window, shift=(by, *measure.window.shift)))
        case LimitMeasure():
            return replace(measure, plan=replace(measure.plan, back=(by, *measure.plan.back)))
        case Formula():
            return replace(measure, parts=tuple(earlier(part, by) for part in measure.parts))
    raise TypeError(f"{measure} is no measure")


@dataclass(frozen=True)
class Calendar:
    """Days, weeks and months in a time zone, seen from one moment."""

    as_of: datetime  # aware
    zone: ZoneInfo

    @cached_property
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

    def end(self, point: int, shift: Shifts = ()) -> datetime:
        """The last moment that counts at a point, `shift` earlier."""
        end = self.end_of(self.day(point))
        for span in shift:
            end = end - span.exact if span.exact is not None else self.end_of(back(self.local(end), span))
        return end

    def local(self, moment: datetime) -> date:
        """The calendar day of a moment."""
        return moment.astimezone(self.zone).date()

    def days(self, window: Window, point: int) -> tuple[date, date]:
        """First and last day of a window of days, weeks or months, both included."""
        last = self.local(self.end(point, window.shift))
        return (BEGINNING if window.span is None else first_day(last, window.span)), last

    def moments(self, window: Window, point: int) -> tuple[datetime, datetime]:
        """A window of hours or minutes: open at the start, closed at the end."""
        length = window.span.exact if window.span else None
        assert length is not None, "asked for the moments of a window of days"
        end = self.end(point, window.shift)
        return end - length, end


def first_day(last: date, span: Span) -> date:
    """The first of the days of a span that ends on a day."""
    return back(last, span) + timedelta(days=1)


def back(day: date, span: Span) -> date:
    """The day one span earlier; a month before March 31 is the last day of February."""
    if span.exact is not None:
        raise ValueError(f"{span} is not counted in days")
    return moved(day, span, -1)
