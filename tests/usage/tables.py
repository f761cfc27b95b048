"""Batches of tables for tests, and a plain reading of what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from expansion.usage.forms.properties import column_of
from expansion.usage.storage.store import UsageStore
from expansion.usage.storage.tables import Stored, Table
from tests.usage.builders import at

BEGIN = at(2026, 3, 1, 10)


@dataclass(frozen=True)
class Row:
    """A row of a file of events; `at` and `seen` in seconds from BEGIN."""

    key: str
    event: str = "export"
    at: float = 0
    account: str = "acme"
    user: str = "ana"
    seen: float | None = None  # as it happened
    plan: str | None = None
    file: int = 0
    line: int = 0

    @property
    def ts(self) -> datetime:
        return BEGIN + timedelta(seconds=self.at)

    @property
    def seen_at(self) -> datetime:
        return BEGIN + timedelta(seconds=self.at if self.seen is None else self.seen)

    @property
    def whole(self) -> tuple[Any, ...]:
        return self.event, self.ts, self.account, self.user, self.plan

    @property
    def same_event(self) -> tuple[Any, ...]:
        return self.event, self.ts.replace(microsecond=0)


def relation(rows: Sequence[Row], properties: Sequence[str] = ("plan",)) -> pa.Table:
    columns = {
        "event_id": [row.key for row in rows],
        "event": [row.event for row in rows],
        "ts": pa.array([row.ts for row in rows], pa.timestamp("us")),
        "seen_at": pa.array([row.seen_at for row in rows], pa.timestamp("us")),
        "account_id": [row.account for row in rows],
        "user_id": [row.user for row in rows],
        "file": pa.array([row.file for row in rows], pa.int32()),
        "line": pa.array([row.line for row in rows], pa.int64()),
        **{column_of(name): pa.array([getattr(row, name) for row in rows], pa.string()) for name in properties},
    }
    return pa.table(columns)


def add(store: UsageStore, rows: Sequence[Row], table: Table | str | None = "tickets") -> Stored:
    """Store a batch of rows of a table; of what is pulled for None. Rows without a line stand one below the other."""
    numbered = [row if row.line else Row(**{**row.__dict__, "line": n}) for n, row in enumerate(rows, 1)]
    con = store.connect()
    con.register("offered", relation(numbered))
    of = Table(table) if isinstance(table, str) else table
    source = "mixpanel.export" if of is None else "files"
    return store.add_events(con, "SELECT * FROM offered", source=source, properties=["plan"], table=of)


def held(store: UsageStore) -> list[tuple[Any, ...]]:
    """Every row that is stored: its table, and all it holds."""
    found: list[tuple[Any, ...]] = []
    for segment in store.manifest().segments:
        events = store.events_of([segment], ["plan"])
        rows = store.connect().execute(
            f"SELECT event_id, event, ts, account_id, user_id, p_plan, seen_at FROM {events}"
        )
        found += [(segment.table, *row) for row in rows.fetchall()]
    return sorted(found, key=repr)


@dataclass
class Plain:
    """What is stored, row by row, as the rules say."""

    own: dict[tuple[str, str], tuple[tuple[Any, ...], datetime, tuple[Any, ...]]] = field(default_factory=dict)

    def add(self, rows: Sequence[Row], table: str | None, *, update: bool = False) -> tuple[int, int, int, int]:
        """Stored, repeats, differing, updated."""
        name = table or ""
        elsewhere = {(key, same) for (of, key), (_, _, same) in self.own.items() if of != name}
        before = dict(self.own)
        numbered = [(row, n) for n, row in enumerate(rows, 1)]
        left = [
            (row, n) for row, n in numbered if (name, row.key) in before or (row.key, row.same_event) not in elsewhere
        ]
        repeats, differing, stored, updated = len(rows) - len(left), 0, 0, 0
        for key in dict.fromkeys(row.key for row, _ in left):
            mine = sorted((one for one in left if one[0].key == key), key=lambda one: self._order(one, name))
            known, seen = before.get((name, key)), min(row.seen_at for row, _ in mine)
            if update:
                newest = mine[-1][0]
                repeats += len(mine) - 1
                if known and known[0] == newest.whole:
                    repeats += 1
                    continue
                stored, updated = stored + 1, updated + (known is not None)
                self.own[name, key] = newest.whole, min(seen, known[1]) if known else seen, newest.same_event
                continue
            if known is None:
                first = mine.pop(0)[0]
                known = self.own[name, key] = first.whole, first.seen_at, first.same_event
                stored += 1
            others = [row for row, _ in mine if name and row.whole != known[0]]
            repeats, differing = repeats + len(mine) - len(others), differing + len(others)
        return stored, repeats, differing, updated

    def _order(self, one: tuple[Row, int], name: str) -> tuple[Any, ...]:
        row, number = one
        if name:
            return row.seen_at, row.file, row.line or number
        return row.seen_at, row.ts, row.event, row.account, row.user, row.plan is None, row.plan or ""

    @property
    def held(self) -> list[tuple[Any, ...]]:
        rows = [
            (table, key, event, ts, account, user, plan, seen)
            for (table, key), ((event, ts, account, user, plan), seen, _) in self.own.items()
        ]
        return sorted(rows, key=repr)
