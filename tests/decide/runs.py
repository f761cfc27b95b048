"""Whole runs over a real ledger: decide, then record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from expansion.decide.decide import Decisions, Released, decide
from expansion.evaluate.subjects import Subject
from expansion.language.model.models import Playbook, Policy, Trigger
from expansion.ledger.store import Ledger
from expansion.records.ledger import FiringFilter, FiringRecord
from tests.decide.fakes import NOW, FakeEvaluator, answers, catalog, folder, playbook, policy, run, trigger

LATER = {
    "id": "remind",
    "do": "salesforce.create_task",
    "after": "3 days",
    "with": {"subject": "Still at {{ facts.seat_usage }}"},
}
TASK = {"id": "ask", "do": "salesforce.create_task", "with": {"subject": "Seats"}}
NOW_AND_LATER = playbook(steps=[TASK, LATER])


def day(number: float) -> datetime:
    return NOW + timedelta(days=number)


@dataclass
class Town:
    """A folder of definitions, what is known of the accounts, and the ledger of all its runs."""

    ledger: Ledger
    triggers: Sequence[Trigger] = field(default_factory=lambda: [trigger()])
    rules: Policy = field(default_factory=policy)
    playbooks: Sequence[Playbook] = (NOW_AND_LATER,)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[tuple[str, str], list[dict[str, str | None]]] = field(default_factory=dict)

    def decide(self, at: float, told: Mapping[str, Mapping[str, Any]], released: Released | None = None) -> Decisions:
        """What a run that many days after the first would decide; nothing is written."""
        moment = day(at)
        given = {name: answers(name, as_of=moment, **said) for name, said in told.items()}
        definitions = folder(*self.triggers, policy=self.rules, playbooks=self.playbooks)
        evaluator = FakeEvaluator(self.facts, self.groups, as_of=moment)
        return decide(given, definitions, evaluator, self.ledger, run(moment), catalog(), released or {})

    def run(
        self,
        at: float,
        yes: Sequence[Subject] = (),
        *,
        cleared: Sequence[Subject] = (),
        trigger: str = "seat-limit",
        released: Released | None = None,
    ) -> Decisions:
        """A run of one trigger."""
        return self.run_all(at, {trigger: {"yes": yes, "cleared": cleared}}, released)

    def run_all(self, at: float, told: Mapping[str, Mapping[str, Any]], released: Released | None = None) -> Decisions:
        """A run of several triggers."""
        decided = self.decide(at, told, released)
        self.record(decided, at)
        return decided

    def record(self, decided: Decisions, at: float) -> None:
        moment = day(at)
        run_id = self.ledger.start_run("expansion", as_of=moment, now=moment)
        again, ran_as, based_on = decided.again, decided.ran_as, decided.based_on
        self.ledger.record(
            run_id, decided.firings, decided.cleared, moment, again=again, ran_as=ran_as, based_on=based_on
        )
        self.ledger.finish_run(run_id, "completed", moment)

    def firing(self, account: str, trigger: str = "seat-limit") -> FiringRecord:
        found = self.ledger.firing(trigger, account)
        assert found is not None
        return found

    def decisions(self, trigger: str = "seat-limit") -> dict[str, str]:
        """account -> what is decided about its open episode."""
        wanted = FiringFilter(trigger=trigger, open_only=True)
        return {each.account_id: each.decision for each in self.ledger.firings(wanted)}
