"""What came back after a silence, told by the days on which it happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from expansion.evaluate.logic import CANNOT_TELL, NO, YES, Answers, constant
from expansion.evaluate.measures import BEGINNING, Calendar, first_day
from expansion.evaluate.numbers import Array
from expansion.evaluate.rows import TakenFrom
from expansion.evaluate.subjects import Subjects
from expansion.evaluate.tree import Returned
from expansion.language.model.values import Span
from expansion.usage.storage.rollup import Column

_EPOCH = date(1970, 1, 1).toordinal()
NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Days:
    """The days on which something happened, by subject and in order, each with the one before it."""

    subject: Array
    day: Array  # days since 1970
    before: Array  # NEVER where it is the first


@dataclass
class Returning:
    """Answers what came back. `gap` says why nobody knows what happened in some days; None where it is known."""

    rows: TakenFrom
    calendar: Calendar
    subjects: Subjects
    gap: Callable[[tuple[str, ...], date, date], str | None]
    _found: dict[Column, Days] = field(default_factory=dict)

    def answers(self, returned: Returned, point: int) -> Answers:
        """Yes where a day in the window comes after the silence, and something happened before that.

        Where the first day that is stored of it lies in the window, and nobody knows what was before: cannot tell.
        """
        if self.cause(returned, point):
            return constant(CANNOT_TELL, self.subjects.size)
        first, last = self.calendar.days(returned.window, point)
        days = self._days(returned.column)
        inside = (days.day >= _number(first)) & (days.day <= _number(last))
        subject, before = days.subject[inside], days.before[inside]
        each, place = np.unique(days.day[inside], return_inverse=True)
        ends = [last_before_silence(_day(number), returned.silence) for number in each.tolist()]
        edge = np.array([_number(day) for day in ends], dtype=np.int64)[place]
        gaps = [self.gap(returned.atom.events, BEGINNING, day) for day in ends]
        unclear = np.array([gap is not None for gap in gaps], dtype=bool)[place]
        answers = constant(NO, self.subjects.size)
        answers[subject[(before == NEVER) & unclear]] = CANNOT_TELL
        answers[subject[(before != NEVER) & (before <= edge)]] = YES
        return answers

    def cause(self, returned: Returned, point: int) -> str | None:
        """Why nobody knows what happened in the window, and in the silence before its first day."""
        first, last = self.calendar.days(returned.window, point)
        return self.gap(returned.atom.events, last_before_silence(first, returned.silence) + timedelta(days=1), last)

    def days_of(self, column: Column, index: int) -> list[date]:
        """The days of one subject."""
        days = self._days(column)
        return [_day(number) for number in days.day[days.subject == index].tolist()]

    def _days(self, column: Column) -> Days:
        if column not in self._found:
            self._found[column] = self._read(column)
        return self._found[column]

    def _read(self, column: Column) -> Days:
        rows = self.rows.by_day([column], BEGINNING, self.calendar.today)
        nothing = np.zeros(0, dtype=np.int64)
        if rows is None:
            return Days(nothing, nothing, nothing)
        found = self.subjects.con.execute(
            f"SELECT DISTINCT idx, day - DATE '1970-01-01' AS number FROM {rows} "
            f"JOIN asked USING ({', '.join(self.subjects.keys)}) WHERE {column.key} > 0 ORDER BY idx, number"
        ).fetchnumpy()
        subject, day = found["idx"].astype(np.int64), found["number"].astype(np.int64)
        before = np.full(len(day), NEVER, dtype=np.int64)
        same = subject[1:] == subject[:-1]
        before[1:][same] = day[:-1][same]
        return Days(subject, day, before)


def last_before_silence(day: date, silence: Span) -> date:
    """The day before the days of a silence that ends on the day before."""
    return first_day(day - timedelta(days=1), silence) - timedelta(days=1)


def _number(day: date) -> int:
    return day.toordinal() - _EPOCH


def _day(number: int) -> date:
    return date.fromordinal(number + _EPOCH)
