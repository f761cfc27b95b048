"""The jobs, each run in a fresh process: what is done before the clock starts, and what is timed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial

import duckdb

from benchmarks import definitions
from benchmarks.events import make_events
from benchmarks.imported import import_events
from benchmarks.place import Place, has_lines, linked_copy
from benchmarks.queries import by_hand
from benchmarks.timing import Found, Job, Took, note_fired, one_by_one, timed
from expansion.contract import EventRow
from expansion.evaluate.results import Evidence
from expansion.explain.evaluator import build_rollups, evaluator
from expansion.language.model.models import Trigger
from expansion.react.resident import Resident
from expansion.usage.forms.duck import connect, quote
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.store import UsageStore

# --- preparations -----------------------------------------------------------------------------------------------------


def make_events_job(place: Place, events: int) -> tuple[Took, Found]:
    return timed(lambda: make_events(place, events))[0], {}


def make_stores(place: Place, events: int) -> tuple[Took, Found]:
    """Also how long each file took to import, where there are several."""
    took, each = timed(lambda: _make_stores(place, events))
    return took, {"part_seconds": [round(part.seconds, 2) for part in each]} if len(each) > 1 else {}


def _make_stores(place: Place, events: int) -> list[Took]:
    shutil.rmtree(place.imported, ignore_errors=True)
    store = UsageStore(place.imported)
    files = [place.lines] if has_lines(events) else place.parts
    imported = [timed(partial(import_events, store, file, definitions.MAP)) for file in files]
    _expect(events, sum(result.stored for _, result in imported))
    _build(UsageStore(linked_copy(place.imported, place.ready)), definitions.triggers())
    import_events(UsageStore(linked_copy(place.ready, place.day_imported)), place.day_lines, definitions.MAP)
    return [took for took, _ in imported]


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
        took, result = timed(lambda: import_events(UsageStore(folder), place.lines, definitions.MAP))
        _expect(events, result.stored)
    return took, {"counted": events}


def ingest_one_day(place: Place, events: int) -> tuple[Took, Found]:
    with place.scratch() as folder:
        store = UsageStore(linked_copy(place.ready, folder))
        took, result = timed(lambda: import_events(store, place.day_lines, definitions.MAP))
    return took, {"counted": result.stored}


def rollup_build(place: Place, events: int) -> tuple[Took, Found]:
    with place.scratch() as folder:
        store = UsageStore(linked_copy(place.imported, folder))
        return timed(lambda: _build(store, definitions.triggers()))[0], {"counted": events}


def rollup_refresh_one_day(place: Place, events: int) -> tuple[Took, Found]:
    with place.scratch() as folder:
        store = UsageStore(linked_copy(place.day_imported, folder))
        return timed(lambda: _build(store, definitions.triggers()))[0], {}


def new_column(place: Place, events: int) -> tuple[Took, Found]:
    """For a trigger more. `built_again` counts the columns that were there already: none should be made again."""
    with place.scratch() as folder:
        store = UsageStore(linked_copy(place.ready, folder))
        before = _built(store)
        took, _ = timed(lambda: _build(store, [*definitions.triggers(), definitions.one_more()]))
        after = _built(store)
    there = set(before.values())
    return took, {"built_again": sum(after[place] in there for place in after.keys() - before.keys())}


def evaluate_30(place: Place, events: int) -> tuple[Took, Found]:
    triggers, vocabulary = definitions.triggers(), definitions.vocabulary()
    store = UsageStore(place.ready)
    took, answers = timed(lambda: evaluator(store, vocabulary, definitions.AS_OF).answers(triggers))
    note_fired(place, "evaluate_30", {name: map(str, answer.yes) for name, answer in answers.items()})
    return took, {"cannot_tell": sum(len(answer.unknown) for answer in answers.values())}


def explain_one_account(place: Place, events: int) -> tuple[Took, Found]:
    """A hundred accounts drawn by their events, as inbound events would name them; a new evaluator each time."""
    triggers, vocabulary = definitions.triggers(), definitions.vocabulary()
    store = UsageStore(place.ready)
    accounts = [row.account_id or "" for row in _drawn(place, min(100, events // 2000))]

    def ask(i: int) -> Evidence:
        evaluate = evaluator(store, vocabulary, definitions.AS_OF)
        return evaluate.explain(triggers[i % len(triggers)], accounts[i])

    return one_by_one(partial(ask, i) for i in range(len(accounts)))


def one_account(place: Place, events: int) -> tuple[Took, Found]:
    """The resident process is there before the clock starts. Then events come in, each written to disk and answered.

    `fsync_ms` is what the disk alone takes for one line: seconds of one machine say nothing of another's disk.
    """
    triggers, vocabulary, rows = definitions.triggers(), definitions.vocabulary(), _drawn(place, 300)
    with place.scratch() as folder:
        store = UsageStore(linked_copy(place.ready, folder))
        loading, resident = timed(lambda: Resident.of(store, vocabulary, triggers, definitions.AS_OF))

        def take(row: EventRow) -> None:
            Journal(folder).append([row])
            ((account, users),) = resident.hear([row], definitions.AS_OF).touched.items()
            asking = resident.asking(definitions.AS_OF)
            _expect(len(triggers), len(asking.answers_of(triggers, {account: users})))

        took, found = one_by_one(partial(take, row) for row in rows)
        _, disk = one_by_one(partial(Journal(folder / "disk").append, [row]) for row in rows)
    found |= {"load_seconds": round(loading.seconds, 3), "fsync_ms": disk["p50_ms"]}
    return took, {**found, "accounts": len({row.account_id for row in rows})}


# --- the peer that is part of DuckDB ----------------------------------------------------------------------------------


def hand_sql_30(place: Place, events: int) -> tuple[Took, Found]:
    queries = by_hand()

    def ask() -> dict[str, list[str]]:
        con = _raw(place)
        return {name: con.execute(query).fetchnumpy()["account"].tolist() for name, query in queries.items()}

    took, fired = timed(ask)
    note_fired(place, "hand_sql_30", fired)
    return took, {}


# --- help -------------------------------------------------------------------------------------------------------------


def _build(store: UsageStore, triggers: Sequence[Trigger]) -> None:
    if build_rollups(store, definitions.vocabulary(), triggers) == 0:
        raise RuntimeError(f"no rollup was missing in {store.root}, so nothing was measured")


def _built(store: UsageStore) -> dict[tuple[str, str], tuple[str, str]]:
    """The columns that stand in files: by file and key, of which segment they are."""
    return {
        (rollup.file, key): (segment.id, key)
        for segment in store.manifest().segments
        for rollup in segment.rollups
        for key in rollup.columns
    }


def _expect(wanted: int, found: int) -> None:
    if wanted != found:
        raise RuntimeError(f"{found:,} came out where {wanted:,} were expected, so nothing was measured")


def _raw(place: Place) -> duckdb.DuckDBPyConnection:
    """A connection with the raw events as `events`."""
    con = connect()
    con.execute(f"CREATE VIEW events AS FROM read_parquet({quote(str(place.raw))})")
    return con


def _drawn(place: Place, count: int) -> list[EventRow]:
    """Events that come in now, like some that happened: drawn evenly, and so accounts by how many events they have."""
    properties = ("feature", "department", "value")
    wanted = 'event, account, "user", feature, department, CAST(value AS VARCHAR)'
    draw = f"SELECT {wanted} FROM events ORDER BY hash(id) LIMIT {count}"
    return [
        EventRow(f"new-{i}", event, definitions.AS_OF, account, user, dict(zip(properties, values, strict=True)))
        for i, (event, account, user, *values) in enumerate(_raw(place).execute(draw).fetchall())
    ]


JOBS: dict[str, Job] = {
    "make_events": make_events_job,
    "make_stores": make_stores,
    "parse_floor": parse_floor,
    "ingest": ingest,
    "ingest_one_day": ingest_one_day,
    "group_floor": group_floor,
    "rollup_build": rollup_build,
    "rollup_refresh_one_day": rollup_refresh_one_day,
    "new_column": new_column,
    "evaluate_30": evaluate_30,
    "explain_one_account": explain_one_account,
    "one_account": one_account,
    "hand_sql_30": hand_sql_30,
}
