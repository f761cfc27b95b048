"""Checks that files fit each other: every name exists, every comparison fits its fact, every step its action."""

from __future__ import annotations

from collections.abc import Iterator

from expansion.language.check.cases import check_cases
from expansion.language.check.conditions import check_conditions
from expansion.language.check.facts import check_facts
from expansion.language.check.find_conditions import conditions, of_playbook, of_policy
from expansion.language.check.opened import Known, Opened, misnamed
from expansion.language.check.policy import check_policy
from expansion.language.check.steps import check_step
from expansion.language.check.triggers import check_references, check_trigger
from expansion.language.model.mistakes import Mistake
from expansion.language.model.models import Playbook
from expansion.language.yaml.source import Source


def check(known: Known) -> Iterator[Mistake]:
    """Every mistake between files, and inside those that are right by themselves."""
    if known.facts.model and known.facts.source:
        yield from check_facts(known, known.facts.model, known.facts.source)
        for name, cohort in known.facts.model.cohorts.items():
            found = conditions(getattr(cohort, "when", ()), ("cohorts", name, "when"))
            yield from check_conditions(known, known.facts.source, found)
    if known.policy.model and known.policy.source:
        yield from check_policy(known, known.policy.model, known.policy.source)
        yield from check_conditions(known, known.policy.source, of_policy(known.policy.model))
    for trigger in known.triggers.values():
        if trigger.model and trigger.source:
            yield from check_trigger(known, trigger, trigger.model, trigger.source)
    yield from check_references(known)
    for playbook in known.playbooks.values():
        if playbook.model and playbook.source:
            yield from _playbook(known, playbook, playbook.model, playbook.source)
    yield from check_cases(known)


def _playbook(known: Known, opened: Opened[Playbook], playbook: Playbook, source: Source) -> Iterator[Mistake]:
    yield from misnamed(opened, "playbook", playbook.playbook)
    for index, step in enumerate(playbook.steps):
        yield from check_step(known, source, ("steps", index), step)
    yield from check_conditions(known, source, of_playbook(playbook))
