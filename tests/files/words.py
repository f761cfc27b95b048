"""Imports of small tables by a map, and what is stored of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from expansion.files.import_files import import_by
from expansion.files.maps import read_map
from expansion.files.results import ImportResult
from expansion.usage.storage.fact_relations import known_facts
from expansion.usage.storage.marks import is_mark
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import properties, stored

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


def imported(
    store: UsageStore,
    folder: Path,
    text: str,
    map_text: str,
    *,
    name: str = "table.csv",
    now: datetime = NOW,
    zone: str = "UTC",
) -> ImportResult:
    """One file by one map."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return import_by(store, [str(folder / name)], read_map(map_text, "map").table, now, zone=zone)


def events(store: UsageStore) -> list[str]:
    """Each event: when, what, of whom, and what it says."""
    if not store.manifest().segments:
        return []
    both = zip(stored(store, "event_id, event, ts, account_id, user_id"), properties(store), strict=True)
    rows = sorted(both, key=lambda pair: (pair[0][2], pair[0][0]))
    return [
        " ".join([f"{ts:%m-%d %H:%M}", event, account, *([user] if user else []), *map("=".join, sorted(said.items()))])
        for (_, event, ts, account, user), said in rows
    ]


def known(store: UsageStore, moment: datetime = NOW) -> dict[str, str | None]:
    """By account and field what holds at a moment; what is not known has a question mark."""
    facts, by = known_facts(store, store.manifest()), moment.replace(tzinfo=None)
    rows = store.connect().execute(
        f"SELECT account_id, user_id, field, value FROM {facts.state(facts.changes(), by)} WHERE account_id <> ''"
    )
    return {
        f"{user or account} {field}": "?" if is_mark(value) else value
        for account, user, field, value in rows.fetchall()
    }
