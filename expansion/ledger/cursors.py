"""How far each source has been pulled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from expansion.ledger.database import Database
from expansion.ledger.tables import CURSORS


class Cursors(Database):
    def cursor(self, source: str) -> str | None:
        """Where the last pull of a source ended; None before the first."""
        with self.reading() as connection:
            return connection.scalar(select(CURSORS.c.value).where(CURSORS.c.source == source))

    def set_cursor(self, source: str, value: str, now: datetime) -> None:
        """Remember where a pull ended."""
        dialect = postgresql if self.is_postgres else sqlite
        new = dialect.insert(CURSORS).values(source=source, value=value, updated_at=now)
        kept = new.on_conflict_do_update(
            index_elements=["source"], set_={"value": new.excluded.value, "updated_at": new.excluded.updated_at}
        )
        with self.writing() as connection:
            connection.execute(kept)
