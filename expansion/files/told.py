"""Stores what rows of a file say of accounts and people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from expansion.contract import FactRecord
from expansion.usage.facts import REMOTE_ID, as_text, naive
from expansion.usage.marks import mark
from expansion.usage.properties import column_of
from expansion.usage.statements import add_statements
from expansion.usage.store import UsageStore


def add_told(
    store: UsageStore, source: str, records: Sequence[FactRecord], now: datetime, asked: Sequence[str] = ()
) -> int:
    """Store these; a field that was `asked` for and that no record has is one that nobody knows."""
    given = {name for record in records for name in record.values}
    ids = {REMOTE_ID} if any(record.remote_id for record in records) else set()
    fields = sorted({*given, *asked, *ids})
    missing = {name: mark("no field") for name in asked if name not in given}
    con = store.connect()
    con.register("told_now", _table(records, fields, missing, now))
    return add_statements(store, con, "SELECT * FROM told_now", source, fields, now)


def _table(records: Sequence[FactRecord], fields: Sequence[str], missing: dict[str, str], now: datetime) -> Any:
    since = [naive(record.at or now) for record in records]
    known = [naive(record.known_at or now) for record in records]
    columns = {
        "account_id": pa.array([record.account_id for record in records], pa.string()),
        "user_id": pa.array([record.user_id or "" for record in records], pa.string()),
        "since": pa.array(since, pa.timestamp("us")),
        "until": pa.array([None] * len(records), pa.timestamp("us")),
        "known": pa.array(known, pa.timestamp("us")),
    }
    for name in fields:
        columns[column_of(name)] = pa.array([_cell(record, name, missing) for record in records], pa.string())
    return pa.table(columns)


def _cell(record: FactRecord, name: str, missing: dict[str, str]) -> str | None:
    if record.is_twice:
        return mark("twice")
    if name == REMOTE_ID:
        return record.remote_id
    return as_text(record.values[name]) if name in record.values else missing.get(name)
