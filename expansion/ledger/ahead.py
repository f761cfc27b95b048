"""What the ledger holds that is later than now: left by a run whose machine's clock was ahead, or now's is behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, delete, func, select, update

from expansion.ledger import audit
from expansion.ledger.audit import AuditLine, person
from expansion.ledger.database import Database
from expansion.ledger.tables import CLOCKS, CURSORS, FIRINGS, PAST_DECISIONS, PAUSES, RUNS, STEPS

# Moments that a run's clock wrote, and that say how things stand. What is history (attempts, the audit) stays.
_WRITTEN: tuple[Column[Any], ...] = (
    *(RUNS.c.as_of, RUNS.c.started_at, RUNS.c.finished_at),
    *(FIRINGS.c.fired_at, FIRINGS.c.cleared_at, FIRINGS.c.decided_at, PAST_DECISIONS.c.decided_at),
    *(CLOCKS.c.started_at, CLOCKS.c.counted_until, PAUSES.c.since, PAUSES.c.ended_at),
    *(STEPS.c.lease_until, STEPS.c.updated_at),
)


class Ahead(Database):
    def newest(self) -> dict[str, datetime]:
        """The latest moments that runs wrote down by their clock, by what they are of."""
        of = {
            "a run": (RUNS.c.started_at, RUNS.c.finished_at),
            "a pull or an evaluation": (CURSORS.c.updated_at,),
        }
        with self.reading() as connection:
            found = {
                what: [connection.scalar(select(func.max(one))) for one in columns] for what, columns in of.items()
            }
        return {what: max(filter(None, said)) for what, said in found.items() if any(said)}

    def put_back(self, now: datetime, by: str) -> int:
        """What lies ahead becomes now, cursors that do are forgotten, and steps wait as long as was meant; how many."""
        with self.writing() as connection:
            moved = _steps(connection, now)
            moved += sum(_clipped(connection, column, now) for column in _WRITTEN)
            moved += connection.execute(delete(CURSORS).where(CURSORS.c.updated_at > now)).rowcount
            if moved:
                audit.write(connection, [AuditLine(person(by), "clock", "put back", action=f"{moved} moments")], now)
            return moved


def _clipped(connection: Connection, column: Column[Any], now: datetime) -> int:
    table = column.table
    return connection.execute(update(table).where(column > now).values({column.name: now})).rowcount


def _steps(connection: Connection, now: datetime) -> int:
    """A step of a firing that lies ahead waits from its firing on; one that was looked at lately is looked at now."""
    ahead = select(STEPS.c.key, STEPS.c.not_before, FIRINGS.c.decided_at).join(FIRINGS)
    rows = connection.execute(ahead.where(FIRINGS.c.decided_at > now, STEPS.c.not_before > now)).all()
    for key, not_before, decided_at in rows:
        moved = max(now, not_before - (decided_at - now))
        connection.execute(update(STEPS).where(STEPS.c.key == key).values(not_before=moved))
    tried = STEPS.c.state.in_(("due", "unsure")) & (STEPS.c.updated_at > now)
    again = update(STEPS).where(tried)
    moved = connection.execute(again.where(STEPS.c.not_before > now).values(not_before=now)).rowcount
    moved += connection.execute(again.where(STEPS.c.look_again_at > now).values(look_again_at=now)).rowcount
    return len(rows) + moved
