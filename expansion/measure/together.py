"""One evaluator for all that is asked about a day's candidates: about all of them, so that they are measured once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from expansion.evaluate.results import Answer, Answers, Evaluator, Evidence, FactValue
from expansion.evaluate.subjects import Subject
from expansion.language.model.models import Trigger


@dataclass
class Together:
    """Answers like `of`, which keeps what it prepared while it is asked about the same accounts: see StoreEvaluator."""

    of: Evaluator
    accounts: Sequence[str]

    def __post_init__(self) -> None:
        self.as_of: datetime = self.of.as_of

    def holds(self, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, Answer]:
        found = self.of.holds(clauses, self._with(account_ids))
        return {account: found[account] for account in account_ids}

    def unanswered(self, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, str]:
        asked = set(account_ids)
        found = self.of.unanswered(clauses, self._with(asked))
        return {account: cause for account, cause in found.items() if account in asked}

    def fact(self, name: str, account_ids: Iterable[str]) -> dict[str, FactValue]:
        asked = set(account_ids)
        found = self.of.fact(name, self._with(asked))
        return {account: value for account, value in found.items() if account in asked}

    def _with(self, account_ids: Iterable[str]) -> Sequence[str]:
        """All of them; with others, such as a parent, by themselves."""
        asked = list(account_ids)
        return self.accounts if set(asked) <= set(self.accounts) else asked

    def answers(self, triggers: Sequence[Trigger]) -> dict[str, Answers]:
        return self.of.answers(triggers)

    def explain(self, trigger: Trigger, subject: Subject, *, flips: bool = False) -> Evidence:
        return self.of.explain(trigger, subject, flips=flips)

    def people(self, group: str, account_id: str) -> list[Mapping[str, str | None]]:
        return self.of.people(group, account_id)

    def profiles(self, account_id: str, user_ids: Iterable[str]) -> list[Mapping[str, str | None]]:
        return self.of.profiles(account_id, user_ids)

    def remote_ids(self, account_ids: Iterable[str]) -> dict[str, dict[str, str]]:
        return self.of.remote_ids(account_ids)
