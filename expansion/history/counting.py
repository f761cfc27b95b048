"""Counts and amounts of many moments: each is read once, and goes on from moment to moment.

What is rarely asked (windows of hours, the newest value, the largest) is taken by SQL at each moment, as ever.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from expansion.evaluate.measures import EventMeasure
from expansion.evaluate.measuring import Cell, EventMeasuring
from expansion.evaluate.numbers import ONE, Array, Numbers, from_counts
from expansion.history.moments import Moments, Sight
from expansion.history.rows import NOBODY, Happened, Reading
from expansion.history.running import Running
from expansion.history.spans import Counted, of_groups, of_rows
from expansion.usage.storage.rollup import Column

Key = tuple[EventMeasure, int]  # a measure at a point
_KEPT = ("times", "people", "days", "distinct", "sum", "average")
_FITS = 1 << 62


@dataclass(frozen=True)
class Kept:
    """The running numbers that a measure is made of; amounts are in units of 1 / `den`."""

    parts: tuple[Running, ...]
    den: int = 1

    def go_to(self, number: int) -> None:
        for part in self.parts:
            part.go_to(number)

    def changed(self, number: int) -> list[Array]:
        return [places for part in self.parts for places in part.changed(number)]


@dataclass
class Counts:
    """The numbers of all places at one moment after the other; what is asked for is read when it is first asked."""

    reading: Reading
    moments: Moments
    size: int
    kept: dict[Key, Kept | None] = field(default_factory=dict)  # None: has to be taken by SQL

    def take(self, keys: Iterable[Key]) -> None:
        """Read what was not read yet, in one pass, and one for each property whose different values are counted."""
        sights = {key: self.moments.sight(key[0].window, key[1]) for key in keys if key not in self.kept}
        self.kept |= dict.fromkeys(key for key, sight in sights.items() if not sight.is_steady)
        sights = {key: sight for key, sight in sights.items() if sight.is_steady}
        if not sights:
            return
        first = min(int(sight.first.min()) for sight in sights.values())
        last = max(int(sight.last.max()) for sight in sights.values())
        plain = {column for measure, _ in sights for column in measure.columns if not column.is_detail}
        rows = self.reading.plain(plain, first, last) if plain else {}
        for column in {column for measure, _ in sights for column in measure.columns if column.is_detail}:
            rows[column] = self.reading.values(column, first, last)
        for key, sight in sights.items():
            self.kept[key] = self._made(key[0], rows, sight)

    def _made(self, measure: EventMeasure, rows: dict[Column, Happened], sight: Sight) -> Kept | None:
        found = [rows[column] for column in measure.columns]
        match measure.aggregate:
            case "times":
                return Kept((self._running(of_rows(found[0], sight)),))
            case "sum" | "average":
                return self._amounts(found, sight)
        return Kept((self._running(of_groups(*_grouped(measure, found[0]), sight)),))

    def _amounts(self, found: Sequence[Happened], sight: Sight) -> Kept | None:
        amounts, *counts = (of_rows(one, sight) for one in found)
        if amounts.value.dtype == object:
            return None
        common = int(np.gcd.reduce(amounts.value, initial=ONE))
        values = amounts.value // common
        if np.abs(values).sum(dtype=np.float64) >= _FITS / 2:
            return None
        of_units = Counted(amounts.place, amounts.on, amounts.off, values)
        return Kept(tuple(self._running(one) for one in (of_units, *counts)), ONE // common)

    def _running(self, counted: Counted) -> Running:
        return Running.of(counted, self.size, len(self.moments.every))


def is_kept(measure: EventMeasure) -> bool:
    """Whether it is a measure that may go on from moment to moment."""
    return not measure.window.is_hourly and measure.aggregate in _KEPT


def _grouped(measure: EventMeasure, rows: Happened) -> tuple[Happened, Array]:
    """Rows, and a number for what is counted once: each person, each day, each value of an account."""
    match measure.aggregate:
        case "people":
            known = np.flatnonzero(rows.who != NOBODY)
            arrays = (rows.place, rows.who, rows.day, rows.entry, rows.value)
            some = Happened(*(array[known] for array in arrays))
            return some, some.who.astype(np.int64)
        case "days":
            return rows, _together(rows.place, rows.day - rows.day.min(initial=0))
    return rows, _together(rows.place, rows.value)


def _together(place: Array, other: Array) -> Array:
    """One number for both."""
    both: Array = place.astype(np.int64) * (int(other.max(initial=0)) + 1) + other
    return both


Given = tuple[Sequence[Array], int]  # the numbers that a measure is made of, and what amounts are divided by


class Giving(Protocol):
    """Where the numbers of those who are asked about come from."""

    def take(self, keys: Iterable[Key]) -> None:
        """Make sure that these can be given."""
        ...

    def of(self, key: Key) -> Given | None:
        """None where SQL has to be asked."""
        ...


@dataclass(frozen=True)
class Now:
    """The numbers of all who were there at a moment; the arrays are those of the next one as soon as it is asked."""

    counts: Counts
    number: int
    size: int

    def take(self, keys: Iterable[Key]) -> None:
        self.counts.take(keys)

    def of(self, key: Key) -> Given | None:
        kept = self.counts.kept[key]
        if kept is None:
            return None
        kept.go_to(self.number)
        return [part.now[: self.size] for part in kept.parts], kept.den


@dataclass(frozen=True)
class CellAt(Cell):
    """With its point: at one moment two points may see the same days, and not at the next."""

    point: int


@dataclass
class HistoryMeasuring(EventMeasuring):
    """The same measures as EventMeasuring takes by SQL, from numbers that go on from moment to moment."""

    giving: Giving = field(kw_only=True)

    def _resolved(self, measure: EventMeasure, point: int) -> Cell:
        cell = super()._resolved(measure, point)
        return CellAt(cell.measure, cell.first, cell.last, point)

    def take(self, cells: Iterable[Cell], complete: Container[Cell]) -> None:
        new = {cell for cell in cells if cell not in self._taken}
        may = {cell: _key(cell) for cell in new if is_kept(cell.measure)}
        self.giving.take(may.values())
        mine = {cell: given for cell, key in may.items() if (given := self.giving.of(key)) is not None}
        super().take(new - mine.keys(), complete)
        for cell, given in mine.items():
            self._taken[cell] = self._given(cell, *given, cell in complete)

    def _given(self, cell: Cell, numbers: Sequence[Array], den: int, complete: bool) -> Numbers:
        if len(numbers) == 1:
            return from_counts(numbers[0], least=not complete)
        num, *read, unread = numbers
        self._unread[cell] = unread > 0
        self._note_unread(cell, unread)
        known = (unread == 0) & complete
        if not read:
            return Numbers(num, den, known)
        return Numbers(num, np.maximum(read[0], 1) * den, known & (read[0] > 0))


def _key(cell: Cell) -> Key:
    assert isinstance(cell, CellAt), "each is made by `_resolved`"
    return cell.measure, cell.point
