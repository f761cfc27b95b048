"""What a pull left that was made while the machine's clock was ahead: not known until then, unless it is put back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from expansion.contract import FactRecord
from expansion.usage.ahead import newest_pull, put_back
from expansion.usage.facts import add_facts, facts_sql, naive
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.store import UsageStore

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
AHEAD = NOW + timedelta(days=365)


def rows(store: UsageStore) -> list[tuple[str, str, datetime, datetime]]:
    sql = f"SELECT account_id, value, since, seen_at FROM {facts_sql(store, store.manifest())} ORDER BY 1, 2"
    return store.connect().execute(sql).fetchall()


def test_what_was_learnt_ahead_of_now_was_learnt_now(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    early = NOW - timedelta(days=30)
    add_facts(store, "crm", [FactRecord("crm", "acme", {"plan": "team"})], early)
    add_facts(
        store, "crm", [FactRecord("crm", "acme", {"plan": "max"}), FactRecord("crm", "bolt", {"plan": "x"})], AHEAD
    )
    with manifests.writing(store.root):
        spans = {"mixpanel": ((early, AHEAD),), manifests.FILES: ((early, AHEAD),)}
        manifests.save(store.root, replace(store.manifest(), covered=spans))
    assert newest_pull(store.manifest()) == AHEAD
    assert put_back(store, NOW) == 2
    assert rows(store) == [
        ("acme", "max", naive(NOW), naive(NOW)),
        ("acme", "team", naive(early), naive(early)),
        ("bolt", "x", naive(NOW), naive(NOW)),
    ]
    assert newest_pull(store.manifest()) == NOW
    # Files may tell of a day to come; a source that was asked cannot have.
    assert store.manifest().covered == {"mixpanel": ((early, NOW),), manifests.FILES: ((early, AHEAD),)}
    assert put_back(store, NOW) == 0


def test_an_empty_store_has_nothing_to_put_back(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    assert newest_pull(store.manifest()) is None
    assert put_back(store, NOW) == 0
