"""Measures of events taken from the store by SQL, for many accounts (or people) at once.

Distinct people are counted exactly and cheaply: first per account and user, then per account. (One scan with
COUNT(DISTINCT …) FILTER per measure was twice as slow as separate queries.)
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from expansion.evaluate.fact_values import FactColumn
from expansion.evaluate.measures import Calendar, EventMeasure
from expansion.evaluate.numbers import ONE, Array, Flags, Numbers, from_counts, reduced
from expansion.evaluate.rows import TakenFrom, stamp
from expansion.evaluate.subjects import Subjects
from expansion.usage.forms.items import items_of
from expansion.usage.forms.sql_dialect import PLACES
from expansion.usage.storage.rollup import Column

_MASK_BITS = 64  # days, or measures, that fit one mask; what is longer takes several
# From so many subjects on, counts that look back a month are taken apart from those that look back a quarter: rows that
# only some of the windows hold cost all of them (measured with 400,000: a third less time). Below, a pass costs more.
_MANY = 100_000
_MONTH = 32  # days


@dataclass(frozen=True)
class Cell:
    """One measure at one point, resolved to days or moments."""

    measure: EventMeasure
    first: date | datetime
    last: date | datetime

    @property
    def hourly(self) -> bool:
        return isinstance(self.first, datetime)

    def column(self, kind: str) -> Column:
        """The rollup column of a kind that it is taken from."""
        return next(column for column in self.measure.columns if column.kind == kind)


@dataclass
class EventMeasuring:
    """Takes event measures for the subjects in `asked(idx, …)`."""

    rows: TakenFrom
    calendar: Calendar
    subjects: Subjects
    unreadable: dict[str, int] = field(default_factory=dict)
    _taken: dict[Cell, Numbers | FactColumn] = field(default_factory=dict)
    _unread: dict[Cell, Flags] = field(default_factory=dict)
    _cells: dict[tuple[EventMeasure, int], Cell] = field(default_factory=dict)

    def cell(self, measure: EventMeasure, point: int) -> Cell:
        """A measure at a point."""
        if (measure, point) not in self._cells:
            self._cells[measure, point] = self._resolved(measure, point)
        return self._cells[measure, point]

    def _resolved(self, measure: EventMeasure, point: int) -> Cell:
        window = measure.window
        if not window.is_hourly:
            return Cell(measure, *self.calendar.days(window, point))
        # In UTC: Python compares moments of one zone by their wall clock, also where clocks go back.
        return Cell(measure, *self.calendar.moments(window, point))

    def take(self, cells: Iterable[Cell], complete: Container[Cell]) -> None:
        """Measure all cells that were not measured yet, in as few passes as possible."""
        new = sorted({cell for cell in cells if cell not in self._taken}, key=repr)
        for some in self._alike(new):
            columns = self._query(some)
            for cell in some:
                wide = len(_outer(cell, 0))
                self._taken[cell] = self._read(cell, columns[:wide], cell in complete)
                columns = columns[wide:]

    def _alike(self, cells: list[Cell]) -> Iterable[list[Cell]]:
        """Cells that one query answers: counts together, what needs people together, each detail by itself."""
        kinds: dict[tuple[Any, ...], list[Cell]] = {}
        for cell in cells:
            word = cell.measure.aggregate
            detail: Any = cell if word in ("distinct", "latest") else word == "people"
            kinds.setdefault((cell.hourly, detail, self._reach(cell)), []).append(cell)
        return kinds.values()

    def _reach(self, cell: Cell) -> int:
        """How far back a count looks, where that is to be told apart: 0 below a month, 1 below two, then doubling."""
        if isinstance(cell.first, datetime) or cell.measure.aggregate == "people" or self.subjects.size < _MANY:
            return 0
        return ((self.calendar.today - cell.first).days // _MONTH).bit_length()

    def value(self, cell: Cell) -> Numbers | FactColumn:
        return self._taken[cell]

    def has_unread(self, measure: EventMeasure, point: int, index: int) -> bool:
        """Whether a value in the window could not be read as a number."""
        return bool(self._unread[self.cell(measure, point)][index])

    def unread(self, measure: EventMeasure, point: int) -> Flags:
        """Of whom a value in the window could not be read as a number."""
        counts = self._unread.get(self.cell(measure, point))
        nobody: Flags = np.zeros(self.subjects.size, dtype=bool)
        return nobody if counts is None else counts > 0

    def _query(self, cells: list[Cell]) -> list[Array]:
        """The columns that the cells are made of, side by side; where nothing happened, 0 or None."""
        wanted = {column for cell in cells for column in cell.measure.columns}
        if cells[0].hourly:
            first = min(cell.first for cell in cells if isinstance(cell.first, datetime))
            rows = self.rows.by_moment(wanted, first)
        else:
            rows = self.rows.by_day(wanted, min(cell.first for cell in cells), max(cell.last for cell in cells))
        width = sum(len(_outer(cell, 0)) for cell in cells)
        if rows is None:
            nothing: Any = None if cells[0].measure.aggregate == "latest" else 0
            return [np.full(self.subjects.size, nothing)] * width
        return self.subjects.aligned(_cells_sql(cells, rows, self.subjects.keys), width)

    def _read(self, cell: Cell, columns: list[Array], complete: bool) -> Numbers | FactColumn:
        match cell.measure.aggregate:
            case "latest":
                return _texts(columns[0])
            case "sum" | "average" | "max":
                return self._amount(cell, columns, complete)
        return from_counts(columns[0], least=not complete)

    def _amount(self, cell: Cell, columns: list[Array], complete: bool) -> Numbers:
        """What is made of numbers is known where all of them could be read, and were there; nothing adds up to zero.

        The largest of those that were seen is the least that the largest of all can be.
        """
        num, *read, unread = columns
        known = (unread == 0) & (complete or cell.measure.aggregate == "max")
        self._unread[cell] = unread > 0
        self._note_unread(cell, unread)
        match cell.measure.aggregate:
            case "sum":
                return reduced(num, known)
            case "average":
                return Numbers(num, np.maximum(read[0], 1) * ONE, known & (read[0] > 0))
        return replace(reduced(num, known & (read[0] > 0)), least=not complete)

    def _note_unread(self, cell: Cell, unread: Array) -> None:
        if cell.last in (self.calendar.today, self.calendar.as_of) and (count := int((unread > 0).sum())):
            name = f"{cell.measure.prop} of {' or '.join(cell.measure.atom.events) or 'any event'}"
            self.unreadable[name] = max(count, self.unreadable.get(name, 0))


# --- SQL --------------------------------------------------------------------------------------------------------------


def _cells_sql(cells: list[Cell], rows: str, keys: Sequence[str]) -> str:
    """The outer columns `o0`, `o1`, … of all cells, by subject."""
    outer = [part for i, cell in enumerate(cells) for part in _outer(cell, i)]
    named = ", ".join(f"{sql} AS o{i}" for i, sql in enumerate(outer))
    by = ", ".join(keys)
    if cells[0].measure.aggregate == "people":
        inner = ", ".join(_inner(cells))
        rows = f"(SELECT account_id, user_id, {inner} FROM {rows} WHERE user_id <> '' GROUP BY account_id, user_id)"
    elif cells[0].measure.aggregate in ("distinct", "latest"):
        rows = f"(SELECT * FROM {rows} WHERE {_inside(cells[0])})"
    return f"SELECT {by}, {named} FROM {rows} GROUP BY {by}"


def _inner(cells: Sequence[Cell]) -> Iterator[str]:
    """Which of these a person did, a bit for each. A column for each takes half as long again (measured)."""
    for start in range(0, len(cells), _MASK_BITS):
        does = (f"{_inside(cell)} AND {cell.column('times').key} > 0" for cell in cells[start : start + _MASK_BITS])
        bits = (f"CASE WHEN {one} THEN {1 << i}::UBIGINT ELSE 0::UBIGINT END" for i, one in enumerate(does))
        yield f"BIT_OR({' | '.join(bits)}) AS m{start // _MASK_BITS}"


def _outer(cell: Cell, i: int) -> list[str]:
    """What is asked per subject; no column is ever NULL but for texts."""
    match cell.measure.aggregate:
        case "times":
            return [_added(cell, "times")]
        case "people":
            return [f"COUNT(CASE WHEN m{i // _MASK_BITS} & {1 << i % _MASK_BITS}::UBIGINT <> 0 THEN 1 END)"]
        case "days":
            return [" + ".join(f"CAST(bit_count({mask}) AS BIGINT)" for mask in _masks(cell))]
        case "sum":
            return [_amount(cell, "SUM", "sum"), _added(cell, "unread")]
        case "average":
            return [_amount(cell, "SUM", "sum"), _added(cell, "read"), _added(cell, "unread")]
        case "max":
            return [_amount(cell, "MAX", "max"), f"COUNT({_within(cell, 'max')})", _added(cell, "unread")]
        case "distinct":
            return ["COUNT(DISTINCT value)"]
    return ["arg_max(value, struct_pack(ts := ts, id := event_id, value := value))"]  # ids are those of a table


def _added(cell: Cell, kind: str) -> str:
    # What is added up are numbers of events, far below 2**63: half the memory of SUM, and a sixth less time.
    return f"COALESCE(CAST(sum_no_overflow({_within(cell, kind)}) AS BIGINT), 0)"


def _amount(cell: Cell, aggregate: str, kind: str) -> str:
    return f"CAST(COALESCE({aggregate}({_within(cell, kind)}), 0) AS DECIMAL(38, {PLACES}))"


def _within(cell: Cell, kind: str) -> str:
    return f"CASE WHEN {_inside(cell)} THEN {cell.column(kind).key} END"


def _inside(cell: Cell) -> str:
    if isinstance(cell.first, datetime) and isinstance(cell.last, datetime):
        return f"moment > {stamp(cell.first)} AND moment <= {stamp(cell.last)}"
    return f"day BETWEEN DATE '{cell.first}' AND DATE '{cell.last}'"


def _masks(cell: Cell) -> list[str]:
    """One bit per day on which it happened, 64 days to a mask."""
    first, last = _days_around(cell)
    length = (last - first).days + 1
    masks = []
    for start in range(0, length, _MASK_BITS):
        low = first + timedelta(days=start)
        high = min(last, low + timedelta(days=_MASK_BITS - 1))
        bit = f"1::UBIGINT << (day - DATE '{low}')::INTEGER"
        inside = f"{_inside(cell)} AND " if cell.hourly else ""
        where = f"{inside}day BETWEEN DATE '{low}' AND DATE '{high}' AND {cell.column('times').key} > 0"
        masks.append(f"BIT_OR(CASE WHEN {where} THEN {bit} ELSE 0::UBIGINT END)")
    return masks


def _days_around(cell: Cell) -> tuple[date, date]:
    """The days of a cell; of one in hours those on which it may lie in any zone."""
    if isinstance(cell.first, datetime) and isinstance(cell.last, datetime):
        return cell.first.date() - timedelta(days=1), cell.last.date() + timedelta(days=1)
    return cell.first, cell.last


def _texts(values: Array) -> FactColumn:
    texts: dict[str | None, int] = {}
    codes = np.array([texts.setdefault(value, len(texts)) for value in values], dtype=np.int64)
    return latest_column(codes, list(texts))


def latest_column(codes: Array, texts: Sequence[str | None]) -> FactColumn:
    """The newest value of a property, for each of different texts; a list is one."""
    read = FactColumn.read("text", codes, texts)
    lists = [None if text is None else items_of(text) for text in texts]
    values = zip(read.values, lists, strict=True)
    return replace(read, values=tuple(value if items is None else items for value, items in values))
