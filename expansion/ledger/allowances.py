"""Calls that all workers share, in the ledger's database: one row per budget, read and written under its lock.

A call is taken before it is made and never given back, so a taker that is killed has at worst wasted a few. Nothing
here is worth a wait for the disk: after a power cut the last moments may be forgotten, as they are by then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, Engine, event, text

from expansion.ledger.database import Database, connect
from expansion.limits import Axis, Entered, Instant, Limit, Taken, Windows

_READ_SQLITE = text("SELECT state, NULL FROM budgets WHERE name = :name")
# In two parts: PostgreSQL then asks its clock after it has got the lock, and not before it waits for it.
_READ_POSTGRES = text(
    "WITH mine AS (SELECT state FROM budgets WHERE name = :name FOR UPDATE) "
    # For this transaction alone: behind a pooler the session is also others', who do wait for the disk.
    # https://www.postgresql.org/docs/current/wal-async-commit.html
    "SELECT state, extract(epoch FROM clock_timestamp())::double precision, "
    "set_config('synchronous_commit', 'off', true) FROM mine"
)
_MAKE = text("INSERT INTO budgets (name, state) VALUES (:name, :state) ON CONFLICT (name) DO NOTHING")
_WRITE = text("UPDATE budgets SET state = :state WHERE name = :name")
_NOTHING = json.dumps({"axis": asdict(Axis()), "windows": Windows().as_data()})


class Allowances(Database):
    """An `Allowance` of all processes that use this database. `instant` is asked under the lock.

    Whose ticks the last taker's were, is in the row: processes of one machine measure time by them. Between machines
    it is the database server's clock that counts.
    """

    def __init__(self, engine: Engine, instant: Callable[[], Instant]) -> None:
        super().__init__(engine)
        self._instant = instant

    def take(self, budget: str, limits: Sequence[Limit], wanted: int) -> Taken:
        """As many of the wanted calls as fit in every window, or how long to wait for one."""
        with self._opened(budget) as (windows, now):
            return windows.take(limits, wanted, now)

    def left(self, budget: str, limits: Sequence[Limit]) -> int:
        """How many calls fit right now."""
        with self._opened(budget) as (windows, now):
            return windows.left(limits, now)

    def hold(self, budget: str, seconds: float) -> None:
        """No call for so long, by anybody; blocks that others have in hand are used up within a second."""
        with self._opened(budget) as (windows, now):
            windows.hold(seconds, now)

    def enter(self, budget: str, places: int, lasts: float) -> Entered:
        """A place among so many at once, for at most `lasts` seconds."""
        with self._opened(budget) as (windows, now):
            return windows.enter(places, lasts, now)

    def leave(self, budget: str, token: str) -> None:
        """Give the place back."""
        with self._opened(budget) as (windows, _):
            windows.leave(token)

    @contextmanager
    def _opened(self, budget: str) -> Iterator[tuple[Windows, float]]:
        """The budget's windows and the time on its axis; what is changed is written, and nobody comes in between."""
        with self.writing() as connection:
            state, wall = self._read(connection, budget)
            now = self._instant()
            axis = Axis(**state["axis"]).moved(now if wall is None else replace(now, wall=wall))
            windows = Windows.of_data(state["windows"])
            yield windows, axis.seconds
            data = windows.as_data()
            if data != state["windows"]:
                written = json.dumps({"axis": asdict(axis), "windows": data}, separators=(",", ":"))
                connection.execute(_WRITE, {"name": budget, "state": written})

    def _read(self, connection: Connection, budget: str) -> tuple[dict[str, Any], float | None]:
        read = _READ_POSTGRES if self.is_postgres else _READ_SQLITE
        row = connection.execute(read, {"name": budget}).one_or_none()
        if row is None:
            connection.execute(_MAKE, {"name": budget, "state": _NOTHING})
            row = connection.execute(read, {"name": budget}).one()
        return json.loads(row[0]), row[1]


def open_allowances(url: str, instant: Callable[[], Instant]) -> Allowances:
    """The budgets in the ledger at this URL, whose tables must be there."""
    engine = connect(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _without_sync)
        engine.dispose()  # the connection that proved the address still syncs
    return Allowances(engine, instant)


def _without_sync(connection: Any, record: object) -> None:
    """With a write-ahead log, a commit then outlives the process though not the machine.

    https://www.sqlite.org/pragma.html#pragma_synchronous
    """
    connection.execute("PRAGMA synchronous = NORMAL")
