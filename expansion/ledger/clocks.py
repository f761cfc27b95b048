"""The clocks of tasks that somebody has to touch in time. What they mean is in `expansion.follow.sla`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from expansion.ledger.database import Database
from expansion.ledger.tables import CLOCKS
from expansion.records.firing import NewStep
from expansion.records.ledger import Clock


class Clocks(Database):
    def running_clocks(self) -> list[Clock]:
        """Those that have not stopped, oldest first."""
        query = select(CLOCKS).where(CLOCKS.c.stopped_at.is_(None))
        with self.reading() as connection:
            rows = connection.execute(query.order_by(CLOCKS.c.started_at, CLOCKS.c.step_key))
            return [_read(row) for row in rows]

    def clocks_of(self, keys: Iterable[str]) -> dict[str, Clock]:
        """The clocks of these steps, by key; most steps have none."""
        query = select(CLOCKS).where(CLOCKS.c.step_key.in_(list(keys)))
        with self.reading() as connection:
            return {row.step_key: _read(row) for row in connection.execute(query)}

    def keep_clocks(self, clocks: Sequence[tuple[Clock, Clock]]) -> int:
        """Write down how clocks went on, each given as it was and as it is; how many counted.

        Two runs may count at once: the one that comes second finds the clock moved on, and changes nothing.
        """
        with self.writing() as connection:
            return sum(_keep(connection, before, after) for before, after in clocks)


def start_clocks(connection: Connection, steps: Iterable[NewStep]) -> None:
    """A clock for every new step that asks for one; it starts when the step's time comes."""
    rows = [
        {"step_key": step.key, "started_at": at, "spent": 0, "counted_until": at}
        for step in steps
        if step.recipe.get("sla") and step.state != "skipped"
        for at in [datetime.fromisoformat(step.recipe["due_from"])]
    ]
    if rows:
        connection.execute(insert(CLOCKS), rows)


def _keep(connection: Connection, before: Clock, after: Clock) -> int:
    same = (CLOCKS.c.step_key == before.step_key) & (CLOCKS.c.counted_until == before.counted_until)
    change = update(CLOCKS).where(same, CLOCKS.c.stopped_at.is_(None))
    values = {
        "spent": int(after.spent.total_seconds()),
        "counted_until": after.counted_until,
        "held": after.held,
        "touched_at": after.touched_at,
        "stopped_at": after.stopped_at,
        "reason": after.reason,
    }
    return connection.execute(change.values(**values)).rowcount


def _read(row: Row[Any]) -> Clock:
    values = row._asdict()
    return Clock(**values | {"spent": timedelta(seconds=values["spent"])})
