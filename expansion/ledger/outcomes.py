"""Outcomes that were told: by systems, files and people. Nothing is overwritten: what is told again is one row more.

Of the rows of one outcome the one told last counts, of those that were known by the moment that is asked about; so a
deal whose amount was put right in May still has its old amount for a question about April.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, and_, func, insert, select

from expansion.contract import Outcome
from expansion.ledger import audit
from expansion.ledger.audit import AuditLine, person
from expansion.ledger.database import Database
from expansion.ledger.tables import OUTCOMES
from expansion.records.outcomes import OutcomeRecord, Told

T = TypeVar("T")

_RECORD = tuple(OUTCOMES.c[each.name] for each in fields(OutcomeRecord))
_ORDER = (OUTCOMES.c.at, OUTCOMES.c.account_id, OUTCOMES.c.source, OUTCOMES.c.remote_id)
_AT_ONCE = 500  # ids in one question; SQLite takes 32,766 values
_SAID = ("account_id", "kind", "at", "called", "tier", "amount", "currency")


@dataclass(frozen=True)
class Said:
    """Who told outcomes by hand, and why; of a system nobody did."""

    by: str | None = None
    reason: str | None = None


class Outcomes(Database):
    def add_outcomes(self, outcomes: Iterable[Outcome], now: datetime, said: Said = Said()) -> Told:
        """Write down those that say something new, all or none. Of one that is told twice here the last counts."""
        told = {(one.source, one.remote_id): one for one in outcomes}
        found = {"new": 0, "changed": 0, "gone": 0, "repeats": 0}
        with self.writing() as connection:
            before = _before(connection, list(told))
            rows = []
            for key, one in told.items():
                what = _became(one, before.get(key))
                found[what] += 1
                if what != "repeats":
                    rows.append(_row(one, before.get(key), said, now))
            for some in _parted(rows):
                connection.execute(insert(OUTCOMES), some)
            if said.by is not None and rows:
                audit.write(connection, [_line(row, said.by) for row in rows], now)
        return Told(**found)

    def outcomes(self, until: datetime | None = None) -> list[OutcomeRecord]:
        """Those that hold, as it was known at a moment; None: as it is known now. The oldest first."""
        with self.reading() as connection:
            rows = connection.execute(_standing(until).order_by(*_ORDER)).all()
        return [OutcomeRecord(*row) for row in rows]


def _standing(until: datetime | None) -> Select[Any]:
    """What was told last of each, unless that is that it is no longer so."""
    known = OUTCOMES.c.known_at <= until if until is not None else OUTCOMES.c.id > 0
    last = select(func.max(OUTCOMES.c.id)).where(known).group_by(OUTCOMES.c.source, OUTCOMES.c.remote_id)
    return select(*_RECORD).where(OUTCOMES.c.id.in_(last), OUTCOMES.c.is_gone.is_(False))


def _before(connection: Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row[Any]]:
    """What was told last of these."""
    found: dict[tuple[str, str], Row[Any]] = {}
    for source in dict.fromkeys(source for source, _ in keys):
        for some in _parted(remote for one, remote in keys if one == source):
            mine = and_(OUTCOMES.c.source == source, OUTCOMES.c.remote_id.in_(some))
            rows = connection.execute(select(OUTCOMES).where(mine).order_by(OUTCOMES.c.id))
            found |= {(row.source, row.remote_id): row for row in rows}
    return found


def _became(one: Outcome, before: Row[Any] | None) -> str:
    if before is None or before.is_gone:
        return "repeats" if one.is_gone else "new"
    if one.is_gone:
        return "gone"
    same = all(getattr(one, name) == getattr(before, name) for name in _SAID)
    return "repeats" if same else "changed"


def _row(one: Outcome, before: Row[Any] | None, said: Said, now: datetime) -> dict[str, Any]:
    """What is told now is known now at the latest. A change cannot have been known when the former was told, whatever
    moment the system gives both."""
    known_at = min(one.known_at or now, now)
    if before is not None and known_at <= before.known_at:
        known_at = max(now, before.known_at)
    return {
        **{name: getattr(one, name) for name in (*_SAID, "source", "remote_id", "is_gone")},
        **{"known_at": known_at, "added_at": now, "by": said.by, "reason": said.reason},
    }


def _parted(many: Iterable[T]) -> Iterator[list[T]]:
    left = iter(many)
    while some := list(islice(left, _AT_ONCE)):
        yield some


def _line(row: dict[str, Any], by: str) -> AuditLine:
    outcome = "withdrawn" if row["is_gone"] else row["kind"]
    return AuditLine(
        person(by), "outcome", outcome, action=row["source"], remote_id=row["remote_id"], note=row["reason"]
    )


__all__ = ["Outcomes", "Said"]
