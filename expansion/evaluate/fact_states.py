"""Which statement of a fact holds at each of several moments, for everybody who is asked: found for all at once.

A statement holds from its `since` until that of the next one in order. So each is put in order once, however many
moments are asked, and only those that hold at one of them are read with their values; see
usage/storage/fact_relations.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import duckdb
import numpy as np

from expansion.evaluate.moves import Moves
from expansion.evaluate.numbers import Array, Flags
from expansion.evaluate.subjects import Subjects
from expansion.usage.forms.duck import quote
from expansion.usage.forms.properties import column_of
from expansion.usage.storage.fact_relations import NEWEST, FactRelations, Field, Layout, stored
from expansion.usage.storage.marks import ended, mark

EMPTY = ""  # somebody looked, and there is none: no source sends it, see usage/facts.as_text
EPOCH = datetime(1970, 1, 1)
ENDLESS = 1 << 62  # microseconds: never
Order = tuple[Array, Array, Array]  # since, known, said, in microseconds since 1970


@dataclass(frozen=True)
class Statements:
    """Statements of one field: of whom, which text, in which order, and at which moments (by number) each holds."""

    places: Array
    codes: Array
    texts: tuple[str | None, ...]
    order: Order
    first: Array  # holds from this moment on
    last: Array  # and before this one

    def at(self, number: int) -> Flags:
        holds: Flags = (self.first <= number) & (number < self.last)
        return holds

    def until(self, moments: Array, until: Array) -> Statements:
        """The same, each replaced by a mark once it has ended."""
        ends = np.searchsorted(moments, until)
        ending = np.flatnonzero((ends < self.last) & (until < ENDLESS))
        days, which = np.unique(until[ending], return_inverse=True)
        marks = tuple(ended(EPOCH + timedelta(microseconds=int(day))) for day in days)
        return self._replaced(ending, ends, which + len(self.texts), marks)

    def gone(self, moments: Array, snapshots: Order) -> Statements:
        """The same, each replaced by a mark once a newer snapshot has come: what is in one is no older."""
        since = np.append(snapshots[0], ENDLESS)
        ends = np.searchsorted(moments, since[_next(snapshots, self.order)])
        ending = np.flatnonzero(ends < self.last)
        return self._replaced(ending, ends, np.full(len(ending), len(self.texts)), (mark("gone"),))

    def of_used_texts(self) -> Statements:
        """The same, without the texts that none of them has."""
        used, codes = np.unique(self.codes, return_inverse=True)
        return replace(self, codes=codes, texts=tuple(self.texts[place] for place in used.tolist()))

    def _replaced(self, rows: Array, ends: Array, codes: Array, marks: tuple[str, ...]) -> Statements:
        if not len(rows):
            return self
        begin = np.maximum(ends[rows], self.first[rows])
        last = self.last.copy()
        last[rows] = begin
        return Statements(
            np.append(self.places, self.places[rows]),
            np.append(self.codes, codes),
            (*self.texts, *marks),
            (_more(self.order[0], rows), _more(self.order[1], rows), _more(self.order[2], rows)),
            np.append(self.first, begin),
            np.append(last, self.last[rows]),
        )


@dataclass(frozen=True)
class States:
    """What holds of one field at each of some moments, for everybody asked; text 0 is what nobody ever told."""

    said: Sequence[Statements]
    moments: Sequence[datetime]
    subjects: Subjects
    source: str
    moves: Moves | None = None  # of people

    @cached_property
    def texts(self) -> tuple[str | None, ...]:
        told = tuple(text for one in self.said for text in one.texts)
        return (None, *told, mark("moved"))

    def at(self, moment: datetime) -> Array:
        """Which of the texts each of them has."""
        codes = np.zeros(self.subjects.size, dtype=np.int64)
        number, offset = self.moments.index(moment), 1
        newest: list[Array] = [np.full(self.subjects.size, -ENDLESS) for _ in range(3)] if len(self.said) > 1 else []
        for one in self.said:
            rows = np.flatnonzero(one.at(number))
            if newest:
                places = one.places[rows]
                rows = rows[_is_later([part[rows] for part in one.order], [part[places] for part in newest])]
                for part, values in zip(newest, one.order, strict=True):
                    part[one.places[rows]] = values[rows]
            codes[one.places[rows]] = one.codes[rows] + offset
            offset += len(one.texts)
        if self.moves:
            moved = [place for place in self.moves.gone(self.source, self.subjects, moment) if codes[place]]
            codes[moved] = offset
        return codes


@dataclass
class Reading:
    """Reads the statements of those in `asked(idx, …)` that were known by a moment."""

    con: duckdb.DuckDBPyConnection
    facts: FactRelations
    subjects: Subjects
    known_by: datetime
    _snapshots: dict[Field, Order] | None = field(default=None)
    _moves: list[Moves] = field(default_factory=list)  # one at most

    def states(self, fields: Sequence[Field], moments: Sequence[datetime]) -> dict[Field, States]:
        """What holds of these fields at these moments."""
        ordered = sorted(set(moments))
        at = np.array([microseconds(moment) for moment in ordered], dtype=np.int64)
        said: dict[Field, list[Statements]] = {one: [] for one in fields}
        for layout in self.facts.layouts:
            names = [name for name in layout.fields if (layout.source, name) in said]
            if names and layout.of_people == self.subjects.of_users:
                for name, one in self._wide(layout, names, ordered, at).items():
                    said[layout.source, name].append(one)
        for where, one in self._long(fields, ordered, at).items():
            said[where].append(one)
        held = {where: [self._while_there(where, one, at) for one in some] for where, some in said.items()}
        return {where: States(some, ordered, self.subjects, where[0], self.moves) for where, some in held.items()}

    def _while_there(self, where: Field, one: Statements, at: Array) -> Statements:
        snapshots = self.snapshots.get(where)
        return one if snapshots is None else one.gone(at, snapshots)

    def _wide(
        self, layout: Layout, names: Sequence[str], moments: Sequence[datetime], at: Array
    ) -> dict[str, Statements]:
        keys = ", ".join(self.subjects.keys)
        rows = layout.rows()
        query = (
            f"WITH ordered AS (SELECT idx, {keys}, since, known, said, lead(since) OVER (PARTITION BY idx "
            f"ORDER BY since, known, said) AS next FROM {rows} JOIN asked USING ({keys}) "
            f"WHERE known <= {stored(self.known_by)} AND since <= {stored(moments[-1])}), "
            f"held AS (SELECT idx, {keys}, since, known, said, {_holds(moments)} FROM ordered WHERE first < last) "
            f"SELECT idx, {_times('known')}, first, last, {', '.join(map(column_of, names))} "
            f"FROM {rows} JOIN held USING ({keys}, since, known, said)"
        )
        table = _table(self.con, query)
        common = _common(table)
        until = _whole(table["until"]) if layout.ends else None
        found = {}
        for name in names:
            one = Statements(common.places, *_coded(table[column_of(name)]), common.order, common.first, common.last)
            found[name] = one if until is None else one.until(at, until)
        return found

    def _long(self, fields: Sequence[Field], moments: Sequence[datetime], at: Array) -> dict[Field, Statements]:
        keys = ", ".join(self.subjects.keys)
        whose = "true" if self.subjects.of_users else "said.user_id = ''"
        wanted = ", ".join(f"({number}, {quote(s)}, {quote(f)})" for number, (s, f) in enumerate(fields))
        query = (
            "WITH ordered AS (SELECT number, idx, value, since, seen_at, said, until, lead(since) OVER "
            f"(PARTITION BY number, idx ORDER BY {NEWEST}) AS next FROM {self.facts.of_rows()} AS said "
            f"JOIN asked USING ({keys}) JOIN (VALUES {wanted}) AS wanted(number, source, field) USING (source, field) "
            f"WHERE {whose} AND seen_at <= {stored(self.known_by)} AND since <= {stored(moments[-1])}) "
            f"SELECT number, idx, {_times('seen_at')}, {_holds(moments)}, value FROM ordered WHERE first < last"
        )
        table = _table(self.con, query)
        numbers = np.asarray(table["number"].combine_chunks())
        common, until, (codes, texts) = _common(table), _whole(table["until"]), _coded(table["value"])
        found = {}
        for number, where in enumerate(fields):
            rows = np.flatnonzero(numbers == number)
            if len(rows):
                since, known, said = (part[rows] for part in common.order)
                some = Statements(
                    common.places[rows], codes[rows], texts, (since, known, said), common.first[rows], common.last[rows]
                )
                found[where] = some.until(at, until[rows]).of_used_texts()
        return found

    @property
    def snapshots(self) -> Mapping[Field, Order]:
        """When all there is was told, by field, in order."""
        if self._snapshots is None:
            self._snapshots = snapshots_of(self.con, self.facts, of_people=self.subjects.of_users, by=self.known_by)
        return self._snapshots

    @property
    def moves(self) -> Moves | None:
        if not self.subjects.of_users:
            return None
        if not self._moves:
            self._moves.append(Moves.of(self.con, self.facts, self.known_by))
        return self._moves[0] if self._moves[0].named else None


def snapshots_of(
    con: duckdb.DuckDBPyConnection, facts: FactRelations, *, of_people: bool, by: datetime | None = None
) -> dict[Field, Order]:
    """When all there is was told, by field, in order."""
    query = facts.snapshots()
    if not query:
        return {}
    known = f" AND known <= {stored(by)}" if by else ""
    rows = con.execute(
        f"SELECT source, field, epoch_us(since), epoch_us(known), epoch_us(said) FROM ({query}) "
        f"WHERE of_people = {of_people}{known} ORDER BY ALL"
    ).fetchall()
    found: dict[Field, list[tuple[int, int, int]]] = {}
    for source, name, *order in rows:
        found.setdefault((source, name), []).append((order[0], order[1], order[2]))
    return {where: _order(some) for where, some in found.items()}


def microseconds(moment: datetime) -> int:
    """Since 1970, of a moment as stored or an aware one."""
    naive = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return (naive - EPOCH) // timedelta(microseconds=1)


# --- SQL --------------------------------------------------------------------------------------------------------------


def _holds(moments: Sequence[datetime]) -> str:
    """SQL for `first` and `last`: by how many moments a statement was not yet, and not ended by the next one."""
    begun = " + ".join(f"(since > {stored(moment)})::INTEGER" for moment in moments)
    over = " + ".join(f"(next > {stored(moment)})::INTEGER" for moment in moments)
    return f"{begun} AS first, coalesce({over}, {len(moments)}) AS last"


def _times(known: str) -> str:
    return (
        f"epoch_us(since) AS since, epoch_us({known}) AS known, epoch_us(said) AS said, "
        f"coalesce(epoch_us(until), {ENDLESS}) AS until"
    )


# --- arrays -----------------------------------------------------------------------------------------------------------


def _table(con: duckdb.DuckDBPyConnection, query: str) -> Any:
    table = con.sql(query).to_arrow_table()
    assert table is not None, "a SELECT gives a table"
    return table


def _common(table: Any) -> Statements:
    nothing = np.zeros(0, dtype=np.int64)
    order = (_whole(table["since"]), _whole(table["known"]), _whole(table["said"]))
    return Statements(_whole(table["idx"]), nothing, (), order, _whole(table["first"]), _whole(table["last"]))


def _whole(column: Any) -> Array:
    whole: Array = np.asarray(column.combine_chunks().cast("int64"))
    return whole


def _coded(column: Any) -> tuple[Array, tuple[str | None, ...]]:
    """Which of the different texts each row has, and these."""
    coded = column.combine_chunks().dictionary_encode()
    codes: Array = np.asarray(coded.indices.fill_null(-1)).astype(np.int64) + 1
    return codes, (EMPTY, *coded.dictionary.to_pylist())


def _order(rows: Iterable[tuple[int, int, int]]) -> Order:
    since, known, said = np.array(list(rows), dtype=np.int64).reshape(-1, 3).T
    return since, known, said


def _more(values: Array, rows: Array) -> Array:
    return np.append(values, values[rows])


def _is_later(ones: Sequence[Array], others: Sequence[Array]) -> Flags:
    """Where one comes after the other: by the first part, where that is the same by the next."""
    later: Flags = ones[-1] > others[-1]
    for one, other in list(zip(ones, others, strict=True))[-2::-1]:
        later = (one > other) | ((one == other) & later)
    return later


def _next(snapshots: Order, order: Order) -> Array:
    """For each statement the place of the first snapshot that is newer."""
    places = np.searchsorted(snapshots[0], order[0])
    padded = [np.append(part, ENDLESS) for part in snapshots]
    while True:
        older = ~_is_later([part[places] for part in padded], order)
        if not older.any():
            return places
        places = places + older
