"""Stores filled as written: the way imports do it, or quickly."""

from __future__ import annotations

import atexit
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from expansion.usage.facts import FACT_COLUMNS, cohort_key
from expansion.usage.forms.duck import connect
from expansion.usage.forms.properties import column_of
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.manifest import FILES, FactFile, Manifest, Pulls, Segment
from expansion.usage.storage.store import UsageStore
from tests.evaluate.words import COHORTS, CRM, PROFILE, Definition

Moments = tuple[datetime, datetime]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def fill(
    root: Path,
    batches: Iterable[Sequence[Definition]] = (),
    changes: Sequence[Definition] = (),
    spans: Iterable[Moments] = (),
    first_pulls: dict[str, datetime] | None = None,
    kind: type[UsageStore] = UsageStore,
) -> UsageStore:
    """A store that holds these events, batch by batch, and these fact changes; `spans` are known, nothing else.

    `first_pulls` is by cohort and by source; a source of facts that is not said was pulled long ago.
    """
    store = kind(root)
    con = store.connect()
    for batch in batches:
        con.register("batch", _event_table(batch))
        store.add_events(con, "SELECT * FROM batch", ())
    store.cover(tuple(spans))
    manifests.save(root, _with_facts(root, store.manifest(), changes, first_pulls or {}))
    return store


# --- quickly ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QuickStore(UsageStore):
    """A store whose connections share one database: opening one takes as long as asking it (measured: 20 ms)."""

    def connect(self) -> duckdb.DuckDBPyConnection:
        con = _database().cursor()
        con.execute("SET TimeZone = 'UTC'")
        return con


@cache
def _database() -> duckdb.DuckDBPyConnection:
    con = connect(threads=1)
    atexit.register(con.close)
    atexit.register(_database.cache_clear)
    return con


def fill_quickly(
    root: Path,
    batches: Iterable[Sequence[Definition]],
    changes: Sequence[Definition],
    spans: Iterable[Moments],
    first_pulls: dict[str, datetime],
) -> QuickStore:
    """The same store in a tenth of the time: the files are written as they are, and no event may come twice."""
    (root / "events").mkdir(parents=True)
    segments = tuple(_segment(root, str(n), batch) for n, batch in enumerate(batches) if batch)
    manifest = Manifest(segments=segments).with_spans(FILES, tuple(spans))
    manifests.save(root, _with_facts(root, manifest, changes, first_pulls))
    return QuickStore(root)


def _segment(root: Path, name: str, batch: Sequence[Definition]) -> Segment:
    file, people_file = f"events/{name}.parquet", f"events/{name}.people.parquet"
    names = sorted({one for event in batch for one in event["properties"]})
    pq.write_table(_shredded(batch, names), root / file)
    first_seen: dict[tuple[str, str], datetime] = {}
    for one in batch:
        who = one["account"], one["user"]
        first_seen[who] = min(one["seen"], first_seen.get(who, one["seen"]))
    people = [(*who, _naive(seen)) for who, seen in first_seen.items()]
    pq.write_table(_table("account_id, user_id, first_seen", people), root / people_file)
    moments, seen = [one["at"] for one in batch], [one["seen"] for one in batch]
    ends = [moment.astimezone(UTC).isoformat() for moment in (min(moments), max(moments), max(seen))]
    return Segment(name, file, people_file, len(batch), *ends, properties=tuple(names))


def _shredded(batch: Sequence[Definition], names: Sequence[str]) -> pa.Table:
    """Events with a column for each property."""
    table = _event_table(batch).drop_columns(["properties"])
    for name in names:
        texts = [_text(one["properties"].get(name)) for one in batch]
        table = table.append_column(column_of(name), pa.array(texts, pa.string()))
    return table


def _text(value: Any) -> str | None:
    if value in (None, "", []):
        return None
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


# --- tables -----------------------------------------------------------------------------------------------------------


def _with_facts(
    root: Path, manifest: Manifest, changes: Sequence[Definition], first_pulls: dict[str, datetime]
) -> Manifest:
    pulls = {_pull_key(name): Pulls(at, at) for name, at in {CRM: LONG_AGO, PROFILE: LONG_AGO, **first_pulls}.items()}
    if not changes:
        return replace(manifest, facts=(), pulls=pulls)
    (root / "facts").mkdir(parents=True, exist_ok=True)
    rows = [
        (c["source"], c["field"], c["account"], c["user"], c["value"], _naive(c["since"]), _naive(c["seen"]))
        for c in changes
    ]
    pq.write_table(_table(FACT_COLUMNS, rows), root / "facts/all.parquet")
    return replace(manifest, facts=(FactFile("facts/all.parquet", len(rows)),), pulls=pulls)


def _pull_key(name: str) -> str:
    return cohort_key(COHORTS[name]["from"], COHORTS[name]["name"]) if name in COHORTS else name


def _event_table(events: Sequence[Definition]) -> pa.Table:
    rows = [
        (e["id"], e["event"], _naive(e["at"]), _naive(e["seen"]), e["account"], e["user"], json.dumps(e["properties"]))
        for e in events
    ]
    return _table("event_id, event, ts, seen_at, account_id, user_id, properties", rows)


def _table(names: str, rows: list[tuple[Any, ...]]) -> pa.Table:
    moments = ("ts", "seen_at", "since", "first_seen")
    schema = pa.schema([(n, pa.timestamp("us") if n in moments else pa.string()) for n in names.split(", ")])
    return pa.table([list(c) for c in zip(*rows, strict=True)] or [[] for _ in schema], schema=schema)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
