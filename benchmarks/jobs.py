"""The jobs, each run in a fresh process: what is done before the clock starts, and what is timed."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from benchmarks import definitions
from benchmarks.events import make_events
from benchmarks.place import Place, linked_copy
from expansion.evaluate.evaluator import build_rollups, evaluator
from expansion.evaluate.results import Evidence
from expansion.usage.duck import connect, quote
from expansion.usage.importing import Imported, import_events
from expansion.usage.store import UsageStore

Found = dict[str, Any]  # what a job says besides its seconds
T = TypeVar("T")


@dataclass(frozen=True)
class Took:
    """How long something took, on the wall and on all cores together: the second suffers less from neighbours."""

    seconds: float
    cpu_seconds: float


def timed(work: Callable[[], T]) -> tuple[Took, T]:
    """How long it took, and what came out."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return Took(time.perf_counter() - wall, time.process_time() - cpu), result


# --- preparations -----------------------------------------------------------------------------------------------------


def make_events_job(place: Place, events: int) -> tuple[Took, Found]:
    return timed(lambda: make_events(place, events))[0], {}


def make_stores(place: Place, events: int) -> tuple[Took, Found]:
    return timed(lambda: _make_stores(place, events))[0], {}


def _make_stores(place: Place, events: int) -> None:
    shutil.rmtree(place.imported, ignore_errors=True)
    _import(UsageStore(place.imported), place.lines, events)
    _build(UsageStore(linked_copy(place.imported, place.ready)))
    import_events(UsageStore(linked_copy(place.ready, place.day_imported)), place.day_lines, definitions.MAP)


# --- floors -----------------------------------------------------------------------------------------------------------


def parse_floor(place: Place, events: int) -> tuple[Took, Found]:
    """Five columns as text. `count` needs every value and keeps none."""
    names = ("id", "time", "event", "account", "user")
    columns = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in names)
    lines = f"read_json({quote(str(place.lines))}, format = 'newline_delimited', columns = {{{columns}}})"
    query = "SELECT " + ", ".join(f'count("{name}")' for name in names) + f" FROM {lines}"
    return timed(lambda: connect().execute(query).fetchall())[0], {}


def group_floor(place: Place, events: int) -> tuple[Took, Found]:
    """Eight columns of 90 days, the id aside: nobody asks for it. The hash needs every value; min and max would not."""
    rest = 'time, day, event, "user", feature, department, value'
    query = f"SELECT account, bit_xor(hash({rest})) FROM events WHERE day >= '2025-10-03' GROUP BY account"
    return timed(lambda: _raw(place).execute(query).fetchnumpy())[0], {}


# --- the product ------------------------------------------------------------------------------------------------------


def ingest(place: Place, events: int) -> tuple[Took, Found]:
    with place.scratch() as folder:
        took, _ = timed(lambda: _import(UsageStore(folder), place.lines, events))
    return took, {"counted": events}


def ingest_one_day(place: Place, events: int) -> tuple[Took, Found]:
    with place.scratch() as folder:
        store = UsageStore(linked_copy(place.ready, folder))
        took, result = timed(lambda: import_events(store, place.day_lines, definitions.MAP))
    return took, {"counted": result.stored}


def rollup_build(place: Place, events: int) -> tuple[Took, Found]:
    with place.scratch() as folder:
        store = UsageStore(linked_copy(place.imported, folder))
        return timed(lambda: _build(store))[0], {"counted": events}


def rollup_refresh_one_day(place: Place, events: int) -> tuple[Took, Found]:
    with place.scratch() as folder:
        store = UsageStore(linked_copy(place.day_imported, folder))
        return timed(lambda: _build(store))[0], {}


def evaluate_30(place: Place, events: int) -> tuple[Took, Found]:
    triggers, vocabulary = definitions.triggers(), definitions.vocabulary()
    store = UsageStore(place.ready)
    took, answers = timed(lambda: evaluator(store, vocabulary, definitions.AS_OF).answers(triggers))
    _note_fired(place, "evaluate_30", {name: sorted(answer.yes) for name, answer in answers.items()})
    return took, {"cannot_tell": sum(len(answer.unknown) for answer in answers.values())}


def hand_sql_30(place: Place, events: int) -> tuple[Took, Found]:
    queries = definitions.by_hand()

    def ask() -> dict[str, Any]:
        con = _raw(place)
        return {name: con.execute(query).fetchnumpy()["account"] for name, query in queries.items()}

    took, fired = timed(ask)
    _note_fired(place, "hand_sql_30", {name: sorted(accounts.tolist()) for name, accounts in fired.items()})
    return took, {}


def explain_one_account(place: Place, events: int) -> tuple[Took, Found]:
    """A hundred accounts drawn by their events, as inbound events would name them; a new evaluator each time."""
    triggers, vocabulary = definitions.triggers(), definitions.vocabulary()
    store = UsageStore(place.ready)
    draw = f"SELECT account FROM events ORDER BY hash(id) LIMIT {min(100, events // 2000)}"
    accounts = [account for (account,) in _raw(place).execute(draw).fetchall()]

    def ask(i: int) -> Evidence:
        evaluate = evaluator(store, vocabulary, definitions.AS_OF)
        return evaluate.explain(triggers[i % len(triggers)], accounts[i])

    each = [timed(partial(ask, i))[0] for i in range(len(accounts))]
    walls = sorted(took.seconds for took in each)
    found = {"p50_ms": _per_mille(walls, 500), "p99_ms": _per_mille(walls, 990)}
    return Took(sum(walls), sum(took.cpu_seconds for took in each)), found


# --- help -------------------------------------------------------------------------------------------------------------


def _import(store: UsageStore, lines: Path, events: int) -> Imported:
    result = import_events(store, lines, definitions.MAP)
    if result.stored != events:
        raise RuntimeError(f"{result.stored} of {events} events were stored: {result.rejects}")
    return result


def _build(store: UsageStore) -> None:
    if build_rollups(store, definitions.vocabulary(), definitions.triggers()) == 0:
        raise RuntimeError(f"no rollup was missing in {store.root}, so nothing was measured")


def _per_mille(ordered: list[float], mille: int) -> float:
    """A percentile, in milliseconds."""
    return round(ordered[(len(ordered) - 1) * mille // 1000] * 1000, 1)


def _raw(place: Place) -> duckdb.DuckDBPyConnection:
    """A connection with the raw events as `events`."""
    con = connect()
    con.execute(f"CREATE VIEW events AS FROM read_parquet({quote(str(place.raw))})")
    return con


def _note_fired(place: Place, name: str, fired: Mapping[str, list[str]]) -> None:
    place.fired(name).write_text(json.dumps(fired))


JOBS: dict[str, Callable[[Place, int], tuple[Took, Found]]] = {
    "make_events": make_events_job,
    "make_stores": make_stores,
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
