"""Facts of the files of one table into the store: read once, held beside the store until all is there, then stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb

from expansion.files.columns import Columns
from expansion.files.fact_sql import FactSql
from expansion.files.maps import Column, FactMap
from expansion.files.noting import Noted, good
from expansion.files.read.rows import Rows
from expansion.files.several_rows import KEYS, PICK, SeveralRows
from expansion.files.values import read_sql
from expansion.usage.forms.cells import NOTHING
from expansion.usage.forms.clock import Clock
from expansion.usage.forms.duck import one, quote, quote_list
from expansion.usage.forms.moment_sql import moment_sql
from expansion.usage.forms.properties import column_of, name_of
from expansion.usage.statements import add_named_statements, add_statements
from expansion.usage.storage.marks import marked_sql
from expansion.usage.storage.readings import number_sql
from expansion.usage.storage.scratch import scratch
from expansion.usage.storage.store import UsageStore

# Small groups: half the memory of the usual ones.
_STAGED = "(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 20480)"


@dataclass
class FactsIn:
    """The facts of one run's files of one table. `take` what they hold, then `store` it all at once."""

    usage: UsageStore
    con: duckdb.DuckDBPyConnection
    mapping: FactMap
    clock: Clock
    now: datetime
    noted: Noted
    kinds: Mapping[str, str] = field(default_factory=dict)  # of fields, as far as facts.yaml says
    repeats: dict[int, int] = field(default_factory=dict)  # by file
    _spoiled: set[int] = field(default_factory=set)  # files of which no row may be kept
    _staged: dict[tuple[str, ...], list[Path]] = field(default_factory=dict)  # by the columns of values

    def take(self, rows: Rows, first: int) -> Columns:
        """Read the rows of some files, of which the first has this number. Returns the columns that they had."""
        looked_at = self._copy()
        try:
            return self._take(rows, self._columns(rows, looked_at), first)
        finally:
            looked_at.unlink(missing_ok=True)

    def _take(self, rows: Rows, columns: Columns, first: int) -> Columns:
        sql = FactSql(columns, self.mapping, self.clock, self.now, self.kinds)
        columns.need(self.mapping.columns())
        fields = sql.fields(frozenset(self.kinds))
        columns.need_one(fields)
        values = self._values(fields)
        copy = self._copy()
        kept = [f"file + {first} AS file", "line", *self._keys, "until", *values, *self._picked(columns)]
        checked = sql.checked(fields)
        rows_kept = f"{good(checked, ', '.join(kept), first)} AND {sql.words(fields)}"
        self.con.execute(f"COPY ({rows_kept}) TO {quote(str(copy))} {_STAGED}")
        self._staged.setdefault(values, []).append(copy)
        self._spoiled |= {first + place for place in rows.problems()}
        return columns

    def _copy(self) -> Path:
        return scratch(self.usage.root) / f"{uuid.uuid4().hex[:16]}.parquet"

    @property
    def _keys(self) -> tuple[str, ...]:
        return (*KEYS, "field") if self.mapping.name is not None else KEYS

    def _columns(self, rows: Rows, copy: Path) -> Columns:
        """Of JSON, its keys as they are: the rows are laid beside to look at them first."""
        nothing = NOTHING if self.mapping.empty is None else self.mapping.empty
        if rows.columns is not None or self.mapping.name is not None:
            return Columns(rows, nothing)
        self.con.execute(f"COPY (SELECT * FROM ({rows.relation})) TO {quote(str(copy))} {_STAGED}")
        relation = f"read_parquet({quote(str(copy))})"
        keys = self.con.execute(
            f"SELECT DISTINCT unnest(TRY(json_keys(row))) FROM {relation} WHERE broken IS NULL ORDER BY 1"
        ).fetchall()
        names = tuple(name for (name,) in keys)
        return Columns(replace(rows, relation=f"SELECT * FROM {relation}"), nothing, keys=names or None)

    def _values(self, fields: Mapping[str, Column]) -> tuple[str, ...]:
        return ("value",) if self.mapping.name is not None else tuple(map(column_of, fields or ["@id"]))

    def _picked(self, columns: Columns) -> Iterator[str]:
        """What `several_rows` compares."""
        if isinstance(self.mapping.several_rows, dict):
            ((word, name),) = self.mapping.several_rows.items()
            text = columns.said(name)
            read = moment_sql(text, self.clock) if word == "newest" else number_sql(text, self.mapping.decimal)
            yield f"{read} AS {PICK}" if word == "newest" else f"TRY_CAST({read} AS DECIMAL(38, 9)) AS {PICK}"

    def store(self) -> int:
        """Store what all the files said. Returns how many values are new."""
        return sum(self._store(values, copies) for values, copies in self._staged.items())

    def _store(self, values: tuple[str, ...], copies: list[Path]) -> int:
        staged = self._good(copies)
        try:
            rows = SeveralRows(self.con, staged, self.mapping, values, self._keys).settled(
                self._repeated, self._refused
            )
            if not one(self.con, f"SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT 1)"):
                return 0  # what says nothing of anybody is no answer: what rests on one stays open
            source, names = self.mapping.source, [name_of(value) for value in values]
            if self.mapping.name is not None:
                return add_named_statements(self.usage, self.con, rows, source, self.now)
            return add_statements(self.usage, self.con, rows, source, names, self.now, complete=self.mapping.complete)
        finally:
            for copy in copies:
                copy.unlink(missing_ok=True)

    def unreadable(self) -> Iterator[tuple[str, int, str]]:
        """Of fields that facts.yaml takes as a kind: which have values that cannot be read as it, how many, and one."""
        kinds = {column_of(name): (name, kind) for name, kind in self.kinds.items()}
        for values, copies in self._staged.items():
            asked = {value: kinds[value] for value in values if value in kinds and self._read(value, kinds[value][1])}
            if not asked:
                continue
            wrong = {
                value: f"{value} IS NOT NULL AND NOT {marked_sql(value)} AND {self._read(value, kind)} IS NULL"
                for value, (_, kind) in asked.items()
            }
            each = ", ".join(
                f"count(*) FILTER ({test}), any_value({value}) FILTER ({test})" for value, test in wrong.items()
            )
            found = self.con.execute(f"SELECT {each} FROM {self._good(copies)}").fetchone()
            assert found is not None, "an aggregate has one row"
            for (name, _), count, example in zip(asked.values(), found[::2], found[1::2], strict=True):
                if count:
                    yield name, count, example

    def _read(self, value: str, kind: str) -> str | None:
        return moment_sql(value, self.clock) if kind == "date" else read_sql(value, kind, self.mapping)

    def _good(self, copies: list[Path]) -> str:
        staged = f"read_parquet([{quote_list(map(str, copies))}])"
        gone = ", ".join(map(str, sorted(self._spoiled)))
        return f"(SELECT * FROM {staged} WHERE file NOT IN ({gone}))" if gone else staged

    def _repeated(self, file: int, count: int) -> None:
        self.repeats[file] = self.repeats.get(file, 0) + count

    def _refused(self, file: int, line: int, reason: str, listed: str) -> None:
        self.noted.add(file, line, reason, None, None, listed=listed)
