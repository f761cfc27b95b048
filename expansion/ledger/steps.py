"""Steps outside a claim: waiting ones that are prepared, unsure ones that a person settles, and lists of all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from expansion.ledger import audit
from expansion.ledger.audit import AuditLine, person
from expansion.ledger.database import Database
from expansion.ledger.firings import of_run
from expansion.ledger.step_rows import ORDER, narrow, read_steps, step_query
from expansion.ledger.tables import ATTEMPTS, RUNS, STEPS
from expansion.records.ledger import Attempt, Settlement, State, StepFilter, StepRecord

_BECOMES: dict[Settlement, State] = {"done": "done", "retry": "due", "skip": "skipped"}


class Steps(Database):
    def waiting_due(self, now: datetime, limit: int | None = None) -> list[StepRecord]:
        """Waiting steps whose time has come: ask `only_if`, then `set_input` or `skip`."""
        query = step_query().where(STEPS.c.state == "waiting", STEPS.c.not_before <= now)
        with self.reading() as connection:
            return read_steps(connection.execute(query.order_by(*ORDER).limit(limit)))

    def set_input(self, key: str, input_: Mapping[str, Any], now: datetime) -> bool:
        """A waiting step is rendered and becomes due; False if it no longer waits."""
        return self._change(key, ("waiting",), {"input": dict(input_), "state": "due", "updated_at": now})

    def skip(self, key: str, reason: str, now: datetime) -> bool:
        """A step that was never sent is left out, and people read why; False if it was too late for that."""
        return self._change(key, ("waiting", "due"), {"state": "skipped", "reason": reason, "updated_at": now})

    def postpone(self, key: str, not_before: datetime, reason: str, now: datetime) -> bool:
        """A waiting step is asked again later, such as when `only_if` cannot be told; False if it no longer waits."""
        return self._change(key, ("waiting",), {"not_before": not_before, "reason": reason, "updated_at": now})

    def hold(self, keys: Collection[str], not_before: datetime, reason: str, now: datetime) -> int:
        """Steps that are due stay so, and are not claimed before then; how many still were."""
        change = update(STEPS).where(STEPS.c.key.in_(keys), STEPS.c.state == "due")
        with self.writing() as connection:
            return connection.execute(change.values(not_before=not_before, reason=reason, updated_at=now)).rowcount

    def steps(self, wanted: StepFilter = StepFilter()) -> list[StepRecord]:  # noqa: B008  it is frozen
        """Steps, those of the most valuable firings first."""
        with self.reading() as connection:
            return read_steps(connection.execute(narrow(step_query(), wanted).order_by(*ORDER)))

    def steps_of_run(self, run_id: int) -> list[StepRecord]:
        """What a run had to do with: the steps of its firings, and earlier ones that it tried."""
        holder = select(RUNS.c.holder).where(RUNS.c.id == run_id).scalar_subquery()
        tried = select(ATTEMPTS.c.step_key).where(ATTEMPTS.c.holder == holder)
        query = step_query().where(or_(of_run(run_id), STEPS.c.key.in_(tried)))
        with self.reading() as connection:
            return read_steps(connection.execute(query.order_by(*ORDER)))

    def unsure_steps(self) -> list[StepRecord]:
        """Steps of which nobody knows whether they happened."""
        return self.steps(StepFilter(states=("unsure",)))

    def attempts(self, key: str) -> list[Attempt]:
        """A step's history, oldest first."""
        query = select(ATTEMPTS).where(ATTEMPTS.c.step_key == key).order_by(ATTEMPTS.c.id)
        with self.reading() as connection:
            rows = [row._asdict() for row in connection.execute(query)]
        return [Attempt(**{name: value for name, value in row.items() if name != "id"}) for row in rows]

    def settle(self, key: str, verdict: Settlement, by: str, note: str, now: datetime) -> bool:
        """A person says what became of an unsure step; False if it is not unsure.

        `done`: it happened. `retry`: it did not, send it. `skip`: leave it.
        """
        change = update(STEPS).where(STEPS.c.key == key, STEPS.c.state == "unsure")
        values: dict[str, Any] = {
            "state": _BECOMES[verdict],
            "reason": note,
            "look_again_at": None,
            "updated_at": now,
        }
        if verdict == "retry":
            values |= {"not_before": now, "tries": 0, "maybe_done": False}
        with self.writing() as connection:
            if not connection.execute(change.values(**values)).rowcount:
                return False
            _write_settlement(connection, key, verdict, by, note, now)
            return True

    def _change(self, key: str, states: tuple[State, ...], values: dict[str, Any]) -> bool:
        unsent = STEPS.c.state.in_(states) & STEPS.c.maybe_done.is_(False)
        change = update(STEPS).where(STEPS.c.key == key, unsent).values(**values)
        with self.writing() as connection:
            return bool(connection.execute(change).rowcount)


def _write_settlement(connection: Connection, key: str, verdict: Settlement, by: str, note: str, now: datetime) -> None:
    line = {"step_key": key, "at": now, "holder": by, "outcome": f"settled: {verdict}"}
    connection.execute(insert(ATTEMPTS).values(**line, maybe_done=False, detail=note))
    system, action = connection.execute(select(STEPS.c.integration, STEPS.c.action).where(STEPS.c.key == key)).one()
    said = AuditLine(person(by), "settlement", f"settled: {verdict}", system, action, key, note=note or None)
    audit.write(connection, [said], now)
