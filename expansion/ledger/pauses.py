"""What people have paused. Read at every claim, so that nothing more of it is sent from that moment on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from expansion.ledger import audit
from expansion.ledger.audit import AuditLine, person
from expansion.ledger.database import Database
from expansion.ledger.tables import PAUSES, STEPS
from expansion.records.pauses import Pause, PauseKind

_LASTING = PAUSES.c.ended_at.is_(None)


class Pauses(Database):
    def pause(self, kind: PauseKind, name: str, by: str, note: str, now: datetime) -> bool:
        """Stop a trigger, a playbook or an integration; False if it is paused already, and stays as it is."""
        dialect = postgresql if self.is_postgres else sqlite
        new = dialect.insert(PAUSES).values(kind=kind, name=name, by=by, since=now, note=note)
        with self.writing() as connection:
            begun = connection.scalar(new.on_conflict_do_nothing().returning(PAUSES.c.id)) is not None
            if begun:
                audit.write(connection, [_line("paused", kind, name, by, note)], now)
            return begun

    def resume(self, kind: PauseKind, name: str, by: str, note: str, now: datetime) -> bool:
        """Let it go on; False if it is not paused. Who paused it and who let it go on stays in the ledger."""
        is_it = _LASTING & (PAUSES.c.kind == kind) & (PAUSES.c.name == name)
        end = update(PAUSES).where(is_it).values(ended_at=now, ended_by=by, ended_note=note)
        with self.writing() as connection:
            ended = bool(connection.execute(end).rowcount)
            if ended:
                audit.write(connection, [_line("resumed", kind, name, by, note)], now)
            return ended

    def pauses(self, at: datetime | None = None) -> list[Pause]:
        """Everything that is paused now, the oldest first; or was at a moment."""
        columns = (PAUSES.c.kind, PAUSES.c.name, PAUSES.c.by, PAUSES.c.since, PAUSES.c.note)
        lasting = _LASTING if at is None else (PAUSES.c.since <= at) & (_LASTING | (PAUSES.c.ended_at > at))
        with self.reading() as connection:
            rows = connection.execute(select(*columns).where(lasting).order_by(PAUSES.c.since, PAUSES.c.id))
            return [Pause(*row) for row in rows]


def _line(outcome: str, kind: PauseKind, name: str, by: str, note: str) -> AuditLine:
    return AuditLine(person(by), "pause", outcome, action=f"{kind} {name}", note=note or None)


def is_paused() -> ColumnElement[bool]:
    """Steps of a trigger, a playbook or an integration that is paused."""
    of = {"trigger": STEPS.c.trigger, "playbook": STEPS.c.playbook, "integration": STEPS.c.integration}
    either = [(PAUSES.c.kind == kind) & (PAUSES.c.name == column) for kind, column in of.items()]
    return exists().where(_LASTING, either[0] | either[1] | either[2])
