"""A look at a file without reading all of it, for who has to tell what its columns are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from expansion.files.read.found import FoundFile
from expansion.files.read.reading import given, plans
from expansion.files.read.rows import Rows, Unusable
from expansion.files.read.words import ReadWords

_BLOCK = 256 << 10
_BEGINNING = 8 << 20  # bytes of a packed text


@dataclass(frozen=True)
class Sample:
    """The first rows of a file, and how it is read.

    `columns` is None for JSON, whose rows are what JSON holds; the others are texts by column, a value that is none
    being None and a struct or list the JSON of it. `told` has kind, encoding, separator, heading_line, sheet, rows_at,
    as far as the kind of file has them.
    """

    file: FoundFile
    columns: tuple[str, ...] | None
    types: Mapping[str, str]
    rows: tuple[Mapping[str, Any], ...]
    broken: tuple[tuple[int, str, str], ...]  # line, why, text
    told: Mapping[str, Any]


def sample(
    con: duckdb.DuckDBPyConnection, file: FoundFile, words: ReadWords, scratch: Path, rows: int = 1_000
) -> Sample | Unusable:
    """Look at a file; of an archive, at the first file in it."""
    looked = plans(con, [file], words, scratch, _BLOCK, _BEGINNING)
    plan = next(looked)
    if isinstance(plan, Unusable):
        return plan
    for found in given(con, [plan]):
        if isinstance(found, Unusable):
            return found
        try:
            taken = con.execute(f"SELECT * EXCLUDE (file) FROM ({found.relation}) LIMIT {rows}").fetchall()
        except duckdb.Error as error:
            if not found.damaged(error):
                raise
            continue
        broken = tuple((line, why, text) for line, why, text, *_ in taken if why is not None)
        named = [_named(found, cells) for _, why, _, *cells in sorted(taken, key=lambda row: row[0]) if why is None]
        return Sample(plan.whole.file, found.columns, found.types, tuple(named), broken, plan.told)
    raise AssertionError("a plan gives rows")


def _named(rows: Rows, cells: list[Any]) -> Mapping[str, Any]:
    if rows.columns is None:
        return dict(json.loads(cells[0]))
    return {name: _text(cell) for name, cell in zip(rows.columns, cells, strict=True)}


def _text(cell: Any) -> str | None:
    match cell:
        case None | str():
            return cell
        case dict() | list():
            return json.dumps(cell, default=str, ensure_ascii=False)
        case bool():
            return "true" if cell else "false"
    return str(cell)
