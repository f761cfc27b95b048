"""What other processes do in tests: `python -m tests.usage.other_process WHAT ROOT NAME [COUNT]`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from expansion.contract import CohortMembers, FactRecord
from expansion.usage.facts import add_cohort, add_facts, facts_sql
from expansion.usage.forms.duck import one
from expansion.usage.storage.atoms import Atom
from expansion.usage.storage.rollup import Column
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import at, utc

BATCH = 20  # events of a batch; a number of stored events that is no multiple of it shows half a batch
COLUMNS = {Column(Atom(("export",))), Column(Atom(("export",)), "distinct", "rows")}


def write_batch(store: UsageStore, name: str, number: int) -> None:
    """Events, rollups, facts and a cohort: everything that writes."""
    con = store.connect()
    ids = [f"{name}-{number}-{i}" for i in range(BATCH)]
    rows = {"event_id": ids, "event": ["export"] * BATCH, "ts": [at(2026, 3, 1)] * BATCH}
    rows |= {"seen_at": rows["ts"], "account_id": ids, "user_id": ids, "properties": ['{"rows": 1}'] * BATCH}
    con.register("batch", pa.table(rows))
    store.add_events(con, "SELECT * FROM batch")
    store.ensure_rollups(con, COLUMNS, "UTC")
    moment = utc(2026, 3, 1, 0, number % 60, number // 60)
    add_facts(store, "crm", [FactRecord("crm", name, {"batch": number})], moment)
    add_cohort(store, CohortMembers("crm", name, frozenset({str(number)})), moment)


def write(store: UsageStore, name: str, count: int) -> None:
    """Write batches, saying the number of each once it is stored."""
    for number in range(count):
        write_batch(store, name, number)
        print(number, flush=True)


def write_dying(store: UsageStore, name: str, count: int) -> None:
    """Write batches, and die without a word before the `count`-th change of the disk."""
    left = [count]

    def dying(change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*args: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*args, **named)

        return changed

    os.fsync = dying(os.fsync)  # type: ignore[assignment]
    for word in ("replace", "unlink", "mkdir"):
        setattr(Path, word, dying(getattr(Path, word)))
    write(store, name, 1_000)


def read(store: UsageStore, name: str, count: int) -> None:
    """Read again and again; every look must show whole batches, never fewer than the one before."""
    before = 0
    for _ in range(count):
        seen = look(store)
        assert seen % BATCH == 0, f"half a batch: {seen}"
        assert seen >= before, f"{before} were stored, and now {seen}"
        before = seen
    print(before, flush=True)


def look(store: UsageStore) -> int:
    """How many events the store holds, read through every kind of file it lists."""
    manifest = store.manifest()
    con = store.connect()
    events = store.events_of(manifest.segments)
    rollups = [rollup.file for segment in manifest.segments for rollup in segment.rollups]
    for relation in (
        facts_sql(store, manifest),
        *([store.files(rollups)] if rollups else []),
        *([store.files(segment.people_file for segment in manifest.segments)] if events else []),
    ):
        one(con, f"SELECT count(*) FROM {relation}")
    return one(con, f"SELECT count(DISTINCT event_id) FROM {events}") if events else 0


if __name__ == "__main__":
    what, root, name, *count = sys.argv[1:]
    jobs = {"write": write, "write_dying": write_dying, "read": read}
    jobs[what](UsageStore(Path(root)), name, int(count[0]) if count else 1)
