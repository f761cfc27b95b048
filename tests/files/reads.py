"""Reading files in tests: what came of each, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from expansion.files.read.bounds import BLOCK
from expansion.files.read.found import found
from expansion.files.read.reading import ReadWords, Rows, Unusable, reading
from expansion.usage.forms.duck import connect


@dataclass
class Read:
    """What reading some files gave. Rows are (line, cells) and broken ones (line, why, text)."""

    rows: list[tuple[int, Any]] = field(default_factory=list)
    broken: list[tuple[int, str, str]] = field(default_factory=list)
    columns: tuple[str, ...] | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    by_file: dict[str, list[Any]] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    groups: int = 0
    counted: int = 0
    tables: list[str] = field(default_factory=list)

    @property
    def cells(self) -> list[Any]:
        return [cells for _, cells in self.rows]


def read(*paths: Path | str, block: int = BLOCK, scratch: Path | None = None, **words: Any) -> Read:
    """Read files as the import does."""
    files, sentences = found([str(path) for path in paths])
    came = Read(sentences=list(sentences))
    into = scratch or Path(str(paths[0])).parent / ".scratch"
    into.mkdir(exist_ok=True)
    con = _connected()
    for part in reading(con, files, ReadWords(**words), into, block=block):
        if isinstance(part, Unusable):
            came.sentences.append(part.sentence)
        else:
            _take(con, part, came)
    assert not list(into.iterdir()), "a working copy was left"
    return came


@cache
def _connected() -> duckdb.DuckDBPyConnection:
    """One for all: opening one costs more than reading a small file."""
    return connect()


def _take(con: Any, rows: Rows, came: Read) -> None:
    came.groups += 1
    came.columns, came.types = rows.columns, rows.types
    came.tables += [file.table for file in rows.files]
    for file, line, broken, text, *cells in con.execute(rows.relation).fetchall():
        if broken is not None:
            came.broken.append((line, broken, text))
        else:
            values = cells[0] if rows.columns is None else tuple(cells)
            came.rows.append((line, values))
            came.by_file.setdefault(rows.files[file].name, []).append(values)
    came.counted += sum(rows.counted().values())
    came.sentences += rows.problems().values()
    came.rows.sort(key=lambda row: row[0])
    came.broken.sort()
