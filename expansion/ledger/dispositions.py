"""What people said of firings, by the buttons of a message or elsewhere: each click once, and one claim a firing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, insert, or_, select, update

from expansion.contract import Disposition
from expansion.ledger import audit
from expansion.ledger.audit import AuditLine, person
from expansion.ledger.database import Database
from expansion.ledger.step_rows import read_steps, step_query
from expansion.ledger.tables import DISPOSITIONS, FIRINGS, STEPS
from expansion.records.dispositions import Answered, DispositionRecord, Snooze, is_said
from expansion.records.ledger import StepRecord

_COLUMNS = tuple(DISPOSITIONS.c[each.name] for each in fields(DispositionRecord))


class Dispositions(Database):
    def dispose(self, said: Disposition, now: datetime) -> Answered:
        """Write down what somebody said of a step. Told again it is a repeat; a second claim is the first one's."""
        with self.writing() as connection:
            about = select(STEPS.c.firing_id, FIRINGS.c.trigger, FIRINGS.c.account_id).join(FIRINGS)
            found = connection.execute(about.where(STEPS.c.key == said.step).with_for_update(of=FIRINGS)).one_or_none()
            if found is None:
                return Answered("unknown")
            before = _read(connection, _said_of([found.firing_id]))
            if answered := _not_new(said, before):
                return answered
            record = _write(connection, said, found, now)
            return Answered("new", record)

    def dispositions(self, firing_ids: Iterable[int]) -> list[DispositionRecord]:
        """What was said of these firings, oldest first."""
        with self.reading() as connection:
            return _read(connection, _said_of(firing_ids))

    def newest_dispositions(
        self, trigger: str | None = None, account_id: str | None = None, limit: int | None = None
    ) -> list[DispositionRecord]:
        """What was said last; of one trigger or one account, if they are named."""
        query = select(*_COLUMNS).order_by(DISPOSITIONS.c.id.desc()).limit(limit)
        for column, value in ((DISPOSITIONS.c.trigger, trigger), (DISPOSITIONS.c.account_id, account_id)):
            query = query if value is None else query.where(column == value)
        with self.reading() as connection:
            return _read(connection, query)

    def snoozes(self, trigger: str, at: datetime, said_by: datetime | None = None) -> list[Snooze]:
        """The accounts that this trigger leaves alone at that moment, each as the longest says; `said_by`: without what
        was only said afterwards."""
        query = select(*_COLUMNS).where(_lasting(at), DISPOSITIONS.c.trigger == trigger)
        query = query if said_by is None else query.where(DISPOSITIONS.c.at <= said_by)
        with self.reading() as connection:
            found = _read(connection, query.order_by(DISPOSITIONS.c.until, DISPOSITIONS.c.id))
        return list({one.account_id: Snooze(one.account_id, one.until, one.who) for one in found if one.until}.values())

    def messages_of(self, firing_id: int) -> list[StepRecord]:
        """The done steps of a firing that follow no other."""
        mine = and_(STEPS.c.firing_id == firing_id, STEPS.c.state == "done", STEPS.c.follows.is_(None))
        with self.reading() as connection:
            return read_steps(connection.execute(step_query().where(mine).order_by(STEPS.c.position)))

    def share(self, action: str, remote_id: str) -> int:
        """How many steps of an action left the same thing: the accounts of a digest."""
        query = select(func.count()).where(STEPS.c.action == action, STEPS.c.remote_id == remote_id)
        with self.reading() as connection:
            return connection.scalar(query) or 0

    def answer_sources(self) -> list[str]:
        """Where people have answered who have no e-mail address here yet."""
        query = select(DISPOSITIONS.c.source).distinct().where(DISPOSITIONS.c.email.is_(None))
        with self.reading() as connection:
            return list(connection.scalars(query.order_by(DISPOSITIONS.c.source)))

    def nameless(self, source: str) -> list[str]:
        """Who has answered there and has no e-mail address here yet."""
        query = (
            select(DISPOSITIONS.c.by).distinct().where(DISPOSITIONS.c.source == source, DISPOSITIONS.c.email.is_(None))
        )
        with self.reading() as connection:
            return list(connection.scalars(query.order_by(DISPOSITIONS.c.by)))

    def name_them(self, source: str, emails: dict[str, str]) -> int:
        """Write down whose these ids are; of how many answers."""
        with self.writing() as connection:
            return sum(_name(connection, source, by, email) for by, email in emails.items())


def is_snoozed(now: datetime) -> ColumnElement[bool]:
    """Steps of an account that somebody snoozed for their trigger. What follows an earlier step is still said."""
    account = and_(DISPOSITIONS.c.trigger == STEPS.c.trigger, DISPOSITIONS.c.account_id == STEPS.c.account_id)
    same = or_(account, DISPOSITIONS.c.firing_id == STEPS.c.firing_id)  # the account may have another id since
    return and_(STEPS.c.follows.is_(None), exists().where(_lasting(now), same))


def _lasting(at: datetime) -> ColumnElement[bool]:
    return and_(DISPOSITIONS.c.kind == "snoozed", DISPOSITIONS.c.until > at)


def _not_new(said: Disposition, before: list[DispositionRecord]) -> Answered | None:
    if told := next((one for one in before if (one.source, one.remote_id) == (said.source, said.remote_id)), None):
        return Answered("repeat", told)
    if said.kind == "claimed" and (claim := next((one for one in before if one.kind == "claimed"), None)):
        return Answered("repeat" if claim.by == said.by else "taken", claim)
    same = is_said(before, said)
    return Answered("repeat", same) if same else None


def _write(connection: Connection, said: Disposition, about: Any, now: datetime) -> DispositionRecord:
    values = {
        **{name: getattr(said, name) for name in ("kind", "reason", "by", "email", "called", "at", "until", "source")},
        **about._asdict(),
        "step_key": said.step,
        "remote_id": said.remote_id,
        "added_at": now,
    }
    row = connection.execute(insert(DISPOSITIONS).returning(*_COLUMNS), values).one()
    record = DispositionRecord(*row)
    system, note = said.source.partition(".")[0], said.reason
    line = AuditLine(person(record.who), "answer", said.kind, system, said.source, said.step, said.remote_id, note)
    audit.write(connection, [line], now)
    return record


def _said_of(firing_ids: Iterable[int]) -> Select[Any]:
    return select(*_COLUMNS).where(DISPOSITIONS.c.firing_id.in_(list(firing_ids))).order_by(DISPOSITIONS.c.id)


def _read(connection: Connection, query: Select[Any]) -> list[DispositionRecord]:
    return [DispositionRecord(*row) for row in connection.execute(query)]


def _name(connection: Connection, source: str, by: str, email: str) -> int:
    mine = and_(DISPOSITIONS.c.source == source, DISPOSITIONS.c.by == by, DISPOSITIONS.c.email.is_(None))
    return connection.execute(update(DISPOSITIONS).where(mine).values(email=email)).rowcount
