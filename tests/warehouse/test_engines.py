"""ClickHouse in process and Spark in local mode give the answers of the embedded engine: `make test-engines`."""

from __future__ import annotations

import io
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from expansion.warehouse.table import EventTable
from tests.warehouse import same
from tests.warehouse.filling import COLUMNS, TABLE, Row, Stage

VIEW = TABLE.model_copy(update={"table": "events_of_a_world"})
# Spark takes half a second for each query, most of it planning.
WORLDS, GENERATED = {"clickhouse": 25, "spark": 5}, {"clickhouse": 3000, "spark": 1000}


@dataclass
class ClickHouse:
    """chdb: ClickHouse in this process."""

    session: Any
    dialect: str = "clickhouse"
    table: EventTable = TABLE

    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        found = self.session.query(query, "Arrow").bytes()
        yield from (tuple(row.values()) for row in pa.ipc.open_file(io.BytesIO(found)).read_all().to_pylist())

    def fill(self, rows: Sequence[Row]) -> None:
        self.session.query("CREATE DATABASE IF NOT EXISTS analytics")
        self.session.query("DROP TABLE IF EXISTS analytics.events")
        kinds = ["Nullable(String)"] * 2 + ["DateTime64(6, 'UTC')"] * 2 + ["Nullable(String)"] * 4
        columns = ", ".join(f"`{name}` {kind}" for name, kind in zip(COLUMNS, kinds, strict=True))
        self.session.query(f"CREATE TABLE analytics.events ({columns}) ENGINE = Memory")
        if rows:
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
    table: EventTable = VIEW

    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        yield from (tuple(row) for row in self.session.sql(query).collect())

    def fill(self, rows: Sequence[Row]) -> None:
        kinds = ["string", "string", "timestamp", "timestamp", "string", "string", "string", "string"]
        schema = ", ".join(f"`{name}` {kind}" for name, kind in zip(COLUMNS, kinds, strict=True))
        self.session.createDataFrame(rows, schema).coalesce(1).createOrReplaceTempView("events_of_a_world")


@pytest.fixture(scope="module")
def clickhouse() -> Iterator[Stage]:
    chdb = pytest.importorskip("chdb.session", reason="chdb is not installed here: `make test-engines` has it")
    session = chdb.Session()
    yield ClickHouse(session)
    session.close()


@pytest.fixture(scope="module")
def spark() -> Iterator[Stage]:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed here: `make test-engines` has it")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark wants Java 17, and there is no `java` here")
    zone = os.environ.get("TZ")
    _live_in("UTC")  # pyspark hands out moments in the process's zone
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        # For a handful of rows, compiling a query and handing it out takes longer than running it.
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    session = sql.SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield Spark(session)
    session.stop()
    _live_in(zone)


def _live_in(zone: str | None) -> None:
    os.environ.pop("TZ", None)
    if zone is not None:
        os.environ["TZ"] = zone
    time.tzset()


@pytest.fixture(params=["clickhouse", "spark"])
def stage(request: pytest.FixtureRequest) -> Stage:
    found: Stage = request.getfixturevalue(request.param)
    return found


def test_an_engine_answers_as_the_embedded_one(stage: Stage) -> None:
    for number in range(WORLDS[stage.dialect]):
        same.assert_same_answers(stage, *same.a_question(f"engines {number}"))


def test_explanations_show_the_same(stage: Stage) -> None:
    same.assert_same_explanations(stage, "engines explained", most=4)


@pytest.mark.parametrize("late", [timedelta(hours=24), timedelta(hours=24, microseconds=1)])
def test_the_events_say_for_when_they_are_known_as_an_import_of_them_does(stage: Stage, late: timedelta) -> None:
    same.assert_same_spans(stage, "known 0", late)


def test_texts_are_numbers_days_and_letters_there_as_here(stage: Stage) -> None:
    same.assert_texts_read_alike(stage, GENERATED[stage.dialect])


def test_days_are_those_of_the_zone(stage: Stage) -> None:
    same.assert_days_are_those_of_the_zone(stage)


def test_nothing_that_an_import_rejects_counts(stage: Stage) -> None:
    same.assert_nothing_that_an_import_rejects_counts(stage)


def test_sums_are_exact(stage: Stage) -> None:
    same.assert_sums_are_exact(stage)
