"""PostgreSQL rolls up, and the answers are those of the embedded engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.contract import NoAccess, Refused
from expansion.evaluate.evaluator import StoreEvaluator, evaluator
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.results import Answers
from expansion.pushdown.source import WarehouseSource
from expansion.usage.store import UsageStore
from integrations.warehouse import SqlWarehouse, connect
from tests.evaluate.drawing import several
from tests.evaluate.harness import asked, somewhere
from tests.evaluate.trying import examples
from tests.evaluate.words import Definition
from tests.evaluate.worlds import World, a_world
from tests.pushdown.filling import TABLE, fill


def pushed(warehouse: SqlWarehouse, world: World, facts: UsageStore) -> StoreEvaluator:
    """The evaluator over the warehouse; for when events are known is what the world says."""
    source = WarehouseSource.of(warehouse, TABLE, StoreRelations.of(facts), world.as_of)
    source.known = tuple(sorted(world.spans))
    return StoreEvaluator(source, world.vocabulary, world.as_of)


def both(
    warehouse: SqlWarehouse, writing: psycopg.Connection, world: World, definitions: list[Definition], folder: Path
) -> tuple[dict[str, Answers], dict[str, Answers]]:
    fill(writing, world)
    store = world.store(folder / "whole")
    facts = replace(world, batches=[]).store(folder / "facts")
    triggers = asked(definitions)
    embedded = evaluator(store, world.vocabulary, world.as_of).answers(triggers)
    return embedded, pushed(warehouse, world, facts).answers(triggers)


@examples(60)
@given(seed=st.integers(0, 2**24 - 1))
def test_the_warehouse_answers_as_the_embedded_engine(
    warehouse: SqlWarehouse, writing: psycopg.Connection, seed: int
) -> None:
    rnd = Random(f"pushed {seed}")
    world, definitions = a_world(rnd), several(rnd, 8, 12)
    with somewhere() as folder:
        embedded, there = both(warehouse, writing, world, definitions, folder)
    for name, definition in zip(embedded, definitions, strict=True):
        mine, theirs = embedded[name], there[name]
        assert (set(mine.yes), dict(mine.unknown)) == (set(theirs.yes), dict(theirs.unknown)), definition
        assert (set(mine.cleared), mine.asked) == (set(theirs.cleared), theirs.asked), definition


def busy() -> World:
    return next(made for n in range(200) if len((made := a_world(Random(n))).batches) == 2 and made.spans)


def test_explanations_show_the_same_events(
    warehouse: SqlWarehouse, writing: psycopg.Connection, tmp_path: Path
) -> None:
    world = busy()
    fill(writing, world)
    (trigger,) = asked([{"when": [{"event": "export", "over": "2 months", "at_least": 1, "by_at_least": "1 person"}]}])
    embedded = evaluator(world.store(tmp_path / "whole"), world.vocabulary, world.as_of)
    there = pushed(warehouse, world, replace(world, batches=[]).store(tmp_path / "facts"))
    for account in embedded.everyone.subjects.ids:
        assert there.explain(trigger, account) == embedded.explain(trigger, account)


def test_events_are_known_from_the_first_to_the_last_where_nothing_else_says_so(
    warehouse: SqlWarehouse, writing: psycopg.Connection, tmp_path: Path
) -> None:
    world = busy()
    fill(writing, world)
    source = WarehouseSource.of(warehouse, TABLE, StoreRelations.of(UsageStore(tmp_path)), world.as_of)
    moments = [event["at"] for batch in world.batches for event in batch if event["seen"] <= world.as_of]
    assert (source.spans(None)[0][0], source.spans(None)[-1][1]) == (min(moments), max(moments))


ODD = ["12", " 12 ", "+5", ".5", "5.", "1e5", "1E-3", "1,000", "٣", "", "NaN", "inf", "0x10", "1e99", "--1", "1 2",
       "12345678901234567890", "123456789012345678901", "0.0000000000005", "0.00000000000049", "-0", "-0.0000000000005",
       "99999999999999999999.9999999999999", "1%", "a%b_c"]  # fmt: skip


def test_odd_texts_are_numbers_there_where_they_are_numbers_here(
    warehouse: SqlWarehouse, writing: psycopg.Connection, tmp_path: Path
) -> None:
    world = replace(busy(), batches=[])
    template = {"event": "export", "at": world.as_of, "seen": world.as_of, "user": "ana"}
    events = [
        {**template, "id": f"e{n}", "account": f"a{n}", "properties": {"rows": text}} for n, text in enumerate(ODD)
    ]
    world = replace(world, batches=[events])
    definitions: list[Definition] = [
        {"when": [{"event": "export", "over": "2 days", "sum": "rows", word: edge}]}
        for word, edge in (("at_least", 0), ("is", 5), ("more_than", 10**19), ("less_than", 0.001), ("exists", True))
        if word != "exists"
    ]
    definitions += [
        {"when": [{"event": "export", "over": "2 days", "at_least": 1, "where": {"rows": where}}]}
        for where in ({"exists": True}, {"contains": "%"}, {"starts_with": "1"}, 12, "1%", {"is_not": 12})
    ]
    embedded, there = both(warehouse, writing, world, definitions, tmp_path)
    for name, definition in zip(embedded, definitions, strict=True):
        assert (embedded[name].yes, embedded[name].unknown) == (there[name].yes, there[name].unknown), definition


def test_a_warehouse_is_only_read(warehouse: SqlWarehouse) -> None:
    with pytest.raises(Refused, match="read-only transaction"):
        list(warehouse.rows("CREATE TABLE no (n int)"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "the engine's URL cannot be read"),
        ("oracle://a:secret@host/db", "`oracle` is no warehouse that is known; there are: bigquery, clickhouse"),
        ("snowflake://a:secret@host/db", "`snowflake` needs a driver that is not installed: pip install snowflake-sql"),
    ],
)
def test_what_cannot_be_reached_says_what_to_do_and_shows_no_password(url: str, said: str) -> None:
    with pytest.raises(NoAccess, match=said) as failed:
        connect(url)
    assert "secret" not in str(failed.value)
