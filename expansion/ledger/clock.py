"""The one clock by which leases, due times and settling are judged, whichever machine a worker runs on.

On PostgreSQL it is the database server's. A SQLite ledger is of one machine, whose clock it is; and where that is set
while something is under way, what was left of each lease and wait stays what it was. How far a machine's own clock is
from it is told, and too far stops a run: what it stamps, and what it asks a vendor for, would be wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, select, text, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import OperationalError

from expansion.ledger.database import Database
from expansion.ledger.tables import BUDGETS, STEPS
from expansion.limits import Instant

FRESH = 5.0  # seconds for which a reading of the server's clock is carried on by this machine's ticks
SET = timedelta(seconds=1)  # from here on a clock was set, and did not only run a little fast
_ROW = "the clock of this machine"
_ASK = text("SELECT clock_timestamp()")
_UNDER_WAY = ("claimed", "due", "unsure")


@dataclass(frozen=True)
class _Reading:
    """What a clock said at these ticks."""

    at: datetime
    ticks: float


class LedgerClock(Database):
    """Says what time it is. `instant` reads this machine: its wall clock, which may be wrong, and its ticks."""

    def __init__(self, engine: Engine, instant: Callable[[], Instant]) -> None:
        super().__init__(engine)
        self._instant = instant
        self._server: _Reading | None = None
        self._wrote = False

    def now(self) -> datetime:
        """The time that counts."""
        return self._of_server() if self.is_postgres else self._of_machine()

    def seen(self) -> datetime:
        """The same for those who only look: nothing is written down or moved."""
        return self._of_server() if self.is_postgres else self.here()

    def here(self) -> datetime:
        """What this machine's own clock says."""
        return _moment(self._instant().wall)

    def _of_server(self) -> datetime:
        said, ticks = self._server, self._instant().ticks
        if said is None or not 0 <= ticks - said.ticks < FRESH:
            said = self._server = self._asked()
            ticks = self._instant().ticks
        return said.at + timedelta(seconds=ticks - said.ticks)

    def _asked(self) -> _Reading:
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))  # connecting takes its time, which is not to be the answer's
            before = self._instant().ticks
            at: datetime = connection.execute(_ASK).scalar_one()
            return _Reading(at.astimezone(UTC), (before + self._instant().ticks) / 2)

    def _of_machine(self) -> datetime:
        """This machine's clock. Where it was set since it was last read, by any process, waits are moved with it."""
        with self.reading() as connection:
            known = _known(connection)
        seen = self._instant()
        if known is None or known.ticker != seen.ticker:  # started again: nothing of before is under way
            if not self._wrote:
                self._move(seen)
                self._wrote = True
        elif abs(_set_by(known, seen)) >= SET:
            self._move(seen)
        return _moment(seen.wall)

    def _move(self, seen: Instant) -> None:
        """Write down what the clock says at which ticks, and move with it what is under way."""
        try:
            with self.writing() as connection:
                known = _known(connection)  # another process may have been quicker
                if known is not None and known.ticker == seen.ticker:
                    by = _set_by(known, seen)
                    if abs(by) < SET:
                        return
                    _move_steps(connection, by)
                new = insert(BUDGETS).values(name=_ROW, state=json.dumps(asdict(seen)))
                connection.execute(
                    new.on_conflict_do_update(index_elements=["name"], set_={"state": new.excluded.state})
                )
        except OperationalError:  # a ledger that may only be read: nothing of it is claimed here either
            return


def _known(connection: Connection) -> Instant | None:
    state = connection.scalar(select(BUDGETS.c.state).where(BUDGETS.c.name == _ROW))
    return None if state is None else Instant(**json.loads(state))


def _set_by(known: Instant, seen: Instant) -> timedelta:
    """How much the wall clock has gone on that the ticks have not."""
    return timedelta(seconds=(seen.wall - known.wall) - (seen.ticks - known.ticks))


def _move_steps(connection: Connection, by: timedelta) -> None:
    """What is left of leases and waits stays the same. Not of waiting steps: those wait for a day, not for so long."""
    columns = (STEPS.c.not_before, STEPS.c.lease_until, STEPS.c.look_again_at, STEPS.c.sending_since)
    rows = connection.execute(select(STEPS.c.key, *columns).where(STEPS.c.state.in_(_UNDER_WAY))).all()
    for key, *moments in rows:
        moved = {c.name: at + by for c, at in zip(columns, moments, strict=True) if at is not None}
        connection.execute(update(STEPS).where(STEPS.c.key == key).values(**moved))


def _moment(wall: float) -> datetime:
    return datetime.fromtimestamp(wall, UTC)
