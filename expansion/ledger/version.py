"""Which version a ledger's tables have. Not in `migrate.py`: importing Alembic takes a fifth of a second."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from expansion.ledger.database import VERSION_TABLE

HEAD = "0009"  # the newest file in migrations/versions; a test holds them together


def version_of(connection: Connection) -> str | None:
    """The version of the tables, None where there are none yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  a constant of ours
    return version
