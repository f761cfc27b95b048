"""The evaluator of a few accounts at one moment, each from memory: what a run asks, asked while an event waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from expansion.evaluate.engine import Engine
from expansion.evaluate.questions import answers, holds
from expansion.evaluate.results import Answer, Answers, Evidence, FactValue
from expansion.evaluate.subjects import Subject, UserOf, account_of
from expansion.evaluate.unanswered import Unanswered
from expansion.explain.evaluator import StoreEvaluator
from expansion.explain.explaining import Explainer
from expansion.language.model.models import Trigger

Touched = Mapping[str, AbstractSet[str]]  # account -> those of its people who did something
Only = Mapping[str, AbstractSet[str]]  # account -> the triggers that are asked about it
MOST = 200  # accounts that are asked about together
ALL: Only = MappingProxyType({})
EngineOf = Callable[[Sequence[Subject], datetime, Engine | None], Engine]


@dataclass
class Asking(StoreEvaluator):
    """Who is asked about people, and what systems call an account, is as the store had it when it was read."""

    engine_of: EngineOf  # of accounts; of people beside the engine of their accounts
    heard_until: datetime | None
    _ones: dict[Subject, Engine] = field(default_factory=dict, init=False)

    def answers_of(self, triggers: Sequence[Trigger], touched: Touched, only: Only = ALL) -> dict[str, Answers]:
        """Each trigger about these accounts, or about these people of them. `only`: those of an account that what came
        in can have moved; all of them where it says nothing of the account."""
        found: dict[str, list[Answers]] = {one.trigger: [] for one in triggers}
        for names, accounts in _alike(touched, only, found):
            asked = [one for one in triggers if one.trigger in names]
            for each in self._answers(asked, accounts, touched):
                found[each.trigger].append(each)
        return {name: _together(name, self.as_of, each) for name, each in found.items()}

    def _answers(self, triggers: Sequence[Trigger], accounts: Sequence[str], touched: Touched) -> Iterator[Answers]:
        """Of several at once: most of what it takes to ask about one is the same for all."""
        engine = self.engine_of(accounts, self.as_of, None)
        yield from answers(engine, [one for one in triggers if one.who == "accounts"]).values()
        people = [UserOf(account, user) for account in accounts for user in sorted(touched[account]) if user]
        if (about_people := [one for one in triggers if one.who == "users"]) and people:
            yield from answers(self.engine_of(people, self.as_of, engine), about_people).values()

    def one(self, subject: Subject) -> Engine:
        """The engine of one account, or of one of its people, made once."""
        if subject not in self._ones:
            beside = self.one(account_of(subject)) if isinstance(subject, UserOf) else None
            self._ones[subject] = self.engine_of([subject], self.as_of, beside)
        return self._ones[subject]

    def explain(self, trigger: Trigger, subject: Subject, *, flips: bool = False) -> Evidence:
        return Explainer(self.one(subject), flips).explain(trigger, subject)

    def holds(self, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, Answer]:
        return {one: holds(self.one(one), clauses, [one])[one] for one in sorted(set(account_ids))}

    def unanswered(self, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for account in sorted(set(account_ids)):
            engine = self.one(account)
            engine.subjects.register()  # it looks by SQL when an account was first seen
            found |= Unanswered(engine).of(clauses, [account])
        return found

    def fact(self, name: str, account_ids: Iterable[str]) -> dict[str, FactValue]:
        found = {}
        for account in sorted(set(account_ids)):
            engine = self.one(account)
            measure = engine.compiler.fact(name)
            engine.measure_now(measure)
            found[account] = self._fact_value(engine, measure, name, account)
        return found

    def known_until(self) -> datetime | None:
        return max(filter(None, (super().known_until(), self.heard_until)), default=None)


def _alike(touched: Touched, only: Only, all_: Iterable[str]) -> Iterator[tuple[AbstractSet[str], list[str]]]:
    """The accounts that are asked by the same triggers, MOST at a time."""
    every, together = frozenset(all_), dict[frozenset[str], list[str]]()
    for account in sorted(touched):
        together.setdefault(frozenset(only.get(account, every)) & every, []).append(account)
    for names, accounts in together.items():
        for start in range(0, len(accounts) if names else 0, MOST):
            yield names, accounts[start : start + MOST]


def _together(name: str, as_of: datetime, found: Sequence[Answers]) -> Answers:
    return Answers(
        name,
        as_of,
        frozenset(one for each in found for one in each.yes),
        frozenset(one for each in found for one in each.cleared),
        {one: why for each in found for one, why in each.unknown.items()},
        sum(each.asked for each in found),
    )
