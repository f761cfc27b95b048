"""Rows of rollups in memory, account after account, and what came in since: nothing is read while an event waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from expansion.evaluate.numbers import Array, Flags, scaled
from expansion.evaluate.rows import names_of
from expansion.memory.stated import places_of, texts_of
from expansion.usage.forms.sql_dialect import PLACES
from expansion.usage.storage.rollup import Column

Values = Mapping[str, Any]  # by the names of the rows' columns
_AMOUNTS = ("sum", "max")
_TEXTS = ("value", "event_id")


@dataclass(frozen=True)
class Held:
    """Some rows: on which day (since 1970), by whom, and their values; amounts are objects where they are large."""

    day: Array
    user: Array  # texts
    values: Mapping[str, Array]
    moment: Array | None = None  # microseconds, for rows of one event

    def between(self, first: int, last: int) -> Flags:
        """Which rows lie in these days."""
        inside: Flags = (self.day >= first) & (self.day <= last)
        return inside

    def within(self, after: int, until: int) -> Flags:
        """Which rows lie after one moment, and not after another."""
        assert self.moment is not None, "rows of a day have no moment"
        inside: Flags = (self.moment > after) & (self.moment <= until)
        return inside

    def some(self, rows: Flags | slice) -> Held:
        values = {name: column[rows] for name, column in self.values.items()}
        moment = None if self.moment is None else self.moment[rows]
        return Held(self.day[rows], self.user[rows], values, moment)

    def plus(self, day: int, user: str, values: Values, moment: int) -> Held:
        """With one row more."""
        added = {name: _plus(column, values[name]) for name, column in self.values.items()}
        later = None if self.moment is None else _plus(self.moment, moment)
        return Held(_plus(self.day, day), _plus(self.user, user), added, later)


@dataclass(frozen=True)
class Shelf:
    """The rows of all accounts, an account's side by side."""

    rows: Held
    places: Mapping[str, slice]

    def of(self, account_id: str) -> Held:
        return self.rows.some(self.places.get(account_id, slice(0, 0)))


def shelve(con: duckdb.DuckDBPyConnection, rows: str | None, columns: Sequence[Column], *, by_moment: bool) -> Shelf:
    """All of `rows` (SQL as rows.Rows gives it) in memory."""
    names, amounts = names_of(columns), {column.key for column in columns if column.kind in _AMOUNTS}
    if rows is None:
        nothing = np.zeros(0, dtype=np.int64)
        values = {name: nothing.astype(object) if name in _TEXTS else nothing for name in names}
        values |= {f"{name}_known": nothing.astype(bool) for name in amounts}
        return Shelf(Held(nothing, nothing.astype(object), values, nothing if by_moment else None), {})
    moments = ["epoch_us(moment) AS moment"] if by_moment else []
    selected = ["epoch_us(ts) AS ts" if name == "ts" else name for name in names]
    kept = ", ".join(["account_id", "day - DATE '1970-01-01' AS day", "user_id", *moments, *selected])
    table = con.sql(f"SELECT {kept} FROM {rows} ORDER BY account_id, day").to_arrow_table()
    assert table is not None, "a SELECT gives a table"
    values = {}
    for name in names:
        column = table[name].combine_chunks()
        if name in amounts:
            values[f"{name}_known"] = ~np.asarray(column.is_null())
        values[name] = _array(column, is_amount=name in amounts)
    whole = Held(
        _array(table["day"].combine_chunks()),
        _array(table["user_id"].combine_chunks()),
        values,
        _array(table["moment"].combine_chunks()) if by_moment else None,
    )
    return Shelf(whole, places_of(table["account_id"]))


def _array(column: Any, *, is_amount: bool = False) -> Array:
    if is_amount:
        return scaled(column.cast(pa.decimal128(38, PLACES)).fill_null(0))
    if str(column.type) in ("string", "large_string"):
        return texts_of(column)
    whole: Array = np.asarray(column.cast("int64").fill_null(0))
    return whole


def _plus(column: Array, value: Any) -> Array:
    if column.dtype == np.int64 and not -(1 << 62) < int(value) < 1 << 62:
        column = column.astype(object)
    longer = np.empty(len(column) + 1, dtype=column.dtype)
    longer[:-1], longer[-1] = column, value
    return longer
