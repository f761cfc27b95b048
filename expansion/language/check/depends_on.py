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

from expansion.language.check.find_conditions import choosing, conditions, deciding, of_playbook
from expansion.language.model.conditions import Condition
from expansion.language.model.following import WorkingSpan
from expansion.language.model.models import CountedFact, Facts, LimitFact, Plans, Playbook, Policy, RuleCohort, Trigger
from expansion.language.model.policy import ATTRIBUTION
from expansion.language.model.template import facts_named
from expansion.language.model.values import Counted, Percent, Periods, Rate, Span


@dataclass
class Uses:
    """Names of facts, cohorts, triggers and events that something rests on."""

    vocabulary: Facts
    others: Mapping[str, Trigger] = field(default_factory=dict)  # every trigger that a condition may name
    plans: Plans | None = None
    facts: set[str] = field(default_factory=set)
    cohorts: set[str] = field(default_factory=set)
    triggers: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)
    limits: bool = False  # whether it rests on the limits of plans

    def conditions(self, found: Iterable[Condition]) -> None:
        for condition in found:
            self.events.update(condition.events)
            for name in (condition.fact, condition.of):
                if name:
                    self.fact(name)
            if condition.cohort:
                self.cohort(condition.cohort)
            if condition.trigger:
                self.trigger(condition.trigger)

    def fact(self, name: str) -> None:
        """A fact, and what it is made of."""
        if name in self.facts or name not in self.vocabulary.facts:
            return
        self.facts.add(name)
        definition = self.vocabulary.facts[name]
        for part in getattr(definition, "parts", ()):
            self.fact(part)
        if isinstance(definition, CountedFact):
            self.events.update(definition.counted[1])
        if isinstance(definition, LimitFact) and self.plans:
            self.limits = True
            self.fact(self.plans.fact)

    def cohort(self, name: str) -> None:
        """A cohort, and the conditions it is made of."""
        if name in self.cohorts or name not in self.vocabulary.cohorts:
            return
        self.cohorts.add(name)
        definition = self.vocabulary.cohorts[name]
        if isinstance(definition, RuleCohort):
            self.conditions(condition for condition, _ in conditions(definition.when))

    def trigger(self, name: str) -> None:
        """Another trigger that a condition names."""
        if name in self.triggers or name not in self.others:
            return
        self.triggers.add(name)
        self.answer(self.others[name])

    def answer(self, trigger: Trigger) -> None:
        """The conditions that decide whether a trigger fires."""
        self.conditions(condition for condition, _ in deciding(trigger))
        if trigger.accounts:
            self.cohort(trigger.accounts)


def of_answer(trigger: Trigger, uses: Uses) -> Uses:
    """What the trigger's answer rests on, and the choice of its playbook."""
    uses.answer(trigger)
    uses.conditions(condition for condition, _ in choosing(trigger))
    return uses


def definition_hash(
    trigger: Trigger,
    triggers: Mapping[str, Trigger],
    playbooks: Mapping[str, Playbook],
    facts: Facts,
    policy: Policy,
) -> str:
    """Changes when anything changes that decides whether it fires, what is sent, or what it is worth."""
    uses = of_answer(trigger, Uses(facts, triggers, policy.plans))
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
        "triggers": {name: _answer(triggers[name]) for name in uses.triggers},
        "plans": policy.plans if uses.limits else None,
        "tier": tier.model_copy(update={"attribution": ATTRIBUTION}),  # for measuring alone
    }
    return hash_of(everything)


def hash_of(definitions: Mapping[str, Any]) -> str:
    """One hash over definitions by what they mean, however they are written."""
    text = json.dumps(_canonical(definitions), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _answer(trigger: Trigger) -> dict[str, Any]:
    """What another trigger's answer is made of; its title or playbook is none of ours."""
    return {"accounts": trigger.accounts, "when": trigger.when, "unless": trigger.unless}


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
            return {name: _canonical(inner) for name, inner in _said(value)}
        case Mapping():
            return {str(key): _canonical(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_canonical(inner) for inner in value]
        case Percent():
            return f"{value.value}/1 of it"
        case Span() | Counted() | Periods() | Rate() | WorkingSpan() | date():
            return str(value)
        case None | bool() | str():
            return value
    return f"{Fraction(value)}"


def _said(model: BaseModel) -> Iterator[tuple[str, Any]]:
    """What does not stand at its default: a word that the language learns later changes no hash."""
    for name, known in type(model).model_fields.items():
        value = getattr(model, name)
        if known.is_required() or value != known.get_default(call_default_factory=True):
            yield name, value
