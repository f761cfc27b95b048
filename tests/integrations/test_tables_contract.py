"""What tables promise as a source: pulled twice, rows twice or in another order, none at all, a read that broke off.

Held against SQLite, by the way of all that SQLAlchemy reaches, and DuckDB. What only a server does (passwords, rights,
a connection that ends, a table that is made anew) is held against a real PostgreSQL in tests/warehouse/test_tables.py.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pyarrow as pa
import pytest

from expansion.contract import TryLater
from integrations.warehouse.duck_table import DuckTable
from integrations.warehouse.sql_table import SqlTable
from tests.warehouse.tables import Desk

Row = dict[str, Any]


def _sqlite(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    with closing(sqlite3.connect(path)) as con, con:
        con.execute("DROP TABLE IF EXISTS things")
        con.execute(f"CREATE TABLE things ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        con.executemany(f"INSERT INTO things VALUES ({marks})", [tuple(row.values()) for row in rows])


def _duckdb(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    with duckdb.connect(str(path)) as con:
        con.register("given", pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in columns}))
        con.execute("CREATE OR REPLACE TABLE things AS FROM given")


FILLS: dict[str, Callable[[Path, Sequence[Row], Sequence[str]], None]] = {"sqlite": _sqlite, "duckdb": _duckdb}


@dataclass
class Stage:
    """A desk, and the database that it reads."""

    desk: Desk
    path: Path
    kind: str
    columns: Sequence[str]

    def fill(self, rows: Sequence[Row]) -> None:
        FILLS[self.kind](self.path, rows, self.columns)

    def pulled(self, rows: Sequence[Row]) -> int:
        self.fill(rows)
        (one,) = self.desk.well()
        return one.stored

    def known(self) -> tuple[Any, ...]:
        return self.desk.events(), self.desk.merges(), *(self.desk.known(field) for field in ("seats", "plan", "role"))


class TableContract:
    """The promises, for each kind of database. Subclasses name the `source`, a map and some rows."""

    source: ClassVar[str]
    asks: ClassVar[str]  # how facts.yaml names it
    map: ClassVar[str]

    def rows(self) -> list[Row]:
        raise NotImplementedError

    @pytest.fixture(params=list(FILLS))
    def stage(self, request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
        return self._stage(request.param, tmp_path / "first")

    @pytest.fixture
    def again(self, stage: Stage, tmp_path: Path) -> Stage:
        return self._stage(stage.kind, tmp_path / "again")

    def _stage(self, kind: str, folder: Path) -> Stage:
        path = folder / f"things.{kind}"
        named = "facts:\n  f0: {from: files.accounts, field: name, kind: text}\n"
        desk = Desk(
            folder,
            {"warehouse": f"{kind}:///{path}"},
            self.asks + named if "events" in self.source else named + self.asks,
        )
        desk.map("things", f"from: {{table: things, cursor: seen}}\n{self.map}")
        return Stage(desk, path, kind, list(self.rows()[0]))

    def test_two_pulls_equal_one(self, stage: Stage) -> None:
        assert stage.pulled(self.rows()) > 0
        once = stage.known()
        assert stage.pulled(self.rows()) == 0
        assert stage.known() == once

    def test_the_order_changes_nothing(self, stage: Stage, again: Stage) -> None:
        stage.pulled(self.rows())
        again.pulled(self.rows()[::-1])
        assert again.known() == stage.known()

    def test_a_row_that_comes_twice_changes_nothing(self, stage: Stage, again: Stage) -> None:
        stage.pulled(self.rows())
        again.pulled([*self.rows(), *self.rows()[:3]])
        assert again.known() == stage.known()

    def test_a_table_in_two_parts_is_the_whole(self, stage: Stage, again: Stage) -> None:
        stage.pulled(self.rows())
        assert again.pulled(self.rows()[:7]) > 0
        assert again.pulled(self.rows()) > 0
        assert again.known() == stage.known()

    def test_a_table_without_rows_says_so_and_ends_nothing(self, stage: Stage) -> None:
        stage.pulled(self.rows())
        before = stage.known()
        assert stage.pulled([]) == 0
        assert "it holds no row; nothing ends by that" in stage.desk.said()
        assert stage.known() == before

    def test_what_the_next_pull_does_not_hold_stays_known(self, stage: Stage) -> None:
        stage.pulled(self.rows())
        before = stage.known()
        stage.pulled(self.rows()[3:])
        assert stage.known() == before

    def test_half_a_read_stores_nothing_and_the_next_has_it_all(
        self, stage: Stage, again: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        again.pulled(self.rows())
        stage.fill(self.rows())
        with monkeypatch.context() as breaking:
            for kind in (SqlTable, DuckTable):
                breaking.setattr(kind, "batches", _broken(kind.batches))
            (one,) = stage.desk.pull()
        assert (one.problem, one.whose) == ("the rows broke off", "their system")
        assert stage.known() == ({}, {}, {}, {}, {})
        stage.desk.well()
        assert stage.known() == again.known()

    def test_a_table_that_is_not_there_is_named(self, stage: Stage) -> None:
        stage.pulled(self.rows())
        before = stage.known()
        stage.desk.map("things", f"from: {{table: thing, cursor: seen}}\n{self.map}")
        (one,) = stage.desk.pull()
        assert "refused to read thing" in (one.problem or "")
        assert "do the table and the columns of the map exist?" in (one.problem or "")
        assert stage.known() == before


def _broken(whole: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Half of the rows, and then no more."""

    def batches(table: Any, since: str | None) -> Iterator[Any]:
        for cells in whole(table, since):
            yield [column[: len(column) // 2] for column in cells]
            raise TryLater("the rows broke off")

    return batches


def _row(number: int) -> Row:
    return {"id": f"a-{number}", "seats": str(100 + number), "plan": ("free", "team")[number % 2], "seen": _day(number)}


def _day(number: int) -> str:
    return f"2026-03-{number // 2 + 1:02} 10:00:00"


class TestAccounts(TableContract):
    source = "warehouse.accounts"
    asks = "  f1: {from: warehouse.accounts, field: plan, kind: text}\n"
    map = "facts: {account: id, at: seen, fields: [seats, plan]}\n"

    def rows(self) -> list[Row]:
        return [_row(number) for number in range(12)]


class TestPeople(TableContract):
    source = "warehouse.people"
    asks = "  f1: {from: warehouse.people, field: role, kind: text, who: users}\n"
    map = "facts: {source: files.people, account: id, user: who, at: seen, fields: [role]}\n"

    def rows(self) -> list[Row]:
        return [_row(number // 2) | {"who": f"u-{number}", "role": "admin"} for number in range(12)]


class TestEvents(TableContract):
    source = "warehouse.events"
    asks = "events:\n  - {from: warehouse.events, account: id}\n"
    map = "events: {id: key, event: plan, time: seen, account: id, user: seats}\n"

    def rows(self) -> list[Row]:
        return [_row(number) | {"key": f"k-{number}"} for number in range(12)]


class TestMerges(TableContract):
    source = "warehouse.merges"
    asks = ""  # nothing in facts.yaml names merges: a map of them is enough
    map = "merges: {former: id, id: plan, at: seen}\n"

    def rows(self) -> list[Row]:
        return [_row(number) for number in range(12)]
