"""Where a system was seen to disagree with the ledger: found once, seen again, gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from expansion.ledger.database import Database
from expansion.ledger.step_rows import ORDER, read_steps, step_query
from expansion.ledger.tables import DIFFERENCES, STEPS
from expansion.records.ledger import Difference, DifferenceRecord, StepRecord


class Differences(Database):
    def to_compare(self, since: datetime) -> list[StepRecord]:
        """Steps that were done since then; and older ones that a difference was found about and has not gone."""
        open_ = select(DIFFERENCES.c.step_key).where(DIFFERENCES.c.gone_at.is_(None))
        wanted = (STEPS.c.updated_at >= since) | STEPS.c.key.in_(open_)
        own = STEPS.c.follows.is_(None) & (STEPS.c.state == "done") & STEPS.c.remote_id.is_not(None)
        with self.reading() as connection:
            return read_steps(connection.execute(step_query().where(own, wanted).order_by(*ORDER)))

    def note_differences(self, compared: Iterable[str], found: Sequence[Difference], now: datetime) -> int:
        """Write down what a comparison of these steps found; how many earlier differences have gone.

        What could not be compared is not among `compared`, and its differences stay as they are.
        """
        wanted = set(compared)
        with self.writing() as connection:
            rows = connection.execute(select(DIFFERENCES)).all()
            known = {(row.step_key, row.kind): row for row in rows if row.step_key in wanted}
            seen = {(one.step_key, one.kind): one for one in found}
            new = [one for identity, one in seen.items() if identity not in known]
            if new:
                connection.execute(insert(DIFFERENCES), [_new(one, now) for one in new])
            for identity in seen.keys() & known.keys():
                values = _again(known[identity], seen[identity], now)
                connection.execute(_of(known[identity]).values(**values))
            gone = [row for identity, row in known.items() if identity not in seen and row.gone_at is None]
            for row in gone:
                connection.execute(_of(row).values(gone_at=now))
        return len(gone)

    def differences(self, *, open_only: bool = True) -> list[DifferenceRecord]:
        """Differences, those found first at the beginning."""
        query = select(DIFFERENCES).order_by(DIFFERENCES.c.first_seen_at, DIFFERENCES.c.id)
        if open_only:
            query = query.where(DIFFERENCES.c.gone_at.is_(None))
        with self.reading() as connection:
            rows = [row._asdict() for row in connection.execute(query)]
        return [DifferenceRecord(**{name: value for name, value in row.items() if name != "id"}) for row in rows]


def _new(one: Difference, now: datetime) -> dict[str, Any]:
    said = {"step_key": one.step_key, "kind": one.kind, "detail": one.detail, "advice": one.advice}
    return said | {"first_seen_at": now, "last_seen_at": now, "times_seen": 1}


def _again(row: Row[Any], one: Difference, now: datetime) -> dict[str, Any]:
    """Seen again; one that had gone begins anew."""
    said: dict[str, Any] = {"detail": one.detail, "advice": one.advice, "last_seen_at": now, "gone_at": None}
    if row.gone_at is not None:
        return said | {"first_seen_at": now, "times_seen": 1}
    return said | {"times_seen": row.times_seen + 1}


def _of(row: Row[Any]) -> Any:
    return update(DIFFERENCES).where(DIFFERENCES.c.id == row.id)
