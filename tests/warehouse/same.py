"""What every warehouse that is run is held against: the answers, and the readings, of the embedded engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import duckdb
import pyarrow as pa

from expansion.evaluate.relations import StoreRelations
from expansion.explain.evaluator import StoreEvaluator, build_rollups, evaluator
from expansion.usage.forms.properties import column_of
from expansion.usage.forms.sql_dialect import DUCK, Spelling
from expansion.usage.identity.merges import add_merges, add_said
from expansion.usage.storage.store import Stored, UsageStore
from expansion.warehouse.beside import Beside
from expansion.warehouse.dialects import SPELLINGS
from expansion.warehouse.source import WarehouseSource
from expansion.warehouse.table import Between
from tests.evaluate.drawing import several
from tests.evaluate.harness import asked, somewhere
from tests.evaluate.merging import a_merged_world
from tests.evaluate.parting import some_parts
from tests.evaluate.stores import fill
from tests.evaluate.words import Definition
from tests.evaluate.worlds import World, a_world
from tests.warehouse.filling import Row, Stage, events_of, rows_of
from tests.warehouse.odd import DAYS, FOLDED, NUMBERS, PARTS, some_days, some_numbers


def pushed(stage: Stage, world: World, facts: UsageStore) -> StoreEvaluator:
    """The evaluator over the warehouse; for when events are known is what the world says."""
    source = WarehouseSource.of(stage, stage.table, StoreRelations.of(facts, world.as_of), world.as_of)
    source.known = tuple(sorted(world.spans))
    return StoreEvaluator(source, world.vocabulary, world.as_of)


def without_events(world: World) -> World:
    return replace(world, batches=[])


# --- answers ----------------------------------------------------------------------------------------------------------


def assert_same_answers(stage: Stage, world: World, definitions: Sequence[Definition]) -> None:
    stage.fill(rows_of(world))
    triggers = asked(definitions)
    with somewhere() as folder:
        embedded = evaluator(world.quick_store(folder / "whole"), world.vocabulary, world.as_of).answers(triggers)
        facts = without_events(world).quick_store(folder / "facts")
        there = pushed(stage, world, facts).answers(triggers)
    for trigger, definition in zip(embedded, definitions, strict=True):
        mine, theirs = embedded[trigger], there[trigger]
        assert (set(mine.yes), dict(mine.unknown)) == (set(theirs.yes), dict(theirs.unknown)), definition
        assert (set(mine.cleared), mine.asked) == (set(theirs.cleared), theirs.asked), definition


def a_question(seed: str) -> tuple[World, list[Definition]]:
    rnd = Random(seed)
    return a_world(rnd), several(rnd, 8, 12)


def assert_same_explanations(stage: Stage, seed: str, most: int = 12) -> None:
    """Of some accounts, by an engine that knows only the few that it is asked about."""
    world, definitions = a_question(seed)
    stage.fill(rows_of(world))
    with somewhere() as folder:
        embedded = evaluator(world.quick_store(folder / "whole"), world.vocabulary, world.as_of)
        there = pushed(stage, world, without_events(world).quick_store(folder / "facts"))
        accounts = sorted({event["account"] for event in events_of(world) if event["seen"] <= world.as_of})[:2]
        for trigger in asked(definitions[:most]):
            for account in accounts:
                assert there.explain(trigger, account) == embedded.explain(trigger, account), trigger


def assert_same_answers_for_merged(stage: Stage, seed: str) -> None:
    """Of accounts and people who had other ids, and of accounts that were split: the warehouse has never heard of it.
    Then one account alone."""
    world, definitions = a_question(seed)
    given = a_merged_world(Random(seed), world)
    world, triggers = given.world, asked(definitions)
    stage.fill(rows_of(world))
    with somewhere() as folder:
        stores = world.quick_store(folder / "whole"), without_events(world).quick_store(folder / "facts")
        for store in stores:
            add_merges(store, given.merges, world.as_of)
            add_said(store, some_parts(Random(seed), world))
        embedded = evaluator(stores[0], world.vocabulary, world.as_of)
        there = pushed(stage, world, stores[1])
        mine, theirs = embedded.answers(triggers), there.answers(triggers)
        for one in triggers:
            found, answered = mine[one.trigger], theirs[one.trigger]
            assert (set(found.yes), dict(found.unknown)) == (set(answered.yes), dict(answered.unknown)), one
            assert (set(found.cleared), found.asked) == (set(answered.cleared), answered.asked), one
        alone = pushed(stage, world, stores[1])
        for account in sorted({one.id for one in given.merges if one.of == "account"} & set(embedded.accounts()))[:2]:
            assert alone.explain(triggers[0], account) == embedded.explain(triggers[0], account), account


# --- for when events are known ----------------------------------------------------------------------------------------


class SaysItself(UsageStore):
    """A store that is told by the events for when they are known, as it is where files are imported."""

    def add_events(self, con: duckdb.DuckDBPyConnection, events: str, covered: Any = None, **more: Any) -> Stored:
        del covered
        return super().add_events(con, events, None, **more)


def assert_same_spans(stage: Stage, seed: str, late: timedelta) -> None:
    """In one batch, some of it late: what came a day late says nothing of its day, unless most did."""
    rnd = Random(seed)
    world = a_world(rnd)
    events = [one if rnd.random() < 0.5 else {**one, "seen": one["at"] + late} for one in events_of(world)]
    world = replace(world, batches=[events], spans=[])
    stage.fill(rows_of(world))
    with somewhere() as folder:
        store = fill(folder / "whole", world.batches, world.changes, (), world.first_pulls, kind=SaysItself)
        facts = StoreRelations.of(without_events(world).store(folder / "facts"))
        there = WarehouseSource.of(stage, stage.table, facts, world.as_of)
        assert there.spans(None) == store.manifest().spans()
        triggers = asked(several(rnd, 6, 6))
        embedded = evaluator(store, world.vocabulary, world.as_of).answers(triggers)
        answered = StoreEvaluator(there, world.vocabulary, world.as_of).answers(triggers)
    for trigger in embedded:
        assert dict(embedded[trigger].unknown) == dict(answered[trigger].unknown)
        assert set(embedded[trigger].yes) == set(answered[trigger].yes)


# --- texts ------------------------------------------------------------------------------------------------------------


def assert_texts_read_alike(stage: Stage, generated: int) -> None:
    numbers = [*NUMBERS, *some_numbers(generated)]
    _assert_alike(stage, numbers, lambda spelling, text: spelling.number(text))
    _assert_alike(stage, [*DAYS, *some_days(generated)], lambda spelling, text: spelling.day(text))
    _assert_alike(stage, FOLDED, _which_parts)


def _which_parts(spelling: Spelling, text: str) -> str:
    """For each part whether a text contains it, starts with it, and is it: a letter each."""
    tests = [test(text, part) for part in PARTS for test in (spelling.contains, spelling.starts_with)]
    tests += [spelling.one_of(text, [part]) for part in PARTS]
    letters = (f"CASE WHEN {test} THEN 'y' ELSE 'n' END" for test in tests)
    return f"CONCAT({', '.join(letters)})"


def _assert_alike(stage: Stage, texts: Sequence[str], read: Any) -> None:
    """Each text, as a property in the warehouse's table, is read as DuckDB reads it."""
    texts, at = list(dict.fromkeys(texts)), datetime(2026, 3, 2)
    stage.fill([_event(n, at, text) for n, text in enumerate(texts)])
    spelling = SPELLINGS[stage.dialect]
    events = stage.table.events(spelling, ["rows"], Between())
    there = dict(
        map(tuple, stage.rows(f"SELECT event_id, {read(spelling, column_of('rows'))} AS v FROM {events} AS t"))
    )
    here = _here(texts, read(DUCK, "t"))
    read_there = [there.get(str(n)) for n in range(len(texts))]
    differ = [
        (text, mine, theirs) for text, mine, theirs in zip(texts, here, read_there, strict=True) if mine != theirs
    ]
    assert not differ, differ[:10]


def _event(number: int, at: datetime, text: str) -> Row:
    return (str(number), "export", at, at, "acme", None, text, None)


def _here(texts: Sequence[str], expression: str) -> list[Any]:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.register("texts", pa.table({"n": range(len(texts)), "t": pa.array(texts, pa.string())}))
    return [value for (value,) in con.execute(f"SELECT {expression} FROM texts ORDER BY n").fetchall()]


def assert_days_are_those_of_the_zone(stage: Stage) -> None:
    """Around every change of the clocks of a year, to the microsecond."""
    year = datetime(2026, 1, 1)
    moments = [year + timedelta(hours=hours, microseconds=step) for hours in range(24 * 365) for step in (-1, 0)]
    some = [moment for moment in moments if moment.day in (1, 8, 25, 26, 28, 29, 30) or moment.minute]
    stage.fill([(str(n), "export", at, at, "acme", None, None, None) for n, at in enumerate(some)])
    spelling, events = SPELLINGS[stage.dialect], stage.table.events(SPELLINGS[stage.dialect], (), Between())
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.register("moments", pa.table({"n": range(len(some)), "ts": pa.array(some, pa.timestamp("us"))}))
    for zone in ("Europe/London", "America/Santiago", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"):
        query = f"SELECT event_id, {spelling.local_day('ts', zone)} AS day FROM {events} AS t"
        there = dict(map(tuple, stage.rows(query)))
        here = con.execute(f"SELECT {Spelling().local_day('ts', zone)} FROM moments ORDER BY n").fetchall()
        assert [there[str(n)] for n in range(len(some))] == [day for (day,) in here], zone


def assert_nothing_that_an_import_rejects_counts(stage: Stage) -> None:
    at = datetime(2026, 3, 2)
    good = ("1", "export", at, at, "acme", "ana", None, None)
    bad = [
        (name, "export", at, at, account, None, None, None) for name, account in (("2", None), ("3", ""), (None, "a"))
    ]
    bad += [("4", None, at, at, "acme", None, None, None), ("5", "", at, at, "acme", None, None, None)]
    bad += [("6", "export", datetime(1989, 12, 31), at, "acme", None, None, None)]
    bad += [("7", "export", datetime(2101, 1, 1), at, "acme", None, None, None)]
    stage.fill([good, *bad])
    events = stage.table.events(SPELLINGS[stage.dialect], (), Between())
    assert [tuple(row) for row in stage.rows(f"SELECT event_id, user_id FROM {events} AS t")] == [("1", "ana")]


def assert_sums_are_exact(stage: Stage) -> None:
    """Of tenths, where floating point drifts; and of the largest numbers that there are."""
    at, spelling = datetime(2026, 3, 2), SPELLINGS[stage.dialect]
    for text, total in (("0.1", "100"), ("99999999999999999999.999999999999", "99999999999999999999999.999999999")):
        stage.fill([(str(n), "export", at, at, "acme", None, text, None) for n in range(1000)])
        events = stage.table.events(spelling, ["rows"], Between())
        query = f"SELECT SUM({spelling.number(column_of('rows'))}) AS total FROM {events} AS t"
        assert [Decimal(row[0]) for row in stage.rows(query)] == [Decimal(total)]


# --- some of the events in a usage store beside it --------------------------------------------------------------------


def assert_same_answers_of_both(stage: Stage, seed: str) -> None:
    """Each event is in the warehouse, in the usage store, or in both: the answers are those of one store with all."""
    world, definitions = a_question(seed)
    rnd = Random(f"split {seed}")
    where = {event["id"]: rnd.choice(("there", "here", "both")) for event in events_of(world)}
    stage.fill([row for row in rows_of(world) if where[row[0]] != "here"])
    here = [[event for event in batch if where[event["id"]] != "there"] for batch in world.batches]
    triggers = asked(definitions)
    with somewhere() as folder:
        embedded = evaluator(world.quick_store(folder / "whole"), world.vocabulary, world.as_of)
        store = replace(world, batches=here).quick_store(folder / "some")
        build_rollups(store, world.vocabulary, triggers[::2])
        there = beside(stage, world, store)
        mine, theirs = embedded.answers(triggers), there.answers(triggers)
        for trigger, definition in zip(mine, definitions, strict=True):
            one, other = mine[trigger], theirs[trigger]
            assert (set(one.yes), dict(one.unknown)) == (set(other.yes), dict(other.unknown)), definition
            assert (set(one.cleared), one.asked) == (set(other.cleared), other.asked), definition
        for account in sorted({event["account"] for event in events_of(world) if event["seen"] <= world.as_of})[:1]:
            for trigger in triggers[:4]:
                assert there.explain(trigger, account) == embedded.explain(trigger, account), trigger


def beside(stage: Stage, world: World, store: UsageStore) -> StoreEvaluator:
    """The evaluator over both."""
    warehouse = WarehouseSource.of(stage, stage.table, StoreRelations.of(store), world.as_of)
    warehouse.known = tuple(sorted(world.spans))
    return StoreEvaluator(Beside.with_store(warehouse), world.vocabulary, world.as_of)
