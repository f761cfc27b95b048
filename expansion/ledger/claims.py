"""Claiming: who may act on a step now. No two holders ever get the same step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, insert, select, update

from expansion.ledger.database import Database
from expansion.ledger.dispositions import is_snoozed
from expansion.ledger.pauses import is_paused
from expansion.ledger.step_rows import ORDER, claimed_steps, read_claimed, step_query
from expansion.ledger.tables import ATTEMPTS, FIRINGS, STEPS
from expansion.records.ledger import ClaimedStep, DueAction


class Claims(Database):
    def claim(
        self,
        action: str,
        limit: int,
        holder: str,
        now: datetime,
        lease: timedelta,
        *,
        playbook: str | None = None,
    ) -> list[ClaimedStep]:
        """Take up to `limit` steps of an action that are due, most valuable first. They are the holder's until then.

        On PostgreSQL rows that another worker is just claiming are passed over; on SQLite writers take turns.
        """
        wanted = (
            select(STEPS.c.key)
            .join(FIRINGS, FIRINGS.c.id == STEPS.c.firing_id)
            .where(_claimable(now), STEPS.c.action == action, *_of(playbook))
            .order_by(*ORDER)
            .limit(limit)
            .with_for_update(of=STEPS, skip_locked=True)
        )
        take = {"state": "claimed", "claimed_by": holder, "lease_until": now + lease, "sending_since": None}
        with self.writing() as connection:
            keys = connection.scalars(wanted).all()
            change = update(STEPS).where(STEPS.c.key.in_(keys))
            connection.execute(change.values(**take, tries=STEPS.c.tries + 1, updated_at=now))
            return claimed_steps(connection, keys)

    def due_actions(self, now: datetime, playbook: str | None = None) -> list[DueAction]:
        """What can be claimed now, by playbook and action."""
        group = (STEPS.c.playbook, STEPS.c.action)
        query = (
            select(*group, func.count())
            .select_from(STEPS.join(FIRINGS, FIRINGS.c.id == STEPS.c.firing_id))
            .where(_claimable(now), *_of(playbook))
            .group_by(*group)
            .order_by(*group)
        )
        with self.reading() as connection:
            return [DueAction(*row) for row in connection.execute(query)]

    def start_sending(self, keys: Sequence[str], holder: str, now: datetime, lease: timedelta) -> frozenset[str]:
        """Say that these claimed steps go out now, with a fresh lease; the keys that are still the holder's.

        What was claimed but not yet started is certainly not sent, whatever happens to the holder.
        """
        mine = select(STEPS.c.key).where(STEPS.c.key.in_(keys), is_claimed_by(holder))
        with self.writing() as connection:
            kept = connection.scalars(mine.order_by(STEPS.c.key).with_for_update()).all()
            change = update(STEPS).where(STEPS.c.key.in_(kept))
            connection.execute(change.values(sending_since=now, lease_until=now + lease, updated_at=now))
            return frozenset(kept)

    def abandoned(self, now: datetime, alive: Callable[[str], bool]) -> list[ClaimedStep]:
        """Claimed steps whose lease is over or whose holder is certainly dead."""
        query = step_query().where(STEPS.c.state == "claimed").order_by(*ORDER)
        with self.reading() as connection:
            claimed = read_claimed(connection.execute(query))
        lives = {name: alive(name) for name in {step.claimed_by or "" for step in claimed}}
        return [step for step in claimed if not lives[step.claimed_by or ""] or _lease_is_over(step, now)]

    def take_over(
        self, steps: Iterable[ClaimedStep], holder: str, now: datetime, lease: timedelta
    ) -> list[ClaimedStep]:
        """Make abandoned claims ours, to find out what became of them; those that nobody else was quicker to take."""
        # By key, as `resolve` and `start_sending` lock them: with two orders, two holders could wait for each other.
        in_order = sorted(steps, key=lambda step: step.key)
        with self.writing() as connection:
            taken = [step for step in in_order if connection.execute(_take(step, holder, now, lease)).rowcount]
            if taken:
                connection.execute(insert(ATTEMPTS), [_abandoned(step, now) for step in taken])
            return claimed_steps(connection, [step.key for step in taken])

    def claim_unsure(self, action: str, holder: str, now: datetime, lease: timedelta) -> list[ClaimedStep]:
        """Take the unsure steps of an action that can be looked up once more by now. They count as sent."""
        again = (STEPS.c.state == "unsure") & (STEPS.c.action == action) & (STEPS.c.look_again_at <= now)
        unsure = select(STEPS.c.key).where(again)
        take = {"state": "claimed", "claimed_by": holder, "lease_until": now + lease, "sending_since": now}
        with self.writing() as connection:
            keys = connection.scalars(unsure.with_for_update(skip_locked=True)).all()
            change = update(STEPS).where(STEPS.c.key.in_(keys))
            connection.execute(change.values(**take, tries=STEPS.c.tries + 1, updated_at=now))
            return claimed_steps(connection, keys)


def is_claimed_by(holder: str) -> ColumnElement[bool]:
    """Steps that are in this holder's hands."""
    return (STEPS.c.state == "claimed") & (STEPS.c.claimed_by == holder)


def _claimable(now: datetime) -> ColumnElement[bool]:
    """Due, no step before it stands in the way, and nobody has paused it, or snoozed its account."""
    before = STEPS.alias("before")
    blocked = exists().where(
        before.c.firing_id == STEPS.c.firing_id,
        before.c.position < STEPS.c.position,
        before.c.can_fail.is_(False),
        before.c.state.not_in(("done", "skipped")),
    )
    return (STEPS.c.state == "due") & (STEPS.c.not_before <= now) & ~blocked & ~is_paused() & ~is_snoozed(now)


def _of(playbook: str | None) -> list[ColumnElement[bool]]:
    return [] if playbook is None else [STEPS.c.playbook == playbook]


def _lease_is_over(step: ClaimedStep, now: datetime) -> bool:
    return step.lease_until is None or step.lease_until <= now


def _take(step: ClaimedStep, holder: str, now: datetime, lease: timedelta) -> Any:
    """The lease is compared too: a holder that has just renewed it is at work."""
    same = (STEPS.c.key == step.key) & (STEPS.c.state == "claimed") & (STEPS.c.claimed_by == step.claimed_by)
    change = update(STEPS).where(same, STEPS.c.lease_until == step.lease_until)
    return change.values(claimed_by=holder, lease_until=now + lease, updated_at=now)


def _abandoned(step: ClaimedStep, now: datetime) -> dict[str, Any]:
    sent = step.sending_since is not None
    return {
        "step_key": step.key,
        "at": now,
        "holder": step.claimed_by,
        "outcome": "abandoned",
        "maybe_done": sent,
        "detail": "stopped while it was being sent" if sent else "stopped before it was sent",
    }
