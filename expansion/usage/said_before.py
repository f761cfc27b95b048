"""What held before, at the moment of each row of a batch of statements: so it is told what of it is new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from expansion.usage.forms.duck import one, quote
from expansion.usage.storage.fact_relations import NOBODY, stored
from expansion.usage.storage.marks import mark


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
    """For each row of a batch what held before: in a table `held`, a column h_… for each cell; `repeats` has those that
    say just what held."""

    con: duckdb.DuckDBPyConnection
    batch: Batch
    keep: str = "false"  # SQL for what is kept though it says nothing new

    def count_new(self) -> int:
        """How many values are not what held before."""
        parts = [f"count(*) FILTER ({_was(cell)} OR h_{cell}.v IS DISTINCT FROM {cell})" for cell in self.batch.cells]
        new = f"account_id <> '{NOBODY}' AND repeats_same IS NULL"
        return one(self.con, f"SELECT {' + '.join(parts)} FROM {self._joined} WHERE {new}")

    def says_less(self) -> bool:
        """Whether some rows are not to be stored as they are."""
        less = f"NOT ({self._is_kept}) OR {self._again}"
        return bool(one(self.con, f"SELECT count(*) FROM {self._joined} WHERE {less}"))

    def rows(self) -> str:
        """SQL for the rows that say something, those of an import that contradicts itself with marks."""
        cells = [f"{self._cell(cell)} AS {cell}" for cell in self.batch.cells]
        said = f"CASE WHEN {self._again} THEN last_said + INTERVAL 1 MICROSECOND ELSE said END AS said"
        kept = [*self.batch.keys, "since", "until", "known", said, *cells]
        return f"SELECT {', '.join(kept)} FROM {self._joined} WHERE {self._is_kept}"

    @property
    def _joined(self) -> str:
        repeats = "SELECT n AS repeats_n, same AS repeats_same FROM repeats"
        return (
            f"(SELECT * FROM {_numbered(self.batch)} AS b LEFT JOIN held ON held.n = b.file_row_number "
            f"LEFT JOIN ({repeats}) ON repeats_n = b.file_row_number)"
        )

    @property
    def _again(self) -> str:
        """Whether the same import has said something of the very same moment before."""
        return f"coalesce(last_said >= {stored(self.batch.now)}, false)"

    def _says(self) -> str:
        """Whether a row says something that was not said last of the very same moment."""
        says = " OR ".join(
            f"NOT coalesce(h_{cell}.same, false) OR {self._differs(cell, self._cell(cell))}"
            for cell in self.batch.cells
        )
        says = f"CASE WHEN repeats_same IS NULL THEN {says} ELSE NOT repeats_same END"
        return f"(account_id <> '{NOBODY}' AND ({says}))"

    @property
    def _is_kept(self) -> str:
        return f"({self._says()} OR {self.keep})"

    def saying(self) -> str:
        """SQL for (account_id, user_id, since, known, says): whether each row says something new."""
        whose = "account_id, user_id, since, known"
        return f"SELECT {whose}, {self._says()} AS says FROM {self._joined} WHERE account_id <> '{NOBODY}'"

    def _cell(self, cell: str) -> str:
        contradicts = f"{self._again} AND h_{cell}.same AND {self._differs(cell, cell)}"
        return f"CASE WHEN {contradicts} THEN {quote(mark('twice'))} ELSE {cell} END"

    def _differs(self, cell: str, value: str) -> str:
        return f"(h_{cell}.v IS DISTINCT FROM {value} OR h_{cell}.u IS DISTINCT FROM until)"


def _was(cell: str) -> str:
    """Whether nothing held before."""
    return f"h_{cell} IS NULL OR coalesce(h_{cell}.u <= since, false)"


_SAME = "f.since = s.since AND f.known = s.known"
_SAYS_THE_SAME = "f.code_1 = s.code_1 AND f.code_2 = s.code_2"


def held_before(con: duckdb.DuckDBPyConnection, batch: Batch, earlier: Sequence[Earlier]) -> Held:
    """Look up what held.

    A table that is imported again mostly says what it said. Where it is the only one, its rows are compared as wholes
    first, by two hashes of 64 bits: of those that differ, what each value was is looked up (measured: a fifth of the
    time, a third of the memory).
    """
    con.execute("CREATE OR REPLACE TEMP TABLE repeats (n BIGINT, same BOOLEAN)")
    if all(file.cells == batch.cells and file.layout == earlier[0].layout for file in earlier):
        con.execute("CREATE OR REPLACE TEMP TABLE wholes (n BIGINT, told_at BIGINT[], same BOOLEAN, alike BOOLEAN)")
        _look_up(con, batch, earlier, "wholes", {"same": _SAME, "alike": _SAYS_THE_SAME}, codes=True)
        newest = "n, arg_max(same, told_at) AS same, arg_max(alike, told_at) AS alike"
        con.execute(f"INSERT INTO repeats SELECT n, same FROM (SELECT {newest} FROM wholes GROUP BY n) WHERE alike")
        con.execute("DROP TABLE wholes")
    held = ", ".join(f"h_{cell} STRUCT(v VARCHAR, u TIMESTAMP, same BOOLEAN)" for cell in batch.cells)
    con.execute(f"CREATE OR REPLACE TEMP TABLE candidates (n BIGINT, told_at BIGINT[], {held})")
    for layout in dict.fromkeys(part.layout for part in earlier):
        files = [part for part in earlier if part.layout == layout]
        cells = {f"h_{cell}": f"struct_pack(v := f.{cell}, u := f.until, same := {_SAME})" for cell in files[0].cells}
        _look_up(con, batch, files, "candidates", cells)
    newest = ", ".join(f"arg_max(h_{cell}, told_at) AS h_{cell}" for cell in batch.cells)
    same = " OR ".join(f"h_{cell}.same" for cell in batch.cells)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE held AS SELECT n, make_timestamp(max(told_at[3]) FILTER ({same})) AS last_said, "
        f"{newest} FROM candidates GROUP BY n"
    )
    con.execute("DROP TABLE candidates")
    return Held(con, batch)


def _look_up(
    con: duckdb.DuckDBPyConnection,
    batch: Batch,
    files: Sequence[Earlier],
    into: str,
    columns: Mapping[str, str],
    *,
    codes: bool = False,
) -> None:
    """Put into a table what was said before the rows of a batch, one row or more for each; by `columns`, made of a row
    `s` and of what was said `f`. The newest files are read first, and no more of them than have something to say.
    """
    coded = _codes(batch.cells) if codes else ""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE sought AS SELECT file_row_number AS n, {', '.join(batch.keys)}, since, known"
        f"{coded} FROM {_numbered(batch)} ANTI JOIN repeats ON repeats.n = file_row_number "
        f"WHERE account_id <> '{NOBODY}'"
    )
    for file, before in _newest_first(files):
        if not one(con, "SELECT count(*) FROM sought"):
            break
        con.execute(f"INSERT INTO {into} BY NAME {_found(batch, file, columns, coded)}")
        if before is not None:
            found = f"SELECT n FROM {into} WHERE told_at[1] > epoch_us(TIMESTAMP {quote(before)})"
            con.execute(f"DELETE FROM sought WHERE n IN ({found})")
    con.execute("DROP TABLE sought")


def _newest_first(files: Sequence[Earlier]) -> Iterator[tuple[Earlier, str | None]]:
    """Each file, and the newest `since` of those after it."""
    ordered = sorted(files, key=lambda file: file.last, reverse=True)
    for place, file in enumerate(ordered):
        yield file, ordered[place + 1].last if place + 1 < len(ordered) else None


def _found(batch: Batch, file: Earlier, columns: Mapping[str, str], coded: str) -> str:
    """SQL for the newest statement of a file that each row comes after, if there is one."""
    on = " AND ".join(f"s.{key} = f.{key}" for key in batch.keys)
    told_at = "[epoch_us(f.since), epoch_us(f.known), epoch_us(f.said)] AS told_at"
    kept = ", ".join(["s.n AS n", told_at, *(f"{sql} AS {name}" for name, sql in columns.items())])
    rows = f"(SELECT *{coded} FROM {file.relation} WHERE account_id <> '{NOBODY}')"
    if file.is_plain and batch.is_plain:
        if file.first == file.last:  # there is nothing to choose from
            return f"SELECT {kept} FROM sought AS s JOIN {rows} AS f ON {on} AND s.since >= f.since"
        return f"SELECT {kept} FROM sought AS s ASOF JOIN {rows} AS f ON {on} AND s.since >= f.since"
    newest = ", ".join(f"max_by({name}, told_at) AS {name}" for name in columns)
    joined = f"SELECT {kept} FROM sought AS s JOIN {rows} AS f ON {on} AND f.since <= s.since AND f.known <= s.known"
    return f"SELECT n, max(told_at) AS told_at, {newest} FROM ({joined}) GROUP BY n"


def _codes(cells: Sequence[str]) -> str:
    listed = ", ".join(["until", *cells])
    return f", hash({listed}) AS code_1, hash('again', {listed}) AS code_2"


def _numbered(batch: Batch) -> str:
    """SQL for the rows of a batch, each with its number."""
    return batch.relation.removesuffix(")") + ", file_row_number = true)"
