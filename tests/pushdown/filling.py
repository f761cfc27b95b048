"""A world's events as a warehouse has them: one table, properties in columns of text, each event once."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import psycopg

from expansion.pushdown.table import EventTable
from tests.evaluate.words import Definition
from tests.evaluate.worlds import World

TABLE = EventTable(
    table="analytics.events",
    id="Event Id",
    event="name",
    time="happened",
    received_at="arrived",
    account="account",
    user="who",
    properties={"rows": "Rows", "feature": "feature"},
)
COLUMNS = ("Event Id", "name", "happened", "arrived", "account", "who", "Rows", "feature")


def rows_of(world: World) -> list[tuple[Any, ...]]:
    """Each event once: the first that arrived, as the usage store keeps it."""
    kept: dict[str, Definition] = {}
    for batch in world.batches:
        for event in sorted(batch, key=lambda one: (one["seen"], one["at"], one["event"], one["account"], one["user"])):
            kept.setdefault(event["id"], event)
    return [_row(event) for event in kept.values()]


def _row(event: Definition) -> tuple[Any, ...]:
    texts = (_text(event["properties"].get(name)) for name in ("rows", "feature"))
    moments = (event[name].astimezone(UTC).replace(tzinfo=None) for name in ("at", "seen"))
    return (event["id"], event["event"], *moments, event["account"], event["user"] or None, *texts)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def fill(connection: psycopg.Connection, world: World) -> None:
    """Make the table anew with the events of a world."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS analytics")
    connection.execute("DROP TABLE IF EXISTS analytics.events")
    types = ["text", "text", "timestamp", "timestamp", "text", "text", "text", "text"]
    columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(COLUMNS, types, strict=True))
    connection.execute(f"CREATE TABLE analytics.events ({columns})")
    with connection.cursor() as cursor, cursor.copy("COPY analytics.events FROM STDIN") as copy:
        for row in rows_of(world):
            copy.write_row(row)
