"""A world's events as a warehouse has them: one table, properties in columns of text, each event once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Protocol

import psycopg

from expansion.warehouse.table import EventTable
from integrations.warehouse.client import SqlWarehouse
from tests.evaluate.words import Definition
from tests.evaluate.worlds import World

# Names that stand in the way: one with a blank, capitals, a word of SQL, and one that the rollup query has for another.
TABLE = EventTable(
    table="analytics.events",
    id="Event Id",
    event="name",
    time="happened",
    received_at="ts",
    account="account",
    user="user",
    properties={"rows": "Rows", "feature": "feature"},
)
COLUMNS = ("Event Id", "name", "happened", "ts", "account", "user", "Rows", "feature")
Row = tuple[Any, ...]


class Stage(Protocol):
    """A warehouse that tests can fill."""

    @property
    def dialect(self) -> str: ...

    @property
    def table(self) -> EventTable: ...

    def rows(self, query: str) -> Iterable[Sequence[Any]]: ...

    def fill(self, rows: Sequence[Row]) -> None:
        """Make the table anew with these rows."""
        ...


@dataclass(frozen=True)
class PostgresStage:
    """Asked through the product's own connection, filled through another."""

    warehouse: SqlWarehouse
    writing: psycopg.Connection
    table: EventTable = TABLE
    dialect: str = "postgres"

    def rows(self, query: str) -> Iterable[Sequence[Any]]:
        return self.warehouse.rows(query)

    def fill(self, rows: Sequence[Row]) -> None:
        self.writing.execute("CREATE SCHEMA IF NOT EXISTS analytics")
        self.writing.execute("DROP TABLE IF EXISTS analytics.events")
        types = ["text", "text", "timestamp", "timestamptz", "text", "text", "text", "text"]
        columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(COLUMNS, types, strict=True))
        self.writing.execute(f"CREATE TABLE analytics.events ({columns})")
        with self.writing.cursor() as cursor, cursor.copy("COPY analytics.events FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def events_of(world: World) -> list[Definition]:
    """Each event once: the first that arrived, as the usage store keeps it."""
    kept: dict[str, Definition] = {}
    for batch in world.batches:
        for event in sorted(batch, key=lambda one: (one["seen"], one["at"], one["event"], one["account"], one["user"])):
            kept.setdefault(event["id"], event)
    return list(kept.values())


def rows_of(world: World) -> list[Row]:
    return [_row(event) for event in events_of(world)]


def _row(event: Definition) -> Row:
    texts = (_text(event["properties"].get(name)) for name in ("rows", "feature"))
    moments = (event[name].astimezone(UTC).replace(tzinfo=None) for name in ("at", "seen"))
    return (event["id"], event["event"], *moments, event["account"], event["user"] or None, *texts)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, list):
        return json.dumps(value)  # as a warehouse writes JSON
    return str(value).lower() if isinstance(value, bool) else str(value)
