"""A run in numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import Connection, func, select

from expansion.ledger.database import Database
from expansion.ledger.records import RunSummary
from expansion.ledger.runs import read_run
from expansion.ledger.tables import FIRINGS, RUNS, STEPS


class Summaries(Database):
    def summary(self, run_id: int) -> RunSummary:
        """What a run decided and what has been done since, for tables."""
        with self.reading() as connection:
            run = read_run(connection.execute(select(RUNS).where(RUNS.c.id == run_id)).one())
            return RunSummary(run, _firings(connection, run_id), _worth(connection, run_id), _steps(connection, run_id))


def _firings(connection: Connection, run_id: int) -> dict[str, int]:
    query = select(FIRINGS.c.decision, func.count()).where(FIRINGS.c.run_id == run_id).group_by(FIRINGS.c.decision)
    return {row[0]: row[1] for row in connection.execute(query.order_by(FIRINGS.c.decision))}


def _worth(connection: Connection, run_id: int) -> dict[str, Decimal]:
    """Added up here: SQLite would add floats. A trigger's people of one account are worth what the account is."""
    acting = (FIRINGS.c.run_id == run_id) & (FIRINGS.c.decision == "acting") & FIRINGS.c.worth.is_not(None)
    each = select(FIRINGS.c.trigger, FIRINGS.c.account_id, FIRINGS.c.currency, FIRINGS.c.worth).where(acting).distinct()
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for _, _, currency, worth in connection.execute(each):
        totals[currency] += worth
    return dict(totals)


def _steps(connection: Connection, run_id: int) -> Mapping[tuple[str, str], Mapping[str, int]]:
    group = (STEPS.c.playbook, STEPS.c.action, STEPS.c.state)
    query = select(*group, func.count()).join(FIRINGS, FIRINGS.c.id == STEPS.c.firing_id)
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for playbook, action, state, count in connection.execute(
        query.where(FIRINGS.c.run_id == run_id).group_by(*group).order_by(*group)
    ):
        found[playbook, action][state] = count
    return dict(found)
