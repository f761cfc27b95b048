"""What held before, at the moment of each row of a batch of statements: so it is told what of it is new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from expansion.usage.duck import one, quote
from expansion.usage.fact_relations import NOBODY, stored
from expansion.usage.marks import mark


@dataclass(frozen=True)
class Batch:
    """Statements that are to be stored. `rows` are those of somebody."""

    relation: str  # a Parquet file: `keys`, since, until, known, said and `cells`
    keys: tuple[str, ...]
    cells: tuple[str, ...]
    now: datetime
    rows: int
    first: datetime
    last: datetime
    known: datetime
    ends: bool
    of_people: bool
    is_plain: bool  # `known` is `since` in each


@dataclass(frozen=True)
class Earlier:
    """Statements of some of the same cells, in one file. In a plain one each key has one for a `since`, then known."""

    layout: tuple[object, ...]
    relation: str
    cells: tuple[str, ...]
    first: str
    last: str
    is_plain: bool = False


@dataclass(frozen=True)
class Held:
    """For each row of a batch what held before: in a table `held`, a column h_… for each cell."""

    con: duckdb.DuckDBPyConnection
    batch: Batch

    def count_new(self) -> int:
        """How many values are not what held before."""
        parts = [f"count(*) FILTER ({_was(cell)} OR h_{cell}.v IS DISTINCT FROM {cell})" for cell in self.batch.cells]
        return one(self.con, f"SELECT {' + '.join(parts)} FROM {self._joined} WHERE account_id <> '{NOBODY}'")

    def says_less(self, keep: str | None) -> bool:
        """Whether some rows are not to be stored as they are."""
        return bool(
            one(self.con, f"SELECT count(*) FROM {self._joined} WHERE NOT ({self._says(keep)}) OR {self._again}")
        )

    def rows(self, keep: str | None) -> str:
        """SQL for the rows that say something, those of an import that contradicts itself with marks."""
        cells = [f"{self._cell(cell)} AS {cell}" for cell in self.batch.cells]
        said = f"CASE WHEN {self._again} THEN last_said + INTERVAL 1 MICROSECOND ELSE said END AS said"
        kept = [*self.batch.keys, "since", "until", "known", said, *cells]
        return f"SELECT {', '.join(kept)} FROM {self._joined} WHERE {self._says(keep)}"

    @property
    def _joined(self) -> str:
        rows = self.batch.relation.removesuffix(")") + ", file_row_number = true)"
        return f"(SELECT * FROM {rows} AS b LEFT JOIN held ON held.n = b.file_row_number)"

    @property
    def _again(self) -> str:
        """Whether the same import has said something of the very same moment before."""
        return f"coalesce(last_said >= {stored(self.batch.now)}, false)"

    def _says(self, keep: str | None) -> str:
        """Whether a row says something that was not said last of the very same moment."""
        parts = [
            f"NOT coalesce(h_{cell}.same, false) OR {self._differs(cell, self._cell(cell))}"
            for cell in self.batch.cells
        ]
        says = " OR ".join(parts) or "last_said IS NULL"
        if keep is None:
            return f"({says})"
        return f"(since IN ({keep}) OR (account_id <> '{NOBODY}' AND ({says})))"

    def _cell(self, cell: str) -> str:
        contradicts = f"{self._again} AND h_{cell}.same AND {self._differs(cell, cell)}"
        return f"CASE WHEN {contradicts} THEN {quote(mark('twice'))} ELSE {cell} END"

    def _differs(self, cell: str, value: str) -> str:
        return f"(h_{cell}.v IS DISTINCT FROM {value} OR h_{cell}.u IS DISTINCT FROM until)"


def _was(cell: str) -> str:
    """Whether nothing held before."""
    return f"h_{cell} IS NULL OR coalesce(h_{cell}.u <= since, false)"


def held_before(con: duckdb.DuckDBPyConnection, batch: Batch, earlier: Sequence[Earlier]) -> Held:
    """Look up what held. The newest files are read first, and no more of them than have something to say."""
    held = ", ".join(f"h_{cell} STRUCT(v VARCHAR, u TIMESTAMP, same BOOLEAN)" for cell in batch.cells)
    at = "STRUCT(since TIMESTAMP, known TIMESTAMP, said TIMESTAMP)"
    con.execute(f"CREATE OR REPLACE TEMP TABLE candidates (n BIGINT, told_at {at}, {held})")
    for layout in dict.fromkeys(part.layout for part in earlier):
        _look_up(con, batch, [part for part in earlier if part.layout == layout])
    newest = ", ".join(f"arg_max(h_{cell}, told_at) AS h_{cell}" for cell in batch.cells)
    same = " OR ".join(f"h_{cell}.same" for cell in batch.cells)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE held AS SELECT n, max(told_at.said) FILTER ({same}) AS last_said, {newest} "
        "FROM candidates GROUP BY n"
    )
    con.execute("DROP TABLE candidates")
    return Held(con, batch)


def _look_up(con: duckdb.DuckDBPyConnection, batch: Batch, files: Sequence[Earlier]) -> None:
    rows = batch.relation.removesuffix(")") + ", file_row_number = true)"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE sought AS SELECT file_row_number AS n, {', '.join(batch.keys)}, since, known "
        f"FROM {rows} WHERE account_id <> '{NOBODY}'"
    )
    for file, before in _newest_first(files):
        con.execute(f"INSERT INTO candidates BY NAME {_found(batch, file)}")
        if before is None:
            break
        con.execute(
            f"DELETE FROM sought WHERE n IN (SELECT n FROM candidates WHERE told_at.since > TIMESTAMP {quote(before)})"
        )
        if not one(con, "SELECT count(*) FROM sought"):
            break
    con.execute("DROP TABLE sought")


def _newest_first(files: Sequence[Earlier]) -> Iterator[tuple[Earlier, str | None]]:
    """Each file, and the newest `since` of those after it."""
    ordered = sorted(files, key=lambda file: file.last, reverse=True)
    for place, file in enumerate(ordered):
        yield file, ordered[place + 1].last if place + 1 < len(ordered) else None


def _found(batch: Batch, file: Earlier) -> str:
    """SQL for the newest statement of a file that each row comes after, if there is one."""
    same = " AND ".join(f"s.{key} = f.{key}" for key in batch.keys)
    cells = [
        f"struct_pack(v := f.{cell}, u := f.until, same := f.since = s.since AND f.known = s.known) AS h_{cell}"
        for cell in file.cells
    ]
    at = "struct_pack(since := f.since, known := f.known, said := f.said) AS told_at"
    kept = f"s.n AS n, {at}, {', '.join(cells)}"
    rows = f"(SELECT * FROM {file.relation} WHERE account_id <> '{NOBODY}')"
    if file.is_plain and batch.is_plain:
        return f"SELECT {kept} FROM sought AS s ASOF JOIN {rows} AS f ON {same} AND s.since >= f.since"
    newest = ", ".join(f"max_by(h_{cell}, told_at) AS h_{cell}" for cell in file.cells)
    joined = f"SELECT {kept} FROM sought AS s JOIN {rows} AS f ON {same} AND f.since <= s.since AND f.known <= s.known"
    return f"SELECT n, max(told_at) AS told_at, {newest} FROM ({joined}) GROUP BY n"
