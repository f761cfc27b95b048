"""A firing before its steps are planned: one account, one trigger, everything known about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from expansion.decide.episodes import Candidate
from expansion.decide.lookup import text_of
from expansion.decide.owners import OwnedBy, owners
from expansion.decide.priority import Priority, priorities, sort_key
from expansion.decide.rulings import Ruling, rulings
from expansion.evaluate.results import Evaluator, Evidence
from expansion.language.models import Policy, Trigger

# What a record that nobody foresaw raises while one account is explained.
_BAD_RECORD = (ValueError, LookupError, ArithmeticError)


@dataclass(frozen=True)
class Problem:
    """An account that could not be decided about. It does not fire in this run; the next one tries again."""

    trigger: str
    account_id: str
    sentence: str


@dataclass(frozen=True)
class Draft:
    """One firing, decided but not planned."""

    trigger: Trigger
    account_id: str
    account_name: str
    episode: int
    ruling: Ruling
    priority: Priority
    owner: OwnedBy
    evidence: Evidence

    def sort_key(self) -> tuple[object, ...]:
        people = len(self.evidence.people())
        return sort_key(self.priority.expected, people, self.account_id, self.trigger.trigger)

    def notes(self) -> tuple[str, ...]:
        """What could not be told, and why somebody else than the owner has it."""
        return (*self.ruling.notes, *([self.owner.note] if self.owner.note else []))


def drafts(
    trigger: Trigger, begins: Sequence[Candidate], policy: Policy, evaluator: Evaluator, past_counts: Sequence[int]
) -> tuple[list[Draft], list[Problem]]:
    """A draft for each account whose episode begins; and the accounts that could not be explained."""
    explained, problems = _explain(trigger, begins, evaluator)
    accounts = list(explained)
    ruled = rulings(trigger, accounts, policy, evaluator, past_counts)
    worth = priorities(policy.tiers[trigger.leads_to], accounts, policy.currency, evaluator)
    owned = owners(policy, accounts, evaluator)
    names = _names(policy, accounts, evaluator)
    episodes = {each.account_id: each.episode for each in begins}
    made = [
        Draft(trigger, each, names[each], episodes[each], ruled[each], worth[each], owned[each], explained[each])
        for each in accounts
    ]
    return made, problems


def _explain(
    trigger: Trigger, begins: Sequence[Candidate], evaluator: Evaluator
) -> tuple[dict[str, Evidence], list[Problem]]:
    explained: dict[str, Evidence] = {}
    problems = []
    for each in begins:
        try:
            explained[each.account_id] = evaluator.explain(trigger, each.account_id)
        except _BAD_RECORD as error:
            sentence = f"it could not be explained ({type(error).__name__}), so it was left out of this run"
            problems.append(Problem(trigger.trigger, each.account_id, sentence))
    return explained, problems


def _names(policy: Policy, accounts: Sequence[str], evaluator: Evaluator) -> dict[str, str]:
    """What people call the account; its id where nobody knows."""
    known = evaluator.fact(policy.account.name, accounts) if policy.account.name and accounts else {}
    return {account: text_of(known.get(account)) or account for account in accounts}
