"""A run by its parts, without Prefect: decide and deliver at a moment, play the seller, end episodes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from expansion.records.firing import Cleared
from expansion.records.ledger import StepFilter, StepRecord
from jobs.decide import decide_all, evaluate, record, triggers_to_check
from jobs.deliver import Pieces, deliver_some
from jobs.place import Place
from jobs.pull import pull_one, pulls
from sandbox.hubspot.portal import Portal
from sandbox.kit.server import State
from sandbox.salesforce.org import Org
from tests import world

SELLER = world._USERS[0]["Id"]


@dataclass
class Job:
    """One place, and what is done with it. `outside` is the state behind all stand-ins."""

    place: Place
    outside: State

    def fire(self, *triggers: str, at: datetime = world.AS_OF) -> None:
        """Evaluate these triggers, decide, write down, deliver all that is due."""
        place = self.place
        run = place.ledger.start_run("expansion", as_of=at, now=at, holder=place.holder.name)
        evaluated = evaluate(place, place.definitions, triggers_to_check(place.definitions, triggers), at)
        record(place, run, decide_all(place, evaluated, at), at)
        place.ledger.finish_run(run, "completed", at)
        self.deliver()

    def deliver(self) -> None:
        """Everything that is due by the clock of the machine."""
        for one in self._due():
            deliver_some(
                self.place, Pieces(self.place, world.AS_OF), one[1], one[0], lambda: datetime.now(UTC), lambda: False
            )

    def _due(self) -> Iterator[tuple[str, str]]:
        """Until nothing is left that was not tried."""
        tried: set[tuple[str, str, int]] = set()
        while True:
            due = [(d.playbook, d.action, d.count) for d in self.place.ledger.due_actions(datetime.now(UTC))]
            left = [one for one in due if one not in tried]
            if not left:
                return
            tried.add(left[0])
            yield left[0][:2]

    def end(self, trigger: str, *accounts: str, at: datetime) -> None:
        """The trigger is no longer true for these accounts."""
        ledger = self.place.ledger
        run = ledger.start_run("expansion", as_of=at, now=at)
        ledger.record(run, [], [Cleared(trigger, account) for account in accounts], at)

    def steps(self, account: str, *ids: str) -> list[StepRecord]:
        """An account's steps, in order; only those of these ids if any are given."""
        found = self.place.ledger.steps(StepFilter(account_id=account))
        return [step for step in found if not ids or step.step_id in ids]

    def step(self, account: str, id_: str) -> StepRecord:
        [step] = self.steps(account, id_)
        return step

    # --- the seller, in either CRM ---

    def org(self) -> Org:
        return Org(self.outside)

    def portal(self) -> Portal:
        return Portal(self.outside)

    def crm_changes(self, account: str, at: datetime, **fields: Any) -> None:
        """The account changes in Salesforce, and is pulled."""
        record = self.org().get("Account", world.salesforce_id(account)) or {}
        self.org().put("Account", record | fields | {"LastModifiedDate": f"{at:%Y-%m-%dT%H:%M:%S.000+0000}"})
        [pull] = [one for one in pulls(self.place) if one.source == "salesforce.account"]
        assert pull_one(self.place, pull, at).problem is None

    def task(self, account: str, id_: str = "ask") -> dict[str, Any]:
        step = self.step(account, id_)
        if step.integration == "salesforce":
            return self.org().get("Task", step.remote_id or "") or {}
        return (self.portal().get("tasks", step.remote_id or "") or {}).get("properties", {})

    def seller(self, account: str, **fields: Any) -> None:
        """Changes the account's task."""
        step = self.step(account, "ask")
        if step.integration == "salesforce":
            self.org().update("Task", step.remote_id or "", fields, by=SELLER)
        else:
            self.portal().update("tasks", step.remote_id or "", fields)


@contextmanager
def job(outside: State, **playbooks: str) -> Iterator[Job]:
    """A place with these playbooks instead of the world's."""
    for name, text in playbooks.items():
        Path(f"playbooks/{name}.yaml").write_text(text)
    place = Place()
    try:
        yield Job(place, outside)
    finally:
        place.close()
