"""Many small files become few, and nothing that is asked of them changes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from expansion.contract import EventRow, FactRecord
from expansion.usage import compaction
from expansion.usage.compaction import put_together
from expansion.usage.facts import add_facts, facts_sql
from expansion.usage.import_events import import_rows
from expansion.usage.storage.atoms import Atom
from expansion.usage.storage.rollup import Column
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import files_of, properties, stored, utc

MANY = 12  # in life 64: no other promise, and five times the time
EXPORTS = {Column(Atom(("export",))), Column(Atom(("export",)), "distinct", "rows")}


@pytest.fixture(autouse=True)
def _not_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "MANY", MANY)


def filled(root: Path, pulls: int) -> UsageStore:
    """As many pulls of events and facts, each with properties of its own kinds, and rollups of what is there."""
    store, rnd = UsageStore(root), random.Random(7)
    for number in range(pulls):
        given = {rnd.choice("abcdef"): number, "rows": rnd.randint(0, 3)}
        moment = utc(2026, 3, 1 + number % 20, number % 24)
        rows = [EventRow(f"{number}-{n}", "export", moment, f"acme-{n}", f"user-{n}", given) for n in range(3)]
        import_rows(store, "mixpanel.export", rows, None)
        add_facts(store, "crm", [FactRecord("crm", "acme-1", {"seats": number})], utc(2026, 3, 22, 0, number % 60))
        if number % 5 == 0:
            store.ensure_rollups(store.connect(), EXPORTS, "UTC")
    return store


def facts(store: UsageStore) -> list[tuple[object, ...]]:
    return store.connect().execute(f"SELECT * FROM {facts_sql(store, store.manifest())} ORDER BY ALL").fetchall()


def test_many_small_files_become_few_and_hold_the_same(tmp_path: Path) -> None:
    store = filled(tmp_path, MANY + 6)
    before = stored(store), properties(store), facts(store), store.manifest().spans(), store.manifest().pulls
    assert put_together(store) > MANY
    now = store.manifest()
    assert len(now.segments) == 1
    assert (stored(store), properties(store), facts(store), now.spans(), now.pulls) == before
    assert now.segments[0].rows == len(before[0])
    assert put_together(store) == 0
    store.ensure_rollups(store.connect(), EXPORTS, "UTC")
    store.cover((), "nothing")  # a writer sweeps up
    assert len(files_of(store)) < 10


def test_a_repeat_of_what_was_put_together_is_still_known(tmp_path: Path) -> None:
    store = filled(tmp_path, MANY + 1)
    put_together(store)
    again = import_rows(store, "mixpanel.export", [EventRow("3-1", "export", utc(2026, 3, 4), "acme-1", "u", {})], None)
    assert (again.stored, again.duplicates) == (0, 1)


def test_few_files_are_left_alone(tmp_path: Path) -> None:
    store = filled(tmp_path, 5)
    before = files_of(store)
    assert put_together(store) == 0
    assert files_of(store) == before
