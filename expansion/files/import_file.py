"""Stores the events or the facts of one file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import duckdb

from expansion.files.fact_columns import notes, refuse_missing
from expansion.files.fact_rows import FactRows, FileRow
from expansion.files.told import add_told
from expansion.language.model.models import Facts
from expansion.usage.facts import user_accounts
from expansion.usage.import_events import Imported, import_events
from expansion.usage.lines import ImportFailed
from expansion.usage.mapping import FactMap, load_map
from expansion.usage.reading import rows_again
from expansion.usage.rejects import Reject, list_rejects
from expansion.usage.scratch import scratch
from expansion.usage.store import UsageStore


def import_file(
    store: UsageStore, path: Path, map_path: Path, now: datetime, *, zone: tzinfo = UTC, facts: Facts | None = None
) -> Imported:
    """Store the events or facts of one file. Raises ImportFailed or MapError where file or map cannot be used.

    A day without a zone begins in `zone`. With `facts`, the file's columns are compared with what facts.yaml asks for.
    """
    mapping = load_map(map_path)
    if mapping.events is not None:
        return import_events(store, path, mapping.events, users=user_accounts(store), by=now)
    assert mapping.facts is not None, "a map holds one of the two"
    return _import_facts(store, path, mapping.facts, now, zone, facts)


def _import_facts(
    store: UsageStore, path: Path, mapping: FactMap, now: datetime, zone: tzinfo, facts: Facts | None
) -> Imported:
    result = Imported(path.name)
    rows, broken, columns = _rows(store, path)
    said = FactRows(mapping, columns, zone, broken)
    if columns:
        refuse_missing(path, mapping, columns)
    if broken and not rows:
        raise ImportFailed(f"{path}: holds no row that can be read; check that the file is what its name says")
    if not rows:
        raise ImportFailed(f"{path}: holds no row; is it the file that was meant?")
    records = list(said.records(rows))
    if records:  # a file that says nothing of anybody is no answer: what rests on one stays open
        result.stored = add_told(store, mapping.source, records, now, mapping.fields or ())
    result.rows, result.records = len(rows), len(records)
    result.duplicates = said.repeats
    result.refused(list_rejects(store.root, path.name, said.rejects, by_line=True))
    result.notes = [*notes(said, facts)]
    return result


def _rows(store: UsageStore, path: Path) -> tuple[list[FileRow], list[Reject], tuple[str, ...]]:
    """All rows, what is no row, and the names of the columns; fact files are small."""
    if not path.is_file():
        raise ImportFailed(f"{path}: there is no such file; check the name")
    con = store.connect()
    try:
        with rows_again(con, path, scratch(store.root)) as rows:
            whole = "coalesce(text, CAST(to_json(row) AS VARCHAR))"
            found = con.execute(
                f"SELECT line, broken, {whole}, CAST(to_json(row) AS VARCHAR) FROM ({rows.sql})"
            ).fetchall()
    except duckdb.Error as error:
        raise ImportFailed(f"{path}: is not what its name says, or is cut off; write it again at its source") from error
    good = [FileRow(line, json.loads(row), text) for line, broken, text, row in found if not broken]
    columns = rows.columns or tuple(dict.fromkeys(name for row in good for name in row.cells))
    return good, [(line, broken, text) for line, broken, text, _ in found if broken], columns
