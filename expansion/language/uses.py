"""What a trigger rests on, followed to the end: its playbooks, cohorts, facts and tier; and one hash over all of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from pydantic import BaseModel

from expansion.language.conditions import Condition
from expansion.language.models import CountedFact, Facts, Playbook, Policy, RatioFact, RuleCohort, Trigger
from expansion.language.values import Counted, Percent, Span
from expansion.language.walking import conditions, of_playbook, of_trigger
from expansion.template import facts_named


@dataclass
class Uses:
    """Names of facts, cohorts and events that something rests on."""

    vocabulary: Facts
    facts: set[str] = field(default_factory=set)
    cohorts: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)

    def conditions(self, found: Iterable[Condition]) -> None:
        for condition in found:
            self.events.update(condition.events)
            if condition.fact:
                self.fact(condition.fact)
            if condition.cohort:
                self.cohort(condition.cohort)

    def fact(self, name: str) -> None:
        """A fact, and what it is made of."""
        if name in self.facts or name not in self.vocabulary.facts:
            return
        self.facts.add(name)
        match self.vocabulary.facts[name]:
            case RatioFact(ratio=parts):
                for part in parts:
                    self.fact(part)
            case CountedFact() as counted:
                self.events.update(counted.counted[1])

    def cohort(self, name: str) -> None:
        """A cohort, and the conditions it is made of."""
        if name in self.cohorts or name not in self.vocabulary.cohorts:
            return
        self.cohorts.add(name)
        definition = self.vocabulary.cohorts[name]
        if isinstance(definition, RuleCohort):
            self.conditions(condition for condition, _ in conditions(definition.when))


def of_answer(trigger: Trigger, vocabulary: Facts) -> Uses:
    """What the trigger's answer rests on."""
    uses = Uses(vocabulary)
    uses.conditions(condition for condition, _ in of_trigger(trigger))
    if trigger.accounts:
        uses.cohort(trigger.accounts)
    return uses


def definition_hash(trigger: Trigger, playbooks: Mapping[str, Playbook], facts: Facts, policy: Policy) -> str:
    """Changes when anything changes that decides whether it fires, what is sent, or what it is worth."""
    uses = of_answer(trigger, facts)
    started = {choice.playbook: playbooks[choice.playbook] for choice in trigger.then.choices}
    for playbook in started.values():
        uses.conditions(condition for condition, _ in of_playbook(playbook))
        for name in _named(playbook):
            uses.fact(name)
    tier = policy.tiers[trigger.leads_to]
    for name in (tier.worth.of, *policy.account.model_dump().values()):
        if name:
            uses.fact(name)
    everything = {
        "trigger": trigger,
        "playbooks": started,
        "facts": {name: facts.facts[name] for name in uses.facts},
        "cohorts": {name: facts.cohorts[name] for name in uses.cohorts},
        "tier": tier,
    }
    text = json.dumps(_canonical(everything), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _named(playbook: Playbook) -> Iterator[str]:
    return (name for step in playbook.steps for text in _texts(step.with_) for name in facts_named(text))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict() | list():
            for inner in value.values() if isinstance(value, dict) else value:
                yield from _texts(inner)


def _canonical(value: Any) -> Any:
    """Plain JSON that is the same for everything that means the same: `28 days` however it is spaced, 100 and 100.0."""
    match value:
        case BaseModel():
            return {name: _canonical(getattr(value, name)) for name in type(value).model_fields}
        case Mapping():
            return {str(key): _canonical(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_canonical(inner) for inner in value]
        case Percent():
            return f"{value.value}/1 of it"
        case Span() | Counted() | date():
            return str(value)
        case None | bool() | str():
            return value
    return f"{Fraction(value)}"
