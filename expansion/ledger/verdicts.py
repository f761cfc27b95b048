"""What became of claimed steps, written once, with a line of history, and only by whoever holds the claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, select, update

from expansion.contract import Done
from expansion.ledger import audit
from expansion.ledger.audit import AuditLine
from expansion.ledger.bulk import insert_rows, rows_of
from expansion.ledger.database import Database
from expansion.ledger.tables import ATTEMPTS, STEPS
from expansion.records.ledger import Verdict
from expansion.text.addresses import without_secrets


def done(key: str, reply: Done) -> Verdict:
    """The outside system has it."""
    reason = "it was already there" if reply.already else None
    link = without_secrets(reply.link) if reply.link else None  # made of a base URL, which may be a proxy's
    return Verdict(key, "done", reason, remote_id=reply.remote_id, link=link, note=reply.note)


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
            standing = _standing(connection, verdicts)
            counted = [verdict for verdict in verdicts if _counts(verdict, standing, holder)]
            ours = frozenset(verdict.key for verdict in counted)
            _change_steps(connection, counted, now)
            for verdict in counted:
                if verdict.state == "refused":
                    _skip_what_follows(connection, verdict.key, now)
            _write_history(connection, verdicts, ours, holder, now)
            _write_audit(connection, verdicts, standing, ours, holder, now)
            return ours


@dataclass(frozen=True)
class _AsFound:
    """A step as a verdict finds it."""

    state: str
    claimed_by: str | None
    integration: str
    action: str

    def hears(self, verdict: Verdict, holder: str) -> bool:
        """Whether a verdict of this holder counts."""
        if self.state == "claimed":
            return self.claimed_by == holder
        return verdict.state == "done" and self.state in ("due", "unsure")


def _counts(verdict: Verdict, standing: Mapping[str, _AsFound], holder: str) -> bool:
    found = standing.get(verdict.key)
    return found is not None and found.hears(verdict, holder)


def _standing(connection: Connection, verdicts: Sequence[Verdict]) -> dict[str, _AsFound]:
    """The steps that are there, by key, locked."""
    columns = (STEPS.c.key, STEPS.c.state, STEPS.c.claimed_by, STEPS.c.integration, STEPS.c.action)
    query = select(*columns).where(STEPS.c.key.in_([verdict.key for verdict in verdicts]))
    rows = connection.execute(query.order_by(STEPS.c.key).with_for_update())
    return {key: _AsFound(*rest) for key, *rest in rows}


def _change_steps(connection: Connection, verdicts: Iterable[Verdict], now: datetime) -> None:
    """One statement for all that differ in nothing but what they made: nearly always one."""
    alike: dict[tuple[Any, ...], list[Verdict]] = {}
    for one in verdicts:
        alike.setdefault((one.state, one.reason, one.note, one.maybe_done, one.not_before, one.counts), []).append(one)
    for some in alike.values():
        made = [(one.key, one.remote_id, one.link) for one in some]
        given = rows_of(connection, made, key=Text, remote_id=Text, link=Text)
        changes = {**_changes(some[0], now), "remote_id": given.c.remote_id, "link": given.c.link}
        connection.execute(update(STEPS).where(STEPS.c.key == given.c.key).values(changes))


def _changes(verdict: Verdict, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "state": verdict.state,
        "reason": verdict.reason,
        "note": verdict.note,
        "look_again_at": verdict.not_before if verdict.state == "unsure" else None,
        "claimed_by": None,
        "lease_until": None,
        "sending_since": None,
        "updated_at": now,
    }
    if verdict.state == "due":
        changes["not_before"] = verdict.not_before
        if verdict.maybe_done:
            changes["maybe_done"] = True
    if not verdict.counts:  # the attempt is given back
        changes["tries"] = STEPS.c.tries - 1
    return changes


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
    alike: dict[tuple[str, bool], list[tuple[str, str | None]]] = {}
    for verdict in verdicts:
        counted = verdict.key in ours
        same = (verdict.state if counted else "late", verdict.maybe_done)
        alike.setdefault(same, []).append((verdict.key, _detail(verdict, counted)))
    for (outcome, maybe_done), lines in alike.items():
        given = rows_of(connection, lines, step_key=Text, detail=Text)
        constants = {"at": now, "holder": holder, "outcome": outcome, "maybe_done": maybe_done}
        connection.execute(insert_rows(ATTEMPTS, given, constants))


def _detail(verdict: Verdict, counted: bool) -> str | None:
    late = f"{verdict.state}, but the claim was no longer this holder's"
    detail = " ".join(part for part in (verdict.reason, verdict.remote_id, verdict.note) if part) or None
    return detail if counted else f"{late}: {detail}" if detail else late


def _write_audit(
    connection: Connection,
    verdicts: Sequence[Verdict],
    standing: Mapping[str, _AsFound],
    ours: frozenset[str],
    holder: str,
    now: datetime,
) -> None:
    """A line for each that reached the other system, or may have; what certainly never left is no act."""
    lines = [
        AuditLine(
            holder,
            "step",
            _outcome(verdict, verdict.key in ours),
            of.integration,
            of.action,
            verdict.key,
            verdict.remote_id,
        )
        for verdict in verdicts
        if (verdict.state != "due" or verdict.maybe_done) and (of := standing.get(verdict.key))
    ]
    audit.write(connection, lines, now)


def _outcome(verdict: Verdict, counted: bool) -> str:
    said = "maybe done, to be repeated" if verdict.state == "due" else verdict.state
    return said if counted else f"{said}, but the claim was no longer this holder's"
