"""The jobs, each run in a fresh process: what is done before the clock starts, and what is timed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import duckdb

from benchmarks import definitions
from benchmarks.events import make_events
from benchmarks.place import Place, linked_copy
from expansion.evaluate.evaluator import build_rollups, evaluator
from expansion.usage.duck import connect, quote
from expansion.usage.importing import Imported, import_events
from expansion.usage.store import UsageStore

ACCOUNTS_EXPLAINED = 100

Found = dict[str, Any]  # what a job says besides its seconds


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came out."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


# --- preparations -----------------------------------------------------------------------------------------------------


def make_events_job(place: Place, events: int) -> tuple[float, Found]:
    return timed(lambda: make_events(place, events))[0], {}


def make_imported(place: Place, events: int) -> tuple[float, Found]:
    return timed(lambda: _import(UsageStore(place.imported), place.lines, events))[0], {}


def make_ready(place: Place, events: int) -> tuple[float, Found]:
    store = UsageStore(linked_copy(place.imported, place.ready))
    return timed(lambda: _build(store))[0], {}


def make_day_imported(place: Place, events: int) -> tuple[float, Found]:
    store = UsageStore(linked_copy(place.ready, place.day_imported))
    return timed(lambda: import_events(store, place.day_lines, definitions.MAP))[0], {}


# --- floors -----------------------------------------------------------------------------------------------------------


def parse_floor(place: Place, events: int) -> tuple[float, Found]:
    """Five columns as text. `count` needs every value and keeps none."""
    names = ("id", "time", "event", "account", "user")
    columns = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in names)
    lines = f"read_json({quote(str(place.lines))}, format = 'newline_delimited', columns = {{{columns}}})"
    query = "SELECT " + ", ".join(f'count("{name}")' for name in names) + f" FROM {lines}"
    return timed(lambda: connect().execute(query).fetchall())[0], {}


def group_floor(place: Place, events: int) -> tuple[float, Found]:
    """Eight columns of 90 days, the id aside: nobody asks for it. The hash needs every value; min and max would not."""
    rest = 'time, day, event, "user", feature, department, value'
    query = f"SELECT account, bit_xor(hash({rest})) FROM events WHERE day >= '2025-10-03' GROUP BY account"
    return timed(lambda: _raw(place).execute(query).fetchnumpy())[0], {}


# --- the product ------------------------------------------------------------------------------------------------------


def ingest(place: Place, events: int) -> tuple[float, Found]:
    with place.scratch() as folder:
        seconds, _ = timed(lambda: _import(UsageStore(folder), place.lines, events))
    return seconds, {"counted": events}


def ingest_one_day(place: Place, events: int) -> tuple[float, Found]:
    with place.scratch() as folder:
        store = UsageStore(linked_copy(place.ready, folder))
        seconds, result = timed(lambda: import_events(store, place.day_lines, definitions.MAP))
    return seconds, {"counted": result.stored}


def rollup_build(place: Place, events: int) -> tuple[float, Found]:
    with place.scratch() as folder:
        store = UsageStore(linked_copy(place.imported, folder))
        return timed(lambda: _build(store))[0], {"counted": events}


def rollup_refresh_one_day(place: Place, events: int) -> tuple[float, Found]:
    with place.scratch() as folder:
        store = UsageStore(linked_copy(place.day_imported, folder))
        return timed(lambda: _build(store))[0], {}


def evaluate_30(place: Place, events: int) -> tuple[float, Found]:
    triggers, vocabulary = definitions.triggers(), definitions.vocabulary()
    store = UsageStore(place.ready)
    seconds, answers = timed(lambda: evaluator(store, vocabulary, definitions.AS_OF).answers(triggers))
    _note_fired(place, "evaluate_30", {name: sorted(answer.yes) for name, answer in answers.items()})
    return seconds, {"cannot_tell": sum(len(answer.unknown) for answer in answers.values())}


def hand_sql_30(place: Place, events: int) -> tuple[float, Found]:
    queries = definitions.by_hand()

    def ask() -> dict[str, Any]:
        con = _raw(place)
        return {name: con.execute(query).fetchnumpy()["account"] for name, query in queries.items()}

    seconds, fired = timed(ask)
    _note_fired(place, "hand_sql_30", {name: sorted(accounts.tolist()) for name, accounts in fired.items()})
    return seconds, {}


def explain_one_account(place: Place, events: int) -> tuple[float, Found]:
    """Accounts drawn by their events, as inbound events would name them; a new evaluator each time."""
    triggers, vocabulary = definitions.triggers(), definitions.vocabulary()
    store = UsageStore(place.ready)
    draw = f"SELECT account FROM events ORDER BY hash(id) LIMIT {ACCOUNTS_EXPLAINED}"
    accounts = [account for (account,) in _raw(place).execute(draw).fetchall()]
    took = []
    for i, account in enumerate(accounts):
        trigger = triggers[i % len(triggers)]
        ask = evaluator(store, vocabulary, definitions.AS_OF).explain
        took.append(timed(lambda ask=ask, trigger=trigger, account=account: ask(trigger, account))[0])
    took.sort()
    middle, slow = took[len(took) // 2], took[len(took) * 99 // 100]
    return sum(took), {"p50_ms": round(middle * 1000, 1), "p99_ms": round(slow * 1000, 1)}


# --- help -------------------------------------------------------------------------------------------------------------


def _import(store: UsageStore, lines: Any, events: int) -> Imported:
    result = import_events(store, lines, definitions.MAP)
    if result.stored != events:
        raise RuntimeError(f"{result.stored} of {events} events were stored: {result.rejects}")
    return result


def _build(store: UsageStore) -> None:
    if build_rollups(store, definitions.vocabulary(), definitions.triggers()) == 0:
        raise RuntimeError(f"no rollup was missing in {store.root}, so nothing was measured")


def _raw(place: Place) -> duckdb.DuckDBPyConnection:
    """A connection with the raw events as `events`."""
    con = connect()
    con.execute(f"CREATE VIEW events AS FROM read_parquet({quote(str(place.raw))})")
    return con


def _note_fired(place: Place, name: str, fired: Mapping[str, list[str]]) -> None:
    place.fired(name).write_text(json.dumps(fired))


JOBS: dict[str, Callable[[Place, int], tuple[float, Found]]] = {
    "make_events": make_events_job,
    "make_imported": make_imported,
    "make_ready": make_ready,
    "make_day_imported": make_day_imported,
    "parse_floor": parse_floor,
    "ingest": ingest,
    "ingest_one_day": ingest_one_day,
    "group_floor": group_floor,
    "rollup_build": rollup_build,
    "rollup_refresh_one_day": rollup_refresh_one_day,
    "evaluate_30": evaluate_30,
    "hand_sql_30": hand_sql_30,
    "explain_one_account": explain_one_account,
}
