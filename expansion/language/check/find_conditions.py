"""Finds the conditions inside lists of clauses, with the steps to each in its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from expansion.language.check.opened import Known
from expansion.language.model.conditions import AllOf, AnyOf, Condition, NoneOf, SomeOf
from expansion.language.model.models import Playbook, Policy, Trigger
from expansion.language.yaml.source import Source, Steps

Found = tuple[Condition, Steps]


def conditions(clauses: Sequence[Any], at: Steps = ()) -> Iterator[Found]:
    """Every condition of these clauses, groups opened."""
    for index, clause in enumerate(clauses):
        here = (*at, index)
        match clause:
            case Condition():
                yield clause, here
            case AllOf():
                yield from conditions(clause.all_of, (*here, "all_of"))
            case AnyOf():
                yield from conditions(clause.any_of, (*here, "any_of"))
            case NoneOf():
                yield from conditions(clause.none_of, (*here, "none_of"))
            case SomeOf():
                yield from conditions(clause.some_of.of, (*here, "some_of", "of"))


def of_trigger(trigger: Trigger) -> Iterator[Found]:
    """Every condition of a trigger: `when`, `unless`, and those that choose the playbook."""
    yield from deciding(trigger)
    yield from choosing(trigger)


def deciding(trigger: Trigger) -> Iterator[Found]:
    """The conditions of a trigger's own that decide whether it fires."""
    yield from conditions(trigger.when, ("when",))
    yield from conditions(trigger.unless, ("unless",))


def choosing(trigger: Trigger) -> Iterator[Found]:
    """The conditions that choose the playbook."""
    for index, choice in enumerate(trigger.then.choose or ()):
        yield from conditions(choice.when, ("then", "choose", index, "when"))


def of_playbook(playbook: Playbook) -> Iterator[Found]:
    """Every condition of a playbook's steps."""
    for index, step in enumerate(playbook.steps):
        yield from conditions(step.only_if, ("steps", index, "only_if"))


def of_policy(policy: Policy) -> Iterator[Found]:
    """Every condition of policy.yaml: who is left alone, what is in the way, and what waits for a person."""
    for index, left_alone in enumerate(policy.suppress):
        yield from conditions(left_alone.when, ("suppress", index, "when"))
    for index, trouble in enumerate(policy.friction):
        yield from conditions(trouble.when, ("friction", index, "when"))
    for index, asked in enumerate(policy.approval):
        yield from conditions(asked.when, ("approval", index, "when"))


def everywhere(known: Known) -> Iterator[tuple[Source, Condition, Steps]]:
    """Every condition of every file."""
    if known.facts.model and known.facts.source:
        for name, cohort in known.facts.model.cohorts.items():
            found = conditions(getattr(cohort, "when", ()), ("cohorts", name, "when"))
            yield from _in(known.facts.source, found)
    if known.policy.model and known.policy.source:
        yield from _in(known.policy.source, of_policy(known.policy.model))
    for trigger in known.triggers.values():
        if trigger.model and trigger.source:
            yield from _in(trigger.source, of_trigger(trigger.model))
    for playbook in known.playbooks.values():
        if playbook.model and playbook.source:
            yield from _in(playbook.source, of_playbook(playbook.model))


def _in(source: Source, found: Iterator[Found]) -> Iterator[tuple[Source, Condition, Steps]]:
    return ((source, condition, at) for condition, at in found)
