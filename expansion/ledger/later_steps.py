"""Steps about earlier steps: found where an episode has ended, and added once each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from expansion.ledger.database import Database
from expansion.ledger.step_rows import ORDER, read_steps, step_query
from expansion.ledger.tables import CLOCKS, FIRINGS, STEPS
from expansion.records.dispositions import ANSWER
from expansion.records.firing import NewStep
from expansion.records.ledger import StepRecord

CLEARED = "cleared"  # the end of the id of a step that takes another back


class Following(Database):
    def to_take_back(self) -> list[StepRecord]:
        """Done steps of ended episodes of which something is to be taken back, and was not yet.

        Firings that were joined into one conversation end together: while one of them is open, its reason holds.
        """
        other = FIRINGS.alias("other")
        joined = exists().where(
            other.c.decided_in == FIRINGS.c.decided_in,
            other.c.account_id == FIRINGS.c.account_id,
            other.c.decision == "acting",
            other.c.cleared_at.is_(None),
        )
        after = STEPS.alias("after")
        followed = exists().where(
            after.c.follows == STEPS.c.key, after.c.step_id == STEPS.c.step_id.concat(f".{CLEARED}")
        )
        wanted = and_(STEPS.c.when_cleared.is_not(None), STEPS.c.state == "done", FIRINGS.c.cleared_at.is_not(None))
        with self.reading() as connection:
            return read_steps(connection.execute(step_query().where(wanted, ~joined, ~followed).order_by(*ORDER)))

    def to_take_back_from_leavers(self) -> list[StepRecord]:
        """Done steps of open episodes of accounts that are taken back when they end."""
        wanted = and_(STEPS.c.when_cleared == "take_back", STEPS.c.state == "done", FIRINGS.c.cleared_at.is_(None))
        with self.reading() as connection:
            return read_steps(connection.execute(step_query().where(wanted, FIRINGS.c.user_id == "").order_by(*ORDER)))

    def steps_called(self, keys: Iterable[str]) -> dict[str, StepRecord]:
        """Steps by key."""
        query = step_query().where(STEPS.c.key.in_(list(keys)))
        with self.reading() as connection:
            return {step.key: step for step in read_steps(connection.execute(query))}

    def following(self, keys: Iterable[str]) -> dict[str, list[StepRecord]]:
        """The steps about each of these steps, oldest first."""
        query = step_query().where(STEPS.c.follows.in_(list(keys))).order_by(STEPS.c.updated_at, STEPS.c.key)
        found: dict[str, list[StepRecord]] = {}
        with self.reading() as connection:
            for step in read_steps(connection.execute(query)):
                found.setdefault(step.follows or "", []).append(step)
        return found

    def still_set(self, account_ids: Iterable[str], actions: Iterable[str]) -> list[StepRecord]:
        """Done steps of these actions for these accounts in episodes that are open."""
        mine = STEPS.c.account_id.in_(list(account_ids)) & STEPS.c.action.in_(list(actions))
        query = step_query().where(mine, STEPS.c.state == "done", FIRINGS.c.cleared_at.is_(None))
        with self.reading() as connection:
            return read_steps(connection.execute(query))

    def messages_with_clocks(self, actions: Iterable[str]) -> list[StepRecord]:
        """Done steps of these actions in open episodes in which a task has a clock."""
        timed = STEPS.alias("timed")
        clock = exists().where(timed.c.firing_id == STEPS.c.firing_id, timed.c.key == CLOCKS.c.step_key)
        wanted = and_(STEPS.c.action.in_(list(actions)), STEPS.c.state == "done", FIRINGS.c.cleared_at.is_(None))
        with self.reading() as connection:
            return read_steps(connection.execute(step_query().where(wanted, clock).order_by(*ORDER)))

    def steps_with_clocks(self, firings: Iterable[int]) -> list[StepRecord]:
        """The steps of these firings that have a clock, in the order of the playbook."""
        mine = STEPS.c.firing_id.in_(list(firings)) & exists().where(CLOCKS.c.step_key == STEPS.c.key)
        with self.reading() as connection:
            return read_steps(connection.execute(step_query().where(mine).order_by(*ORDER)))

    def add_following(self, steps: Sequence[NewStep], now: datetime) -> list[str]:
        """Add steps about earlier steps, to their firings; the keys of those that were not there yet.

        Each is checked under the same lock as everything that is written: a step of an ended episode is added only if
        it takes something back, or shows an answer.
        """
        with self.writing() as connection:
            return [step.key for step in steps if _add(connection, self.is_postgres, step, now)]


def _add(connection: Connection, is_postgres: bool, step: NewStep, now: datetime) -> bool:
    about = select(STEPS, FIRINGS.c.cleared_at).join(FIRINGS, FIRINGS.c.id == STEPS.c.firing_id)
    row = connection.execute(about.where(STEPS.c.key == step.follows).with_for_update(of=FIRINGS)).one()
    takes_back, answer = step.step_id.endswith(f".{CLEARED}"), ANSWER in step.step_id
    if takes_back != (row.cleared_at is not None) and not answer:
        return False
    values: dict[str, Any] = {field.name: getattr(step, field.name) for field in fields(step)}
    values |= {name: getattr(row, name) for name in ("firing_id", "trigger", "account_id", "episode", "playbook")}
    values |= {"recipe": dict(step.recipe), "input": None if step.input is None else dict(step.input)}
    values |= {"not_before": step.not_before or now, "tries": 0, "maybe_done": False, "updated_at": now}
    dialect = postgresql if is_postgres else sqlite
    statement = dialect.insert(STEPS).on_conflict_do_nothing().returning(STEPS.c.key)
    return connection.execute(statement, values).one_or_none() is not None
