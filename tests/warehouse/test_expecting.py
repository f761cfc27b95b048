"""A warehouse that has too little of a day is believed no more than a source that brings it."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

from expansion.evaluate.relations import StoreRelations
from expansion.explain.evaluator import StoreEvaluator
from expansion.usage.storage.store import UsageStore
from expansion.warehouse.beside import Beside
from expansion.warehouse.source import WarehouseSource
from tests.evaluate.words import trigger, vocabulary
from tests.usage.builders import utc
from tests.warehouse.filling import PostgresStage, Row

MONDAY = utc(2025, 12, 29)
NOW = utc(2026, 2, 5, 12)  # a Thursday
WORDS = vocabulary(facts={"events": [{"from": "mixpanel.export", "account": "a"}], "facts": {}})
SAID = "too few events of mixpanel.export came on 2026-02-03: 2, where a Tuesday usually brings 40"


def rows(day: int, first: int, last: int) -> list[Row]:
    """Events of a day, one a minute, from one number on up to another."""
    begin = (MONDAY + timedelta(days=day, hours=9)).replace(tzinfo=None)
    moments = [begin + timedelta(minutes=n) for n in range(first, last)]
    return [(f"{at}", "Login", at, at.replace(tzinfo=UTC), "acme", "ana", None, None) for at in moments]


def weeks(outage: int) -> list[Row]:
    days = (day for day in range(39) if day % 7 < 5)
    return [row for day in days for row in rows(day, 0, 2 if day == outage else 40)]


def asked(stage: PostgresStage, store: UsageStore, over: str) -> str:
    quiet = trigger(when=[{"event": "Login", "over": over, "at_most": 90}])
    there = WarehouseSource.of(stage, stage.table, StoreRelations.of(store, NOW), NOW)
    source = Beside.with_store(there) if store.manifest().segments else there
    found = StoreEvaluator(source, WORDS, NOW).answers([quiet])["t"]
    return "yes" if "acme" in found.yes else found.unknown.get("acme", "no")


def test_a_day_of_which_a_warehouse_has_too_little_is_not_known(stage: PostgresStage, tmp_path: Path) -> None:
    stage.fill(weeks(outage=36))
    assert asked(stage, UsageStore(tmp_path), "3 days") == SAID
    assert asked(stage, UsageStore(tmp_path), "7 days") == "no"  # more were seen than it asks for


def test_what_the_store_has_of_the_day_fills_it(stage: PostgresStage, tmp_path: Path) -> None:
    stage.fill(weeks(outage=36))
    store = UsageStore(tmp_path)
    con = store.connect()
    moments = ", ".join(f"(TIMESTAMP '{row[2]}')" for row in rows(36, 0, 40))
    con.execute(f"CREATE TABLE pulled AS SELECT * FROM (VALUES {moments}) AS came(ts)")
    events = "SELECT CAST(ts AS VARCHAR) AS event_id, 'Login' AS event, ts, ts AS seen_at, 'acme' AS account_id, "
    store.add_events(con, f"{events} 'ana' AS user_id FROM pulled", source="mixpanel.export", properties=[])
    assert asked(stage, store, "3 days") == "no"  # 120 came, and all of them are known
