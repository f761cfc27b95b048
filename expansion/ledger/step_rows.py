"""Reading steps: one query for all of them, with what their firing knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, select

from expansion.ledger.firings import fired_within, most_valuable_first, of_run
from expansion.ledger.tables import FIRINGS, STEPS
from expansion.records.ledger import ClaimedStep, StepFilter, StepRecord

Step = TypeVar("Step", bound=StepRecord)

_OF_FIRING = tuple(
    FIRINGS.c[name] for name in ("run_id", "account_name", "user_id", "user_name", "fired_at", "owner", "cleared_at")
)
ORDER = (*most_valuable_first(), STEPS.c.firing_id, STEPS.c.position, STEPS.c.key)


def step_query() -> Select[Any]:
    """Every step, unordered; narrow it with `where`."""
    return select(STEPS, *_OF_FIRING).join(FIRINGS, FIRINGS.c.id == STEPS.c.firing_id)


def read_steps(rows: Iterable[Row[Any]]) -> list[StepRecord]:
    """Rows of `step_query` as records."""
    return [_filled(StepRecord, row) for row in rows]


def read_claimed(rows: Iterable[Row[Any]]) -> list[ClaimedStep]:
    """Rows of `step_query`, of steps that are claimed."""
    return [_filled(ClaimedStep, row) for row in rows]


def _filled(kind: type[Step], row: Row[Any]) -> Step:
    """A record of a row that has a column for each field.

    A frozen dataclass would set its fields one by one: 37 calls a step, a tenth of what its delivery cost.
    """
    step = object.__new__(kind)
    vars(step).update(zip(row._fields, row, strict=True))
    return step


def claimed_steps(connection: Connection, keys: Iterable[str]) -> list[ClaimedStep]:
    """The steps of these keys, most valuable first."""
    rows = connection.execute(step_query().where(STEPS.c.key.in_(list(keys))).order_by(*ORDER))
    return read_claimed(rows)


def narrow(query: Select[Any], wanted: StepFilter) -> Select[Any]:
    """The query for what a filter asks."""
    query = query if wanted.run_id is None else query.where(of_run(wanted.run_id))
    for column, value in (
        (STEPS.c.trigger, wanted.trigger),
        (FIRINGS.c.user_id, wanted.user_id),
        (STEPS.c.playbook, wanted.playbook),
        (STEPS.c.action, wanted.action),
    ):
        query = query if value is None else query.where(column == value)
    if wanted.account_id is not None:
        query = query.where(STEPS.c.account_id.in_((wanted.account_id, *wanted.former_ids)))
    if wanted.states is not None:
        query = query.where(STEPS.c.state.in_(wanted.states))
    return fired_within(query, wanted.fired_from, wanted.fired_until).limit(wanted.limit)
