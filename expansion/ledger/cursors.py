"""How far each source has been pulled, and how each trigger ran last."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from expansion.ledger.database import Database
from expansion.ledger.tables import CURSORS


class Cursors(Database):
    def cursor(self, source: str) -> str | None:
        """Where the last pull of a source ended; None before the first."""
        with self.reading() as connection:
            return cursor_of(connection, source)

    def set_cursor(self, source: str, value: str, now: datetime) -> None:
        """Remember where a pull ended."""
        with self.writing() as connection:
            set_cursor(connection, self.is_postgres, source, value, now)


def cursor_of(connection: Connection, name: str) -> str | None:
    """The same, within a transaction."""
    return connection.scalar(select(CURSORS.c.value).where(CURSORS.c.source == name))


def set_cursor(connection: Connection, is_postgres: bool, name: str, value: str, now: datetime) -> None:
    """The same, within a transaction."""
    dialect = postgresql if is_postgres else sqlite
    new = dialect.insert(CURSORS).values(source=name, value=value, updated_at=now)
    kept = new.on_conflict_do_update(
        index_elements=["source"], set_={"value": new.excluded.value, "updated_at": new.excluded.updated_at}
    )
    connection.execute(kept)
