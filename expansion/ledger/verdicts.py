"""What became of claimed steps, written once, with a line of history, and only by whoever holds the claim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, insert, or_, select, update

from expansion.contract import Done
from expansion.ledger import audit
from expansion.ledger.audit import AuditLine
from expansion.ledger.claims import is_claimed_by
from expansion.ledger.database import Database
from expansion.ledger.records import Verdict
from expansion.ledger.tables import ATTEMPTS, STEPS


def done(key: str, reply: Done) -> Verdict:
    """The outside system has it."""
    reason = "it was already there" if reply.already else None
    return Verdict(key, "done", reason, remote_id=reply.remote_id, link=reply.link, note=reply.note)


def refused(key: str, reason: str) -> Verdict:
    """It will not happen; the steps after it are skipped unless it may fail."""
    return Verdict(key, "refused", reason)


def released(key: str, not_before: datetime, reason: str, *, maybe_done: bool = False, counts: bool = True) -> Verdict:
    """It goes back to `due`: it certainly did not happen, or it may be repeated."""
    return Verdict(key, "due", reason, maybe_done, not_before, counts)


def unsure(key: str, reason: str, look_again_at: datetime | None = None) -> Verdict:
    """Nobody knows; a person has to look, unless the system can be asked again at some time."""
    return Verdict(key, "unsure", reason, True, look_again_at)


class Verdicts(Database):
    def resolve(self, verdicts: Sequence[Verdict], holder: str, now: datetime) -> frozenset[str]:
        """Write what became of these steps, in one transaction; the keys for which it counted.

        A claim that was lost in the meantime changes nothing, and leaves a line of history. One thing is still heard:
        `done`, while nobody else holds the step, because then it must not be sent again.
        """
        with self.writing() as connection:
            ours = _still_ours(connection, verdicts, holder)
            counted = [verdict for verdict in verdicts if verdict.key in ours]
            _change_steps(connection, counted, now)
            for verdict in counted:
                if verdict.state == "refused":
                    _skip_what_follows(connection, verdict.key, now)
            _write_history(connection, verdicts, ours, holder, now)
            _write_audit(connection, verdicts, ours, holder, now)
            return ours

    def confirm(self, key: str, holder: str, reply: Done, now: datetime) -> bool:
        """`done`; whether it counted."""
        return bool(self.resolve([done(key, reply)], holder, now))

    def refuse(self, key: str, holder: str, reason: str, now: datetime) -> bool:
        """`refused`; whether it counted."""
        return bool(self.resolve([refused(key, reason)], holder, now))

    def release(self, key: str, holder: str, not_before: datetime, reason: str, now: datetime) -> bool:
        """Back to `due`; whether it counted."""
        return bool(self.resolve([released(key, not_before, reason)], holder, now))

    def unsure(self, key: str, holder: str, reason: str, now: datetime) -> bool:
        """`unsure`; whether it counted."""
        return bool(self.resolve([unsure(key, reason)], holder, now))


def _still_ours(connection: Connection, verdicts: Sequence[Verdict], holder: str) -> frozenset[str]:
    known_done = [verdict.key for verdict in verdicts if verdict.state == "done"]
    late = STEPS.c.key.in_(known_done) & STEPS.c.state.in_(("due", "unsure"))
    query = select(STEPS.c.key).where(
        STEPS.c.key.in_([verdict.key for verdict in verdicts]), or_(is_claimed_by(holder), late)
    )
    return frozenset(connection.scalars(query.order_by(STEPS.c.key).with_for_update()))


def _change_steps(connection: Connection, verdicts: Iterable[Verdict], now: datetime) -> None:
    names = ("state", "reason", "remote_id", "link", "note")
    # `not_before` changes only for a step that goes back; an attempt that does not count is given back.
    change = (
        update(STEPS)
        .where(STEPS.c.key == bindparam("of_key"))
        .values(
            {name: bindparam(f"to_{name}") for name in names}
            | {
                "not_before": case(
                    (bindparam("again").is_(True), bindparam("to_not_before", type_=STEPS.c.not_before.type)),
                    else_=STEPS.c.not_before,
                ),
                "look_again_at": bindparam("to_look_again_at", type_=STEPS.c.not_before.type),
                "tries": STEPS.c.tries - bindparam("given_back"),
                "maybe_done": or_(STEPS.c.maybe_done, bindparam("repeats_doubt", type_=STEPS.c.maybe_done.type)),
                "claimed_by": None,
                "lease_until": None,
                "sending_since": None,
                "updated_at": now,
            }
        )
    )
    values = [
        {f"to_{name}": getattr(verdict, name) for name in names}
        | {
            "of_key": verdict.key,
            "again": verdict.state == "due",
            "to_not_before": verdict.not_before,
            "to_look_again_at": verdict.not_before if verdict.state == "unsure" else None,
            "given_back": 0 if verdict.counts else 1,
            "repeats_doubt": verdict.state == "due" and verdict.maybe_done,
        }
        for verdict in verdicts
    ]
    if values:
        connection.execute(change, values)


def _skip_what_follows(connection: Connection, key: str, now: datetime) -> None:
    step = connection.execute(select(STEPS).where(STEPS.c.key == key)).one()
    if step.can_fail:
        return
    following = (STEPS.c.firing_id == step.firing_id) & (STEPS.c.position > step.position)
    change = update(STEPS).where(following, STEPS.c.state.in_(("waiting", "due")))
    reason = f"{step.step_id}, the step before it, was refused"
    connection.execute(change.values(state="skipped", reason=reason, updated_at=now))


def _write_history(
    connection: Connection, verdicts: Sequence[Verdict], ours: frozenset[str], holder: str, now: datetime
) -> None:
    lines = [_line(verdict, verdict.key in ours, holder, now) for verdict in verdicts]
    if lines:
        connection.execute(insert(ATTEMPTS), lines)


def _line(verdict: Verdict, counted: bool, holder: str, now: datetime) -> dict[str, Any]:
    late = f"{verdict.state}, but the claim was no longer this holder's"
    detail = " ".join(part for part in (verdict.reason, verdict.remote_id, verdict.note) if part) or None
    return {
        "step_key": verdict.key,
        "at": now,
        "holder": holder,
        "outcome": verdict.state if counted else "late",
        "maybe_done": verdict.maybe_done,
        "detail": detail if counted else f"{late}: {detail}" if detail else late,
    }


def _write_audit(
    connection: Connection, verdicts: Sequence[Verdict], ours: frozenset[str], holder: str, now: datetime
) -> None:
    """A line for each that reached the other system, or may have; what certainly never left is no act."""
    acted = [verdict for verdict in verdicts if verdict.state != "due" or verdict.maybe_done]
    if not acted:
        return
    named = select(STEPS.c.key, STEPS.c.integration, STEPS.c.action)
    rows = connection.execute(named.where(STEPS.c.key.in_([verdict.key for verdict in acted])))
    of = {key: (system, action) for key, system, action in rows}
    lines = [
        AuditLine(
            holder, "step", _outcome(verdict, verdict.key in ours), *of[verdict.key], verdict.key, verdict.remote_id
        )
        for verdict in acted
        if verdict.key in of
    ]
    audit.write(connection, lines, now)


def _outcome(verdict: Verdict, counted: bool) -> str:
    said = "maybe done, to be repeated" if verdict.state == "due" else verdict.state
    return said if counted else f"{said}, but the claim was no longer this holder's"
