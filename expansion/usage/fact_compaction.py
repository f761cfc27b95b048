"""Small files of facts put together, each kind with its like.

A table that is imported every day repeats what it said: of a row that says the same as the one before it and the one
after it nothing is kept, where nothing else was ever said of the same fields. What begins when it is imported counts
alone: what has a date of its own may be asked about again.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from expansion.private_files import settle, sync
from expansion.usage.forms.duck import one, quote
from expansion.usage.forms.properties import column_of
from expansion.usage.statements import WIDE
from expansion.usage.storage.manifest import FactFile
from expansion.usage.storage.store import UsageStore

_SMALL = 200_000  # rows
_CELLS = 4_000_000  # in a file of statements: so many are put in order in memory


def small(files: Sequence[FactFile]) -> list[FactFile]:
    """Those that are worth putting together."""
    return [file for file in files if file.rows < _SMALL and _cells(file) < _CELLS]


def fewer(store: UsageStore, con: duckdb.DuckDBPyConnection, files: Sequence[FactFile]) -> tuple[FactFile, ...]:
    """All files, the small ones put together."""
    alike: dict[tuple[object, ...], list[FactFile]] = {}
    for file in small(files):
        alike.setdefault(file.layout, []).append(file)
    together = [group for some in alike.values() for group in _groups(sorted(some, key=lambda file: file.first))]
    kept = [file for file in files if not any(file in group for group in together)]
    made = [_one_of(store, con, group, files) if len(group) > 1 else group[0] for group in together]
    return (*kept, *made)


def _cells(file: FactFile) -> int:
    return file.rows * max(1, len(file.fields)) if file.kind == "wide" else file.rows


def _groups(files: Sequence[FactFile]) -> Iterator[list[FactFile]]:
    """Files one after the other, up to the size of a large one."""
    group: list[FactFile] = []
    for file in files:
        if group and sum(map(_cells, group)) >= _CELLS:
            yield group
            group = []
        group.append(file)
    if group:
        yield group


def _one_of(
    store: UsageStore, con: duckdb.DuckDBPyConnection, group: Sequence[FactFile], files: Sequence[FactFile]
) -> FactFile:
    path = store.root / "facts" / f"{uuid.uuid4().hex[:16]}.parquet"
    relation, kind = store.files(file.file for file in group), group[0].kind
    rows = f"SELECT * FROM {relation}"
    if kind == "wide":
        is_alone = len({file.layout for file in files if file.source == group[0].source}) == 1
        is_alone = is_alone and not group[0].complete and not group[0].of_people
        rows = _changing(relation, group[0].fields) if is_alone else rows
        rows += " ORDER BY account_id, since"
    elif kind == "named":
        rows += " ORDER BY account_id, field, since"
    con.execute(f"COPY ({rows}) TO {quote(str(path))} {WIDE}")
    settle(path)
    sync(path.parent)
    return replace(
        group[0],
        file=f"facts/{path.name}",
        rows=one(con, f"SELECT count(*) FROM read_parquet({quote(str(path))})"),
        fields=tuple(sorted({name for file in group for name in file.fields})),
        ends=any(file.ends for file in group),
        is_plain=all(file.is_plain for file in group) and _is_unique(con, path),
        first=min(file.first for file in group),
        last=max(file.last for file in group),
    )


def _changing(relation: str, fields: Sequence[str]) -> str:
    """SQL for the statements without those that stand between two of the same that were said when they began."""
    cells = f"row({', '.join(map(column_of, fields))})"
    began = "date_trunc('milliseconds', {}) = date_trunc('milliseconds', said)"
    undated = f"{began.format('since')} AND {began.format('known')} AND until IS NULL"
    said = f"CASE WHEN {undated} THEN {cells} END"
    around = " AND ".join(
        f"{word}({said}) OVER key IS NOT DISTINCT FROM {said} AND {word}(said) OVER key IS NOT NULL"
        for word in ("lag", "lead")
    )
    return (
        f"SELECT * FROM {relation} WINDOW key AS (PARTITION BY account_id, user_id ORDER BY since, known, said) "
        f"QUALIFY NOT coalesce({undated} AND {around}, false)"
    )


def _is_unique(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Whether each has one statement for a `since`."""
    keyed = f"SELECT 1 FROM read_parquet({quote(str(path))}) GROUP BY account_id, user_id, since HAVING count(*) > 1"
    return not one(con, f"SELECT count(*) FROM ({keyed})")
