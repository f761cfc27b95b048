"""The first rows of files, table by table, for a map to be proposed of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from expansion.files.found import FoundFile, found
from expansion.files.propose_columns import Table
from expansion.files.reading import ReadWords, Rows, Unusable, reading
from expansion.usage.duck import connect

MOST_ROWS = 10_000  # of a table: enough to tell what its columns are
_FEWEST = 1_000
_MOST_CELLS = 300_000  # a wide table is looked at in seconds, too
_MOST_FILES = 50  # of a table: a year of daily files says no more


@dataclass
class _Gathered:
    """What was read of one table so far."""

    columns: dict[str, None] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    is_whole: bool = True
    is_json: bool = False


def tables(arguments: Sequence[str], most: int = MOST_ROWS) -> tuple[list[Table], list[str]]:
    """The tables that files hold, each with its first rows; and a sentence for each file that gives none."""
    files, sentences = found(arguments)
    chosen, cut = _chosen(files)
    gathered: dict[str, _Gathered] = {}
    with TemporaryDirectory(prefix="expansion-map-") as folder, connect(threads=1) as con:
        for rows in reading(con, chosen, ReadWords(), Path(folder)):
            if isinstance(rows, Unusable):
                sentences.append(rows.sentence)
                continue
            table = gathered.setdefault(rows.files[0].table, _Gathered())
            _gather(con, rows, table, most)
    for name in cut & gathered.keys():
        gathered[name].is_whole = False
    return [_table(name, one) for name, one in gathered.items()], sentences


def _chosen(files: Iterable[FoundFile]) -> tuple[list[FoundFile], set[str]]:
    """The files to look at, and the tables of which some are left aside."""
    count: dict[str, int] = {}
    chosen = []
    for file in files:
        count[file.table] = count.get(file.table, 0) + 1
        if count[file.table] <= _MOST_FILES:
            chosen.append(file)
    return chosen, {name for name, of_it in count.items() if of_it > _MOST_FILES}


def _gather(con: duckdb.DuckDBPyConnection, rows: Rows, table: _Gathered, most: int) -> None:
    width = max(1, len(rows.columns or ()))
    room = min(most, max(_FEWEST, _MOST_CELLS // width)) - len(table.rows)
    if room <= 0:
        table.is_whole = False
        return
    read = list(_read(con, rows, room + 1))
    table.is_whole &= len(read) <= room
    table.is_json |= rows.columns is None
    table.rows += read[:room]
    for column in rows.columns or (name for row in read for name in row):
        table.columns.setdefault(column)


def _read(con: duckdb.DuckDBPyConnection, rows: Rows, most: int) -> Iterator[dict[str, Any]]:
    cells = "row" if rows.columns is None else ", ".join(f"c{at}" for at in range(len(rows.columns)))
    cursor = con.execute(f"SELECT {cells} FROM ({rows.relation}) WHERE broken IS NULL LIMIT {most}")
    while batch := cursor.fetchmany(1_000):
        for one in batch:
            yield json.loads(one[0]) if rows.columns is None else dict(zip(rows.columns, one, strict=True))


def _table(name: str, gathered: _Gathered) -> Table:
    return Table(name, tuple(gathered.columns), gathered.rows, gathered.is_whole, gathered.is_json)
