"""Files into the store: JSON lines, CSV and Parquet, gzipped or not. What cannot be read is reported row by row.

Clean files take a fast path in which DuckDB parses once. A file in which anything is wrong is read again line by line,
so that the report can name the line; the good rows of it are stored all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import duckdb

from expansion.contract import EventRow
from expansion.usage.duck import quote
from expansion.usage.lines import CleanCopy, ImportFailed, clean_copy, count_rows, format_of
from expansion.usage.mapping import EventMap, Part
from expansion.usage.store import EVENT_COLUMNS, Stored, UsageStore


@dataclass
class Imported:
    """What became of one file or pull. `rejects` holds the reasons and how often; `report` the file with every row."""

    source: str
    stored: int = 0
    duplicates: int = 0
    rejects: dict[str, int] = field(default_factory=dict)
    report: Path | None = None


def import_events(
    store: UsageStore, path: Path, mapping: EventMap, *, users: Mapping[str, str] | None = None
) -> Imported:
    """Store the events of one file. `users` gives the account of a user, for events that name no account."""
    if not path.is_file():
        raise ImportFailed(f"{path}: there is no such file; check the name")
    con = store.connect()
    _load_users(con, users or {})
    try:
        stored = _store(store, con, checked_sql(relation_sql(path), mapping))
        clean = None
    except duckdb.Error as error:
        clean = _cleaned(store, path, error)
        stored = _store(store, con, checked_sql(relation_sql(clean.path), mapping))
    result = Imported(path.name, stored.rows, stored.duplicates)
    if clean is None and count_rows(con, path) != stored.rows + stored.duplicates:
        clean = _cleaned(store, path, None)
    if clean is not None:
        _report(store, con, result, clean.rejects, checked_sql(relation_sql(clean.path), mapping))
        clean.path.unlink()
    return result


def _cleaned(store: UsageStore, path: Path, error: duckdb.Error | None) -> CleanCopy:
    try:
        return clean_copy(path, store.root / "scratch")
    except ImportFailed as failed:
        raise failed from error


def import_rows(
    store: UsageStore,
    source: str,
    rows: Iterable[EventRow],
    covered: tuple[datetime, datetime] | None,
    *,
    users: Mapping[str, str] | None = None,
    batch: int = 200_000,
) -> Imported:
    """Store events that a source yields, batch by batch, so that a source that breaks half-way loses nothing read."""
    result = Imported(source)
    con = store.connect()
    _load_users(con, users or {})
    mapping = EventMap(id="id", event="event", time="time", account="account", user="user", received_at="received_at")
    scratch = store.root / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    rows = iter(rows)
    while True:
        path = scratch / f"pull-{id(result)}.jsonl"
        failure = _write_rows(path, rows, batch)
        done = failure is not None or path.stat().st_size == 0
        whole = covered if done and failure is None else None
        checked = checked_sql(relation_sql(path), mapping)
        if path.stat().st_size:
            stored = _store(store, con, checked, whole)
            result.stored += stored.rows
            result.duplicates += stored.duplicates
            _report(store, con, result, [], checked)
        elif whole:
            store.cover(*whole)
        path.unlink()
        if failure is not None:
            raise failure
        if done:
            return result


def _write_rows(path: Path, rows: Iterable[EventRow], batch: int) -> Exception | None:
    """Write the next rows as JSON lines; a failure of the source is handed back, so that what came before is kept."""
    with path.open("w", encoding="utf-8") as out:
        try:
            for row in islice(rows, batch):
                out.write(json.dumps(_plain(row), default=str) + "\n")
        except Exception as failure:  # whatever a source raises is raised again after the rows are stored
            return failure
    return None


def _plain(row: EventRow) -> dict[str, object]:
    fields = {"id": row.event_id, "event": row.event, "time": row.time, "account": row.account_id, "user": row.user_id}
    return {**fields, "received_at": row.received_at, "properties": dict(row.properties)}


def _load_users(con: duckdb.DuckDBPyConnection, users: Mapping[str, str]) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE user_accounts AS "
        "SELECT unnest($1::VARCHAR[]) AS known_user, unnest($2::VARCHAR[]) AS known_account",
        [list(users), list(users.values())],
    )


def _store(
    store: UsageStore,
    con: duckdb.DuckDBPyConnection,
    checked: str,
    covered: tuple[datetime, datetime] | None = None,
) -> Stored:
    return store.add_events(con, f"SELECT {EVENT_COLUMNS} FROM ({checked}) WHERE reason IS NULL", covered)


def _report(
    store: UsageStore,
    con: duckdb.DuckDBPyConnection,
    result: Imported,
    unread: list[tuple[int, str, str]],
    checked: str,
) -> None:
    """Write one JSON line per row that could not be stored, beside the store, and count the reasons."""
    rows = con.execute(
        f"SELECT line, reason, left(row, 300) FROM ({checked}) WHERE reason IS NOT NULL ORDER BY line"
    ).fetchall()
    rejects = [*unread, *rows]
    if not rejects:
        return
    folder = store.root / "rejects"
    folder.mkdir(exist_ok=True)
    result.report = folder / f"{result.source.replace('/', '_')}.jsonl"
    with result.report.open("a", encoding="utf-8") as out:
        for line, reason, row in rejects:
            out.write(json.dumps({"source": result.source, "line": line, "reason": reason, "row": row}) + "\n")
            result.rejects[reason] = result.rejects.get(reason, 0) + 1


# --- from columns to events -------------------------------------------------------------------------------------------


Unread = list[tuple[int, str, str]]  # line, reason, the beginning of the row
_ColumnSql = Callable[[str | None], str]


def relation_sql(path: Path) -> str:
    """SQL that reads a file: one `json` column, or the columns it has."""
    file = quote(str(path))
    if format_of(path) == "parquet":
        return f"SELECT *, file_row_number + 1 AS __line FROM read_parquet({file}, file_row_number = true)"
    if format_of(path) == "csv":
        return f"SELECT * FROM read_csv({file}, all_varchar = true, header = true, strict_mode = true)"
    return f"SELECT json FROM read_ndjson_objects({file})"


def checked_sql(relation: str, mapping: EventMap) -> str:
    """SQL that adds `reason` to each row: NULL where it is an event, else one sentence on what is wrong with it."""
    is_json = "read_ndjson_objects" in relation
    column = _json_column if is_json else _plain_column
    row = "CAST(json AS VARCHAR)" if is_json else "CAST(to_json(source_row) AS VARCHAR)"
    line = "CAST(json_extract_string(json, '/__line') AS BIGINT)" if is_json else _line(relation)
    received = _moment(column(mapping.received_at)) if mapping.received_at else "NULL"
    asked_account = _account(mapping, column)
    fields = (
        f"SELECT {_event_id(mapping, column)} AS event_id, {column(mapping.event)} AS event, "
        f"{_moment(column(mapping.time))} AS ts, {received} AS received_at, {column(mapping.time)} AS time_text, "
        f"nullif({asked_account}, '') AS said_account, coalesce({column(mapping.user)}, '') AS user_id, "
        f"{_properties(mapping, is_json)} AS properties, {row} AS row, {line} AS line "
        f"FROM ({relation}) AS source_row"
    )
    return (
        "SELECT event_id, event, ts, greatest(ts, coalesce(received_at, ts)) AS seen_at, "
        "coalesce(said_account, known_account) AS account_id, user_id, properties, row, line, "
        "CASE WHEN coalesce(event_id, '') = '' THEN 'no event id' WHEN coalesce(event, '') = '' THEN 'no event name' "
        "WHEN coalesce(time_text, '') = '' THEN 'no time' "
        "WHEN ts IS NULL THEN 'the time cannot be read; write ISO 8601, or seconds or milliseconds since 1970' "
        "WHEN ts < TIMESTAMP '1990-01-01' OR ts > TIMESTAMP '2100-01-01' THEN 'the time lies outside 1990 to 2100' "
        "WHEN coalesce(said_account, known_account, '') = '' THEN 'no account, and none is known for its user' "
        f"END AS reason FROM ({fields}) LEFT JOIN user_accounts ON user_id = known_user"
    )


def _line(relation: str) -> str:
    return "__line" if "file_row_number" in relation else "NULL::BIGINT"


def _json_column(name: str | None) -> str:
    if name is None:
        return "NULL::VARCHAR"
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    return f"json_extract_string(json, {quote(pointer)})"


def _plain_column(name: str | None) -> str:
    return "NULL::VARCHAR" if name is None else f"CAST({_identifier(name)} AS VARCHAR)"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _event_id(mapping: EventMap, column: _ColumnSql) -> str:
    if isinstance(mapping.id, str):
        return column(mapping.id)
    return " || '|' || ".join(column(name) for name in mapping.id)


def _account(mapping: EventMap, column: _ColumnSql) -> str:
    if not isinstance(mapping.account, Part):
        return column(mapping.account)
    text, part = column(mapping.account.from_), mapping.account
    if part.before is not None:
        return f"split_part({text}, {quote(part.before)}, 1)"
    after = quote(part.after or "")
    return f"CASE WHEN contains({text}, {after}) THEN split_part({text}, {after}, 2) END"


def _moment(text: str) -> str:
    """SQL for a UTC timestamp from ISO 8601 text (no zone: UTC), or seconds or milliseconds since 1970."""
    number = f"TRY_CAST({text} AS DECIMAL(24, 6))"
    seconds = f"CASE WHEN abs({number}) >= 100000000000 THEN {number} / 1000 ELSE {number} END"
    epoch = f"make_timestamp(CAST(round(({seconds}) * 1000000) AS BIGINT))"
    return f"CASE WHEN {number} IS NULL THEN CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP) ELSE {epoch} END"


def _properties(mapping: EventMap, is_json: bool) -> str:
    if is_json and mapping.properties is None:
        # A pull writes its own lines, whose properties are an object; in other files the line itself serves.
        return "CAST(coalesce(json_extract(json, '/properties'), json) AS VARCHAR)"
    if mapping.properties is None:
        return "CAST(to_json(source_row) AS VARCHAR)"
    value = (lambda n: f"json_extract(json, {quote('/' + n)})") if is_json else _identifier
    return "CAST(json_object(" + ", ".join(f"{quote(n)}, {value(n)}" for n in mapping.properties) + ") AS VARCHAR)"
