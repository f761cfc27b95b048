"""Runs of the flows: when, over which data, with which definitions, how they ended, and how far sources were pulled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, desc, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from expansion.ledger.database import Database
from expansion.ledger.tables import CURSORS, RUNS
from expansion.records.ledger import RunKind, RunRecord, RunStatus


class Runs(Database):
    def start_run(
        self,
        kind: RunKind,
        *,
        as_of: datetime,
        now: datetime,
        git_revision: str | None = None,
        definitions_hash: str | None = None,
        watermark: datetime | None = None,
        flow_run_id: str | None = None,
        holder: str | None = None,
    ) -> int:
        """Write down that a run begins; its id."""
        values: dict[str, Any] = {
            "kind": kind,
            "as_of": as_of,
            "started_at": now,
            "status": "running",
            "git_revision": git_revision,
            "definitions_hash": definitions_hash,
            "watermark": watermark,
            "flow_run_id": flow_run_id,
            "holder": holder,
            "summary": {},
        }
        with self.writing() as connection:
            run_id: int = connection.execute(insert(RUNS).values(values).returning(RUNS.c.id)).scalar_one()
            return run_id

    def finish_run(
        self, run_id: int, status: RunStatus, now: datetime, summary: Mapping[str, Any] | None = None
    ) -> None:
        """Write down how a run ended. A run that has ended keeps its first word."""
        change = update(RUNS).where(RUNS.c.id == run_id, RUNS.c.status == "running")
        with self.writing() as connection:
            connection.execute(change.values(status=status, finished_at=now, summary=dict(summary or {})))

    def unfinished_runs(self) -> list[RunRecord]:
        """Runs that still say `running`, oldest first: at work, or killed. Their holder tells which."""
        query = select(RUNS).where(RUNS.c.status == "running").order_by(RUNS.c.id)
        with self.reading() as connection:
            return [read_run(row) for row in connection.execute(query)]

    def runs(self, limit: int = 20, kinds: Sequence[RunKind] | None = None) -> list[RunRecord]:
        """The latest runs, newest first."""
        query = select(RUNS).order_by(desc(RUNS.c.id)).limit(limit)
        if kinds is not None:
            query = query.where(RUNS.c.kind.in_(kinds))
        with self.reading() as connection:
            return [read_run(row) for row in connection.execute(query)]

    def run(self, run_id: int) -> RunRecord | None:
        """One run."""
        with self.reading() as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == run_id)).one_or_none()
        return read_run(row) if row else None

    def cursor(self, source: str) -> str | None:
        """Where the last pull of a source ended; None before the first."""
        with self.reading() as connection:
            return cursor_of(connection, source)

    def set_cursor(self, source: str, value: str, now: datetime) -> None:
        """Remember where a pull ended."""
        with self.writing() as connection:
            set_cursor(connection, self.is_postgres, source, value, now)


def read_run(row: Row[Any]) -> RunRecord:
    """A row as a record."""
    return RunRecord(**row._asdict())


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
