"""What was said of facts, in memory: of all accounts side by side, of one account when it is asked about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np

from expansion.evaluate.fact_states import ENDLESS, Order
from expansion.evaluate.numbers import Array
from expansion.usage.forms.duck import quote
from expansion.usage.forms.properties import column_of
from expansion.usage.storage.fact_relations import FactRelations, Field, Layout, fields_are, stored


@dataclass(frozen=True)
class Said:
    """Statements of fields of a source that are said together, of some people, the oldest first."""

    source: str
    users: Array
    order: Order  # since, known, said, in microseconds
    until: Array
    values: Mapping[str, Array]  # by field; None is what is said to be empty

    def some(self, rows: slice) -> Said:
        since, known, said = (part[rows] for part in self.order)
        values = {name: column[rows] for name, column in self.values.items()}
        return Said(self.source, self.users[rows], (since, known, said), self.until[rows], values)

    def newest(self, user: str, by: int, known_by: int) -> int | None:
        """The row of the statement that is newest at a moment, of what was known by another."""
        rows = np.flatnonzero((self.order[0] <= by) & (self.order[1] <= known_by) & (self.users == user))
        return int(rows[-1]) if len(rows) else None


@dataclass(frozen=True)
class SaidShelf:
    """The statements of all accounts, an account's side by side."""

    all: Said
    places: Mapping[str, slice]

    def of(self, account_id: str) -> Said:
        return self.all.some(self.places.get(account_id, slice(0, 0)))


def said_of(
    con: duckdb.DuckDBPyConnection,
    facts: FactRelations,
    wanted: Iterable[Field],
    since: datetime,
    known_by: datetime,
    *,
    only: str | None = None,
    no_later: bool = False,
) -> list[SaidShelf]:
    """What was said of these fields since a moment, and the last before, as far as it was known then or later.

    `only`: of one account. `no_later`: nothing that was not known by `known_by`.
    """
    reach = _Reach(stored(since), stored(known_by), "true" if only is None else f"account_id = {quote(only)}", no_later)
    fields = sorted(wanted)
    shelves = []
    for layout in facts.layouts:
        names = [name for source, name in fields if source == layout.source and name in layout.fields]
        if names:
            shelves.append(_shelf(con, reach.wide(layout, names), layout.source, names))
    if fields:
        shelves += _long(con, reach.long(facts.of_rows(), fields), fields)
    return [shelf for shelf in shelves if shelf.places]


@dataclass(frozen=True)
class _Reach:
    since: str
    known_by: str
    whose: str
    no_later: bool

    def wide(self, layout: Layout, names: Sequence[str]) -> str:
        rows = f"(SELECT * FROM {layout.rows()} WHERE {self.whose}{self._known('known')})"
        columns = ", ".join(f"{column_of(name)}" for name in names)
        return (
            f"SELECT account_id, user_id, since, known, said, until, {columns} FROM {rows} AS said "
            f"JOIN ({self._ends(rows, 'account_id, user_id', 'known')}) AS ends USING (account_id, user_id) "
            f"WHERE {self._reaches('known')} ORDER BY account_id, since, known, said"
        )

    def long(self, rows: str, fields: Sequence[Field]) -> str:
        keys = "source, field, account_id, user_id"
        some = f"(SELECT * FROM {rows} WHERE {fields_are(fields)} AND {self.whose}{self._known('seen_at')})"
        return (
            f"SELECT {keys}, since, seen_at AS known, said, until, value FROM {some} AS said "
            f"JOIN ({self._ends(some, keys, 'seen_at')}) AS ends USING ({keys}) WHERE {self._reaches('seen_at')} "
            "ORDER BY source, field, account_id, since, known, said, value NULLS FIRST"
        )

    def _known(self, known: str) -> str:
        return f" AND {known} <= {self.known_by}" if self.no_later else ""

    def _ends(self, rows: str, keys: str, known: str) -> str:
        """SQL for the `since` of the last before: of what was known, as what is known later may come before it."""
        before = f"max(since) FILTER (since <= {self.since} AND {known} <= {self.known_by})"
        return f"SELECT {keys}, {before} AS last_before FROM {rows} GROUP BY {keys}"

    def _reaches(self, known: str) -> str:
        return f"(since >= coalesce(last_before, TIMESTAMP '0001-01-01') OR {known} > {self.known_by})"


def _shelf(con: duckdb.DuckDBPyConnection, query: str, source: str, names: Sequence[str]) -> SaidShelf:
    table = _table(con, query)
    values = {name: texts_of(table[column_of(name)]) for name in names}
    return _shelved(table, source, values)


def _long(con: duckdb.DuckDBPyConnection, query: str, fields: Sequence[Field]) -> list[SaidShelf]:
    """A shelf for each field."""
    table = _table(con, query)
    sources, names = (texts_of(table[column]) for column in ("source", "field"))
    shelves = []
    for source, name in fields:
        rows = np.flatnonzero((sources == source) & (names == name))
        if len(rows):
            some = table.slice(int(rows[0]), len(rows))  # in order of their fields
            shelves.append(_shelved(some, source, {name: texts_of(some["value"])}))
    return shelves


def _table(con: duckdb.DuckDBPyConnection, query: str) -> Any:
    moments = ", ".join(f"epoch_us({name}) AS {name}" for name in ("since", "known", "said"))
    table = con.sql(
        f"SELECT * REPLACE ({moments}, coalesce(epoch_us(until), {ENDLESS}) AS until) FROM ({query})"
    ).to_arrow_table()
    assert table is not None, "a SELECT gives a table"
    return table


def _shelved(table: Any, source: str, values: Mapping[str, Array]) -> SaidShelf:
    since, known, said, until = (
        np.asarray(table[name].combine_chunks().cast("int64")) for name in ("since", "known", "said", "until")
    )
    users = texts_of(table["user_id"])
    return SaidShelf(Said(source, users, (since, known, said), until, values), places_of(table["account_id"]))


def texts_of(column: Any) -> Array:
    """Texts, each once in memory however many rows have it."""
    coded = _whole(column).dictionary_encode()
    texts = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
    placed: Array = texts[np.asarray(coded.indices.fill_null(-1))]
    return placed


def places_of(accounts: Any) -> dict[str, slice]:
    """Where the rows of each account begin and end."""
    coded = _whole(accounts).dictionary_encode()
    codes = np.asarray(coded.indices)
    edges = np.flatnonzero(np.diff(codes, prepend=-1, append=-1)).tolist()
    names = coded.dictionary.to_pylist()
    return {names[codes[begin]]: slice(begin, end) for begin, end in pairwise(edges)}


def _whole(column: Any) -> Any:
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column
