"""Measures of a few accounts, or of some of their people, from rows in memory."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import numpy as np

from expansion.evaluate.came_back import NEVER, Days, Returning
from expansion.evaluate.fact_values import FactColumn
from expansion.evaluate.measures import BEGINNING
from expansion.evaluate.measuring import Cell, EventMeasuring, latest_column
from expansion.evaluate.numbers import ONE, Array, Flags, Numbers, from_counts
from expansion.evaluate.sequences import Moments, Walking, microseconds
from expansion.evaluate.tree import Walk
from expansion.memory.account import Account
from expansion.memory.held import Held
from expansion.usage.storage.rollup import Column

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Whose:
    """One of those who are asked about: an account; or a person of it, and only what they did."""

    account: Account
    user: str | None = None


@dataclass
class LiveMeasuring(EventMeasuring):
    """The same measures as EventMeasuring takes by SQL, of a few subjects."""

    whose: Sequence[Whose] = ()
    _rows: dict[Any, Flags] = field(default_factory=dict)

    def take(self, cells: Iterable[Cell], complete: Container[Cell]) -> None:
        for cell in cells:
            if cell not in self._taken:
                self._taken[cell] = self._measured(cell, cell in complete)

    def _measured(self, cell: Cell, complete: bool) -> Numbers | FactColumn:
        match cell.measure.aggregate:
            case "times":
                return self._count(cell, lambda held, rows, key: held.values[key][rows].sum(), complete)
            case "people":
                return self._count(cell, _people, complete)
            case "days":
                return self._count(cell, _days, complete)
            case "distinct":
                different = (len(set(held.values["value"][rows].tolist())) for held, rows in self._details(cell))
                return from_counts(np.fromiter(different, np.int64), least=not complete)
            case "latest":
                newest = [_latest(held, rows) for held, rows in self._details(cell)]
                return latest_column(np.arange(1, len(newest) + 1), [None, *newest])
        return self._amount_of(cell, complete)

    def _count(self, cell: Cell, count: Callable[[Held, Flags, str], Any], complete: bool) -> Numbers:
        key = cell.column("times").key
        counted = (int(count(held, rows, key)) for held, rows in self._counts(cell))
        return from_counts(np.fromiter(counted, np.int64), least=not complete)

    def _amount_of(self, cell: Cell, complete: bool) -> Numbers:
        amounts = [self._of_one(cell, held, rows, complete) for held, rows in self._counts(cell)]
        self._unread[cell] = np.array([one.unread for one in amounts])
        self._note_unread(cell, self._unread[cell])
        numbers = _numbers(amounts)
        return replace(numbers, least=not complete) if cell.measure.aggregate == "max" else numbers

    def _of_one(self, cell: Cell, held: Held, rows: Flags, complete: bool) -> _Amount:
        unread = int(held.values[cell.column("unread").key][rows].sum())
        sure = complete and unread == 0
        if cell.measure.aggregate == "max":
            key = cell.column("max").key
            known = held.values[key][rows & held.values[f"{key}_known"]]
            return _Amount(max(map(int, known), default=0), ONE, unread == 0 and len(known) > 0, unread)
        total = sum(map(int, held.values[cell.column("sum").key][rows]))
        if cell.measure.aggregate == "sum":
            return _Amount(total, ONE, sure, unread)
        read = int(held.values[cell.column("read").key][rows].sum())
        return _Amount(total, max(read, 1) * ONE, sure and read > 0, unread)

    def _counts(self, cell: Cell) -> Iterator[tuple[Held, Flags]]:
        for n, one in enumerate(self.whose):
            yield self._inside(cell, one.account.of_late if cell.hourly else one.account.counts, "counts", n)

    def _details(self, cell: Cell) -> Iterator[tuple[Held, Flags]]:
        (column,) = cell.measure.columns
        for n, one in enumerate(self.whose):
            details = one.account.late_details if cell.hourly else one.account.details
            yield self._inside(cell, details[column], column, n)

    def _inside(self, cell: Cell, held: Held, what: Any, n: int) -> tuple[Held, Flags]:
        key = (n, what, cell.first, cell.last)
        if key not in self._rows:
            self._rows[key] = self._lies_in(cell, held, self.whose[n].user)
        return held, self._rows[key]

    def _lies_in(self, cell: Cell, held: Held, user: str | None) -> Flags:
        if isinstance(cell.first, datetime) and isinstance(cell.last, datetime):
            rows = held.within(microseconds(cell.first), microseconds(cell.last))
        else:
            rows = held.between(number_of(cell.first), number_of(cell.last))
        return rows if user is None else rows & (held.user == user)


def _people(held: Held, rows: Flags, key: str) -> int:
    return len(set(held.user[rows & (held.values[key] > 0)].tolist()) - {""})


def _days(held: Held, rows: Flags, key: str) -> int:
    return len(np.unique(held.day[rows & (held.values[key] > 0)]))


def _latest(held: Held, rows: Flags) -> str | None:
    columns = (held.values[name][rows].tolist() for name in ("ts", "event_id", "value"))
    found = max(zip(*columns, strict=True), default=None)
    return None if found is None else found[2]


@dataclass(frozen=True)
class _Amount:
    num: int
    den: int
    known: bool
    unread: int


def _numbers(amounts: Sequence[_Amount]) -> Numbers:
    small = all(abs(one.num) < 1 << 62 for one in amounts)
    return Numbers(
        np.array([one.num for one in amounts], dtype=np.int64 if small else object),
        np.array([one.den for one in amounts]),
        np.array([one.known for one in amounts], dtype=bool),
    )


def number_of(day: date) -> int:
    """A day as it is held."""
    return day.toordinal() - _EPOCH


@dataclass
class LiveWalking(Walking):
    """Walks of a few subjects."""

    whose: Sequence[Whose] = ()
    _people: dict[tuple[int, str], int] = field(default_factory=dict)

    def _moments(self, walk: Walk, first: date) -> dict[Column, Moments]:
        return {column: _joined([*self._moments_of(column, walk, first)]) for column in walk.columns}

    def _moments_of(self, column: Column, walk: Walk, first: date) -> Iterator[Moments]:
        for n, one in enumerate(self.whose):
            held = one.account.details[column]
            rows = held.between(number_of(first), number_of(self.calendar.today))
            if one.user is not None:
                rows = rows & (held.user == one.user)
            if walk.same_user:
                rows = rows & (held.user != "")
            found = held.some(rows)
            subject = np.full(len(found.day), n, dtype=np.int64)
            # One number for a person of a subject in every step.
            walker = self._numbers(n, found.user) if walk.same_user else subject
            yield Moments(subject, walker, found.values["ts"].astype(np.int64))

    def _numbers(self, n: int, users: Array) -> Array:
        numbers = (self._people.setdefault((n, user), len(self._people)) for user in users.tolist())
        return np.fromiter(numbers, np.int64)


def _joined(parts: Sequence[Moments]) -> Moments:
    subject, walker, ts = (
        np.concatenate(some) for some in zip(*((p.subject, p.walker, p.ts) for p in parts), strict=True)
    )
    return Moments(subject, walker, ts)


@dataclass
class LiveReturning(Returning):
    """What came back of a few subjects."""

    whose: Sequence[Whose] = ()

    def _read(self, column: Column) -> Days:
        parts = [self._of(one, column, n) for n, one in enumerate(self.whose)]
        subject, day, before = (
            np.concatenate(some) for some in zip(*((p.subject, p.day, p.before) for p in parts), strict=True)
        )
        return Days(subject, day, before)

    def _of(self, one: Whose, column: Column, n: int) -> Days:
        held = one.account.counts
        rows = (held.values[column.key] > 0) & held.between(number_of(BEGINNING), number_of(self.calendar.today))
        if one.user is not None:
            rows = rows & (held.user == one.user)
        found = days_of(np.unique(held.day[rows]))
        return replace(found, subject=np.full(len(found.day), n, dtype=np.int64))


def days_of(days: Array) -> Days:
    """The days of one subject, in order."""
    before = np.concatenate([[NEVER], days[:-1]]) if len(days) else days
    return Days(np.zeros(len(days), dtype=np.int64), days, before)
