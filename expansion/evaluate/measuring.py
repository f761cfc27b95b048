"""Measures taken from the store by SQL, for many accounts at once.

Distinct people and days are counted exactly and cheaply: first per account and user, then per account. (One scan with
COUNT(DISTINCT …) FILTER per measure was twice as slow as separate queries.)
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import duckdb
import numpy as np
import pyarrow as pa

from expansion.evaluate.factual import FactColumn, objects
from expansion.evaluate.measures import Calendar, EventMeasure
from expansion.evaluate.numbers import Array, Numbers, from_counts
from expansion.usage.duck import quote
from expansion.usage.rollup import Column, rollup_sql

_MASK_DAYS = 64  # days that fit one mask; longer windows take several
_FITS = 1 << 62  # larger numbers are kept as Python's


class Relations(Protocol):
    """Where measures are taken from: the store, or the events of cases."""

    con: duckdb.DuckDBPyConnection

    def rolled(self, columns: Sequence[Column], zone: str, first: date, last: date) -> str | None:
        """SQL for rollup rows with these columns that may lie in these days; None where there are no events."""
        ...

    def events(self) -> str | None:
        """SQL for all events."""
        ...

    def all_arrived_by(self, moment: datetime) -> bool:
        """True when nothing in the store arrived after this moment."""
        ...


@dataclass(frozen=True)
class Cell:
    """One measure at one point, resolved to days or moments."""

    measure: EventMeasure
    first: date | datetime
    last: date | datetime

    @property
    def hourly(self) -> bool:
        return isinstance(self.first, datetime)


@dataclass
class EventMeasuring:
    """Takes event measures for the accounts registered as `asked(idx, account_id)`."""

    relations: Relations
    calendar: Calendar
    size: int
    only: bool  # the accounts are a few of all, so filter early
    _taken: dict[Cell, Numbers | FactColumn] = field(default_factory=dict)

    def cell(self, measure: EventMeasure, point: int) -> Cell:
        window = measure.window
        if window.span.exact is None:
            return Cell(measure, *self.calendar.days(window, point))
        first, last = self.calendar.moments(window, point)
        return Cell(measure, first.astimezone(self.calendar.zone), last.astimezone(self.calendar.zone))

    def take(self, cells: Iterable[Cell], complete: Container[Cell]) -> None:
        """Measure all cells that were not measured yet, in as few passes as possible."""
        new = sorted({cell for cell in cells if cell not in self._taken}, key=repr)
        for hourly in (False, True):
            some = [cell for cell in new if cell.hourly is hourly and cell.measure.aggregate != "distinct"]
            if some:
                self._take_counts(some, complete)
        for cell in (cell for cell in new if cell.measure.aggregate == "distinct"):
            counts = self._aligned(_distinct_sql(cell, self._rows([cell])), 1)[0]
            self._taken[cell] = from_counts(_whole(counts), least=cell not in complete)

    def value(self, cell: Cell) -> Numbers | FactColumn:
        return self._taken[cell]

    def _take_counts(self, cells: list[Cell], complete: Container[Cell]) -> None:
        rows = self._rows(cells)
        if rows is None:
            for cell in cells:
                self._taken[cell] = self._nothing(cell, cell in complete)
            return
        width = [len(_outer(cell, i)) for i, cell in enumerate(cells)]
        columns = self._aligned(_counts_sql(cells, rows), sum(width))
        start = 0
        for cell, wide in zip(cells, width, strict=True):
            self._taken[cell] = _read(cell, columns[start : start + wide], cell in complete)
            start += wide

    def _nothing(self, cell: Cell, complete: bool) -> Numbers | FactColumn:
        """Where no event can lie in the window."""
        nobodys = np.full(self.size, None, dtype=object)
        match cell.measure.aggregate:
            case "latest":
                return _texts(nobodys)
            case "sum":
                return _sum(nobodys, np.zeros(self.size, dtype=np.int64), complete)
        return from_counts(np.zeros(self.size, dtype=np.int64), least=not complete)

    def _rows(self, cells: list[Cell]) -> str | None:
        """SQL for the rows to aggregate: rollup rows by day, or for hours the events themselves as rows of one."""
        columns = sorted({cell.measure.column for cell in cells}, key=lambda column: column.key)
        seen = f"TIMESTAMP {quote(_naive(self.calendar.as_of))}"
        if cells[0].hourly:
            return self._hour_rows(cells, columns, seen)
        zone = str(self.calendar.zone)
        first, last = min(cell.first for cell in cells), max(cell.last for cell in cells)
        days = f"day BETWEEN DATE '{first}' AND DATE '{last}'"
        rolled = self.relations.rolled(columns, zone, first, last)
        events = self.relations.events()
        if rolled is None or events is None:
            return None
        if self.relations.all_arrived_by(self.calendar.as_of):
            return f"(SELECT * FROM {rolled} WHERE {days}{self._few()})"
        # What arrived before the day of the check counts as rolled up; the day itself is read from the events.
        today = self.calendar.today
        start = f"TIMESTAMP {quote(_naive(self.calendar.start_of(today)))}"
        arrived = f"(SELECT * FROM {events} WHERE seen_at >= {start} AND seen_at <= {seen}{self._few()})"
        names = ", ".join(name for column in columns for name in _names(column))
        return (
            f"(SELECT account_id, user_id, day, {names} FROM {rolled} WHERE {days} AND seen_day < DATE '{today}'"
            f"{self._few()} UNION ALL SELECT account_id, user_id, day, {names} "
            f"FROM ({rollup_sql(arrived, columns, zone)}) WHERE {days})"
        )

    def _hour_rows(self, cells: list[Cell], columns: list[Column], seen: str) -> str | None:
        events = self.relations.events()
        if events is None:
            return None
        first = min(_naive(cell.first) for cell in cells if isinstance(cell.first, datetime))
        within = f"ts > TIMESTAMP {quote(first)} AND seen_at <= {seen}{self._few()}"
        some = f"(SELECT * FROM {events} WHERE {within})"
        return f"({rollup_sql(some, columns, str(self.calendar.zone), each_event=True)})"

    def _few(self) -> str:
        return " AND account_id IN (SELECT account_id FROM asked)" if self.only else ""

    def _aligned(self, query: str | None, width: int) -> list[Array]:
        """The columns of a query by account, in the order of `asked`; missing accounts are masked."""
        if query is None:
            return [np.zeros(self.size, dtype=np.int64)] * width
        names = [f"o{i}" for i in range(width)]
        fetched = self.relations.con.execute(
            f"SELECT {', '.join(names)} FROM asked LEFT JOIN ({query}) USING (account_id) ORDER BY idx"
        ).fetchnumpy()
        return [fetched[name] for name in names]


def register_accounts(con: duckdb.DuckDBPyConnection, accounts: Sequence[str]) -> None:
    """Make `asked(idx, account_id)` of these accounts."""
    table = pa.table({"idx": pa.array(range(len(accounts)), pa.int64()), "account_id": pa.array(accounts, pa.string())})
    con.register("asked_now", table)
    con.execute("CREATE OR REPLACE TEMP TABLE asked AS SELECT * FROM asked_now")
    con.unregister("asked_now")


# --- SQL --------------------------------------------------------------------------------------------------------------


def _names(column: Column) -> list[str]:
    return [column.key, column.beside] if column.kind in ("sum", "latest") else [column.key]


def _inside(cell: Cell) -> str:
    if isinstance(cell.first, datetime):
        return f"moment > TIMESTAMP {quote(_naive(cell.first))} AND moment <= TIMESTAMP {quote(_naive(cell.last))}"
    return f"day BETWEEN DATE '{cell.first}' AND DATE '{cell.last}'"


def _counts_sql(cells: list[Cell], rows: str) -> str:
    inner = [part for i, cell in enumerate(cells) for part in _inner(cell, i)]
    outer = [part for i, cell in enumerate(cells) for part in _outer(cell, i)]
    named = ", ".join(f"{sql} AS o{i}" for i, sql in enumerate(outer))
    return (
        f"SELECT account_id, {named} FROM (SELECT account_id, user_id, {', '.join(inner)} FROM {rows} "
        "GROUP BY account_id, user_id) GROUP BY account_id"
    )


def _inner(cell: Cell, i: int) -> list[str]:
    """Per account and user."""
    column, inside = cell.measure.column, _inside(cell)
    match cell.measure.aggregate:
        case "times" | "people":
            return [f"SUM(CASE WHEN {inside} THEN {column.key} END) AS i{i}"]
        case "days":
            return [f"{mask} AS i{i}_{k}" for k, mask in enumerate(_masks(cell, column))]
        case "sum":
            return [
                f"SUM(CASE WHEN {inside} THEN {column.key} END) AS i{i}",
                f"SUM(CASE WHEN {inside} THEN {column.beside} END) AS i{i}_unread",
            ]
    return [
        f"arg_max({column.key}, {column.beside}) FILTER ({inside}) AS i{i}",
        f"max({column.beside}) FILTER ({inside}) AS i{i}_when",
    ]


def _outer(cell: Cell, i: int) -> list[str]:
    """Per account."""
    match cell.measure.aggregate:
        case "times":
            return [f"CAST(SUM(i{i}) AS BIGINT)"]
        case "people":
            return [f"COUNT(CASE WHEN i{i} > 0 AND user_id <> '' THEN 1 END)"]
        case "days":
            masks = range(len(_masks(cell, cell.measure.column)))
            return [" + ".join(f"CAST(bit_count(BIT_OR(i{i}_{k})) AS BIGINT)" for k in masks)]
        case "sum":
            return [f"CAST(SUM(i{i}) AS VARCHAR)", f"CAST(SUM(i{i}_unread) AS BIGINT)"]
    return [f"arg_max(i{i}, i{i}_when)"]


def _masks(cell: Cell, column: Column) -> list[str]:
    """One bit per day on which it happened, 64 days to a mask."""
    first, last = _local(cell.first), _local(cell.last)
    length = (last - first).days + 1
    masks = []
    for start in range(0, length, _MASK_DAYS):
        low = first + timedelta(days=start)
        high = min(last, low + timedelta(days=_MASK_DAYS - 1))
        bit = f"1::UBIGINT << (day - DATE '{low}')::INTEGER"
        inside = f"{_inside(cell)} AND " if cell.hourly else ""
        where = f"{inside}day BETWEEN DATE '{low}' AND DATE '{high}' AND {column.key} > 0"
        masks.append(f"BIT_OR(CASE WHEN {where} THEN {bit} ELSE 0::UBIGINT END)")
    return masks


def _distinct_sql(cell: Cell, rows: str | None) -> str | None:
    if rows is None:
        return None
    values = f"SELECT account_id, unnest({cell.measure.column.key}) AS v FROM {rows} WHERE {_inside(cell)}"
    return f"SELECT account_id, count(DISTINCT v) AS o0 FROM ({values}) GROUP BY account_id"


def _read(cell: Cell, columns: list[Array], complete: bool) -> Numbers | FactColumn:
    match cell.measure.aggregate:
        case "sum":
            return _sum(columns[0], _whole(columns[1]), complete)
        case "latest":
            return _texts(objects(columns[0]))
    return from_counts(_whole(columns[0]), least=not complete)


def _texts(values: Array) -> FactColumn:
    texts: dict[str | None, int] = {}
    codes = np.array([texts.setdefault(value, len(texts)) for value in values], dtype=np.int64)
    return FactColumn.of("text", codes, texts)


def _sum(texts: Array, unread: Array, complete: bool) -> Numbers:
    """A sum with a value that could not be read is not known; nothing to add up is zero.

    Sums are decimals of one type: without the point, whole numbers over one power of ten. (To make a Fraction of each
    took longer than the query.)
    """
    raw = objects(texts)
    added = [(i, text) for i, text in enumerate(raw) if text is not None]
    places = max((len(text.partition(".")[2]) for _, text in added), default=0)
    wholes = [int(text.replace(".", "")) for _, text in added]
    common = math.gcd(10**places, *wholes)
    small = max(map(abs, wholes), default=0) // common < _FITS
    nums = np.zeros(len(raw), dtype=np.int64 if small else object)
    nums[[i for i, _ in added]] = [whole // common for whole in wholes]
    return Numbers(nums, 10**places // common, (unread == 0) & complete)


def _whole(column: Array) -> Array:
    return np.ma.filled(np.ma.asarray(column), 0).astype(np.int64)


def _local(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _naive(moment: date | datetime) -> str:
    assert isinstance(moment, datetime), "a moment, not a day"
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
