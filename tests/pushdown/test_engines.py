"""ClickHouse in process and Spark in local mode give the answers of the embedded engine: `make test-engines`."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from expansion.evaluate.evaluator import StoreEvaluator, evaluator
from expansion.evaluate.relations import StoreRelations
from expansion.pushdown.source import Warehouse, WarehouseSource
from expansion.pushdown.table import EventTable
from tests.evaluate.drawing import several
from tests.evaluate.harness import asked, somewhere
from tests.evaluate.worlds import World, a_world
from tests.pushdown.filling import COLUMNS, TABLE, rows_of

EVENTS_OF_A_WORLD = TABLE.model_copy(update={"table": "events_of_a_world"})
WORLDS = 25


@dataclass
class ClickHouse:
    """chdb: ClickHouse in this process."""

    session: Any
    dialect: str = "clickhouse"
    table: EventTable = TABLE

    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        found = self.session.query(query, "Arrow").bytes()
        yield from (tuple(row.values()) for row in pa.ipc.open_file(io.BytesIO(found)).read_all().to_pylist())

    def fill(self, world: World) -> None:
        self.session.query("CREATE DATABASE IF NOT EXISTS analytics")
        self.session.query("DROP TABLE IF EXISTS analytics.events")
        kinds = ["String", "String", *["DateTime64(6, 'UTC')"] * 2, "String", *["Nullable(String)"] * 3]
        columns = ", ".join(f"`{name}` {kind}" for name, kind in zip(COLUMNS, kinds, strict=True))
        self.session.query(f"CREATE TABLE analytics.events ({columns}) ENGINE = Memory")
        if rows := rows_of(world):
            values = ", ".join(f"({', '.join(map(_clickhouse, row))})" for row in rows)
            self.session.query(f"INSERT INTO analytics.events VALUES {values}")


def _clickhouse(value: Any) -> str:
    if value is None:
        return "NULL"
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


@dataclass
class Spark:
    """Spark in local mode."""

    session: Any
    dialect: str = "spark"
    table: EventTable = EVENTS_OF_A_WORLD

    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        yield from (tuple(row) for row in self.session.sql(query).collect())

    def fill(self, world: World) -> None:
        kinds = ["string", "string", "timestamp", "timestamp", "string", "string", "string", "string"]
        schema = ", ".join(f"`{name}` {kind}" for name, kind in zip(COLUMNS, kinds, strict=True))
        self.session.createDataFrame(rows_of(world), schema).createOrReplaceTempView("events_of_a_world")


@pytest.fixture(scope="module")
def clickhouse() -> Iterator[ClickHouse]:
    chdb = pytest.importorskip("chdb.session", reason="chdb is not installed here: `make test-engines` has it")
    session = chdb.Session()
    yield ClickHouse(session)
    session.close()


@pytest.fixture(scope="module")
def spark() -> Iterator[Spark]:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed here: `make test-engines` has it")
    os.environ["TZ"] = "UTC"  # pyspark hands out moments in the process's zone
    time.tzset()
    builder = sql.SparkSession.builder.master("local[2]").config("spark.sql.session.timeZone", "UTC")
    builder = builder.config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2")
    builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
    session = builder.getOrCreate()
    yield Spark(session)
    session.stop()


@pytest.mark.parametrize("name", ["clickhouse", "spark"])
def test_an_engine_answers_as_the_embedded_one(name: str, request: pytest.FixtureRequest) -> None:
    engine = request.getfixturevalue(name)
    for seed in range(WORLDS if name == "clickhouse" else 8):
        rnd = Random(f"engines {seed}")
        world, definitions = a_world(rnd), several(rnd, 8, 12)
        engine.fill(world)
        with somewhere() as folder:
            store = world.store(folder / "whole")
            facts = replace(world, batches=[]).store(folder / "facts")
            triggers = asked(definitions)
            embedded = evaluator(store, world.vocabulary, world.as_of).answers(triggers)
            there = _pushed(engine, world, facts).answers(triggers)
        for trigger, definition in zip(embedded, definitions, strict=True):
            mine, theirs = embedded[trigger], there[trigger]
            assert (set(mine.yes), dict(mine.unknown)) == (set(theirs.yes), dict(theirs.unknown)), (seed, definition)
            assert (set(mine.cleared), mine.asked) == (set(theirs.cleared), theirs.asked), (seed, definition)


def _pushed(engine: Warehouse, world: World, facts: Any) -> StoreEvaluator:
    table: EventTable = engine.table  # type: ignore[attr-defined]
    source = WarehouseSource.of(engine, table, StoreRelations.of(facts), world.as_of)
    source.known = tuple(sorted(world.spans))
    return StoreEvaluator(source, world.vocabulary, world.as_of)
