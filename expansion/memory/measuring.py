"""Measures of one account, or of one of its people, from rows in memory."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
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
from expansion.usage.rollup import Column

_EPOCH = date(1970, 1, 1).toordinal()
_SURE = np.ones(1, dtype=bool)


@dataclass
class LiveMeasuring(EventMeasuring):
    """The same measures as EventMeasuring takes by SQL, of one subject."""

    account: Account | None = None
    user: str | None = None  # only what this person did
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
                held, rows = self._detail(cell)
                return from_counts(np.array([len(set(held.values["value"][rows].tolist()))]), least=not complete)
            case "latest":
                held, rows = self._detail(cell)
                return latest_column(np.ones(1, dtype=np.int64), [None, _latest(held, rows)])
        return self._amount_of(cell, complete)

    def _count(self, cell: Cell, count: Callable[[Held, Flags, str], Any], complete: bool) -> Numbers:
        held, rows = self._counts(cell)
        return from_counts(np.array([int(count(held, rows, cell.column("times").key))]), least=not complete)

    def _amount_of(self, cell: Cell, complete: bool) -> Numbers:
        held, rows = self._counts(cell)
        unread = int(held.values[cell.column("unread").key][rows].sum())
        self._unread[cell] = np.array([unread])
        self._note_unread(cell, self._unread[cell])
        sure = complete and unread == 0
        if cell.measure.aggregate == "max":
            key = cell.column("max").key
            known = held.values[key][rows & held.values[f"{key}_known"]]
            largest = _number(max(map(int, known), default=0), ONE, unread == 0 and len(known) > 0)
            return replace(largest, least=not complete)
        total = sum(map(int, held.values[cell.column("sum").key][rows]))
        if cell.measure.aggregate == "sum":
            return _number(total, ONE, sure)
        read = int(held.values[cell.column("read").key][rows].sum())
        return _number(total, max(read, 1) * ONE, sure and read > 0)

    def _counts(self, cell: Cell) -> tuple[Held, Flags]:
        assert self.account is not None, "made for an account"
        return self._inside(cell, self.account.of_late if cell.hourly else self.account.counts, "counts")

    def _detail(self, cell: Cell) -> tuple[Held, Flags]:
        assert self.account is not None, "made for an account"
        (column,) = cell.measure.columns
        details = self.account.late_details if cell.hourly else self.account.details
        return self._inside(cell, details[column], column)

    def _inside(self, cell: Cell, held: Held, what: Any) -> tuple[Held, Flags]:
        key = (what, cell.first, cell.last)
        if key not in self._rows:
            self._rows[key] = self._lies_in(cell, held)
        return held, self._rows[key]

    def _lies_in(self, cell: Cell, held: Held) -> Flags:
        if isinstance(cell.first, datetime) and isinstance(cell.last, datetime):
            rows = held.within(microseconds(cell.first), microseconds(cell.last))
        else:
            rows = held.between(number_of(cell.first), number_of(cell.last))
        return rows if self.user is None else rows & (held.user == self.user)


def _people(held: Held, rows: Flags, key: str) -> int:
    return len(set(held.user[rows & (held.values[key] > 0)].tolist()) - {""})


def _days(held: Held, rows: Flags, key: str) -> int:
    return len(np.unique(held.day[rows & (held.values[key] > 0)]))


def _latest(held: Held, rows: Flags) -> str | None:
    columns = (held.values[name][rows].tolist() for name in ("ts", "event_id", "value"))
    found = max(zip(*columns, strict=True), default=None)
    return None if found is None else found[2]


def _number(num: int, den: int, known: bool) -> Numbers:
    small = abs(num) < 1 << 62
    return Numbers(np.array([num], dtype=np.int64 if small else object), np.array([den]), _SURE if known else ~_SURE)


def number_of(day: date) -> int:
    """A day as it is held."""
    return day.toordinal() - _EPOCH


@dataclass
class LiveWalking(Walking):
    """Walks of one subject."""

    account: Account | None = None
    user: str | None = None
    _people: dict[str, int] = field(default_factory=dict)

    def _moments(self, walk: Walk, first: date) -> dict[Column, Moments]:
        return {column: self._moments_of(column, walk, first) for column in walk.columns}

    def _moments_of(self, column: Column, walk: Walk, first: date) -> Moments:
        assert self.account is not None, "made for an account"
        held = self.account.details[column]
        rows = held.between(number_of(first), number_of(self.calendar.today))
        if self.user is not None:
            rows = rows & (held.user == self.user)
        if walk.same_user:
            rows = rows & (held.user != "")
        found = held.some(rows)
        subject = np.zeros(len(found.day), dtype=np.int64)
        # One number for a person in every step: these are all of one account.
        walker = self._numbers(found.user) if walk.same_user else subject
        return Moments(subject, walker, found.values["ts"].astype(np.int64))

    def _numbers(self, users: Array) -> Array:
        return np.array([self._people.setdefault(user, len(self._people)) for user in users.tolist()], dtype=np.int64)


@dataclass
class LiveReturning(Returning):
    """What came back of one subject."""

    account: Account | None = None
    user: str | None = None

    def _read(self, column: Column) -> Days:
        assert self.account is not None, "made for an account"
        held = self.account.counts
        rows = (held.values[column.key] > 0) & held.between(number_of(BEGINNING), number_of(self.calendar.today))
        if self.user is not None:
            rows = rows & (held.user == self.user)
        return days_of(np.unique(held.day[rows]))


def days_of(days: Array) -> Days:
    """The days of one subject, in order."""
    before = np.concatenate([[NEVER], days[:-1]]) if len(days) else days
    return Days(np.zeros(len(days), dtype=np.int64), days, before)
