"""Facts with their history: what each source said of each account and person, and since when it was so.

Only changes are kept. A value holds from `since` until the next one. `since` is when the source says it became so (a
record that was last modified in January has had its present values since January), never earlier than the last pull
that saw another value.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from expansion.contract import CohortMembers, FactRecord
from expansion.usage import manifest as manifests
from expansion.usage.duck import quote
from expansion.usage.manifest import FactFile, Manifest
from expansion.usage.store import UsageStore

FACT_COLUMNS = "source, field, account_id, user_id, value, since, seen_at"
REMOTE_ID = "@id"  # the field under which a record's id in its own system is kept

_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("source", "field", "account_id", "user_id", "value")]
    + [("since", pa.timestamp("us")), ("seen_at", pa.timestamp("us"))]
)


def facts_sql(store: UsageStore, manifest: Manifest) -> str:
    """SQL for all fact changes, oldest and newest."""
    if manifest.facts:
        return store.files(file.file for file in manifest.facts)
    types = {"since": "TIMESTAMP", "seen_at": "TIMESTAMP"}
    nothing = ", ".join(f"NULL::{types.get(name, 'VARCHAR')} AS {name}" for name in FACT_COLUMNS.split(", "))
    return f"(SELECT {nothing} WHERE false)"


def add_facts(store: UsageStore, source: str, records: Iterable[FactRecord], pulled_at: datetime) -> int:
    """Store what changed. All records are read before anything is stored: half a pull would look like missing values.

    Returns how many changes were new.
    """
    rows = [row for record in records for row in _rows(record, pulled_at)]
    return _add(store, source, rows, pulled_at)


def add_history(store: UsageStore, source: str, records: Iterable[FactRecord]) -> int:
    """Store dated values as they are, each counted as known since its own date. Returns how many were new."""
    rows = [row for record in records if record.at for row in _rows(record, record.at)]
    with manifests.writing(store.root):
        manifest, con = store.manifest(), store.connect()
        con.register("pulled", _table(rows))
        keys = "source, field, account_id, user_id, since"
        stored = facts_sql(store, manifest)
        new = f"SELECT DISTINCT {FACT_COLUMNS} FROM pulled ANTI JOIN {stored} s USING ({keys})"
        count = int((con.execute(f"SELECT count(*) FROM ({new})").fetchone() or (0,))[0])
        if count:
            files = (*manifest.facts, _write(store, con, new, count))
            manifests.save(store.root, replace(manifest, facts=files))
        return count


def add_cohort(store: UsageStore, members: CohortMembers, pulled_at: datetime) -> int:
    """Store who joined and who left a cohort that another system keeps."""
    field = cohort_field(members.name)
    now = pulled_at.astimezone(UTC).replace(tzinfo=None)
    con = store.connect()
    were = con.execute(
        f"SELECT account_id FROM {facts_sql(store, store.manifest())} WHERE source = $1 AND field = $2 "
        "GROUP BY account_id HAVING arg_max_null(value, (since, seen_at)) = 'true'",
        [members.source, field],
    ).fetchall()
    left = {account for (account,) in were} - members.account_ids
    joined = [(members.source, field, account, "", "true", now, now) for account in sorted(members.account_ids)]
    gone = [(members.source, field, account, "", "false", now, now) for account in sorted(left)]
    return _add(store, f"{members.source}:{members.name}", [*joined, *gone], pulled_at)


def cohort_field(name: str) -> str:
    """The field under which membership of a cohort is kept."""
    return f"@member {name}"


def user_accounts(store: UsageStore) -> dict[str, str]:
    """The account of each person who belongs to exactly one; for events that name no account."""
    rows = store.connect().execute(
        f"SELECT user_id, min(account_id) FROM {facts_sql(store, store.manifest())} "
        "WHERE user_id <> '' GROUP BY user_id HAVING count(DISTINCT account_id) = 1"
    )
    return dict(rows.fetchall())


Row = tuple[str, str, str, str, str | None, datetime, datetime]


def _rows(record: FactRecord, pulled_at: datetime) -> list[Row]:
    seen = pulled_at.astimezone(UTC).replace(tzinfo=None)
    at = min(seen, record.at.astimezone(UTC).replace(tzinfo=None)) if record.at else seen
    values = dict(record.values) | ({REMOTE_ID: record.remote_id} if record.remote_id else {})
    user = record.user_id or ""
    return [(record.source, name, record.account_id, user, as_text(value), at, seen) for name, value in values.items()]


def as_text(value: Any) -> str | None:
    """A source's value as stored: text that reads back exactly."""
    match value:
        case None | "":
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat()
        case list() | tuple() | dict():
            return json.dumps(value, default=str)
    return str(value)


def _add(store: UsageStore, source: str, rows: list[Row], pulled_at: datetime) -> int:
    with manifests.writing(store.root):
        manifest = store.manifest()
        con = store.connect()
        con.register("pulled", _table(rows))
        changed = _changes(con, facts_sql(store, manifest), manifest.observed.get(source))
        count = int((con.execute(f"SELECT count(*) FROM ({changed})").fetchone() or (0,))[0])
        files = (*manifest.facts, _write(store, con, changed, count)) if count else manifest.facts
        observed = {**manifest.observed, source: pulled_at.astimezone(UTC).isoformat()}
        manifests.save(store.root, replace(manifest, facts=files, observed=observed))
        return count


def _table(rows: list[Row]) -> pa.Table:
    return pa.table([list(column) for column in zip(*rows, strict=True)] or [[]] * 7, schema=_SCHEMA)


def _changes(con: duckdb.DuckDBPyConnection, stored: str, observed: str | None) -> str:
    """The pulled rows that differ from what is stored, dated no earlier than the pull that saw the old value."""
    keys = "source, field, account_id, user_id"
    latest = (
        f"SELECT {keys}, arg_max_null(value, (since, seen_at)) AS known, true AS stored "
        f"FROM {stored} SEMI JOIN pulled USING ({keys}) GROUP BY ALL"
    )
    before = f"TIMESTAMP {quote(observed[:26])}" if observed else "NULL::TIMESTAMP"
    since = f"CASE WHEN l.stored AND p.since <= {before} THEN p.seen_at ELSE p.since END"
    return (
        f"SELECT p.source, p.field, p.account_id, p.user_id, p.value, {since} AS since, p.seen_at FROM pulled p "
        f"LEFT JOIN ({latest}) l USING ({keys}) WHERE p.value IS DISTINCT FROM l.known "
        f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY p.since DESC, p.value) = 1"
    )


def _write(store: UsageStore, con: duckdb.DuckDBPyConnection, changed: str, rows: int) -> FactFile:
    folder = store.root / "facts"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex[:16]}.parquet"
    con.execute(f"COPY ({changed}) TO {quote(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    manifests.sync(path)
    manifests.sync(folder)
    return FactFile(f"facts/{path.name}", rows)
