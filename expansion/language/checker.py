"""Checks that files fit each other: every name exists, every comparison fits its fact, every step its action."""

from __future__ import annotations

from collections.abc import Iterator

from expansion.language.check_cases import check_cases
from expansion.language.check_shared import check_facts, check_policy, check_where
from expansion.language.check_steps import check_step
from expansion.language.conditions import Condition
from expansion.language.kinds import counted_misfits, misfits
from expansion.language.known import Known, Opened, at_words, misnamed, not_email, not_share, unknown
from expansion.language.mistakes import Mistake
from expansion.language.models import Playbook, Trigger
from expansion.language.source import Source, Steps
from expansion.language.walking import Found, conditions, of_playbook, of_trigger


def check(known: Known) -> Iterator[Mistake]:
    """Every mistake between files, and inside those that are right by themselves."""
    if known.facts.model and known.facts.source:
        yield from check_facts(known, known.facts.model, known.facts.source)
        for name, cohort in known.facts.model.cohorts.items():
            clauses = getattr(cohort, "when", ())
            yield from _conditions(known, known.facts.source, conditions(clauses, ("cohorts", name, "when")))
    if known.policy.model and known.policy.source:
        yield from check_policy(known, known.policy.model, known.policy.source)
        for index, one in enumerate(known.policy.model.suppress):
            found = conditions(one.when, ("suppress", index, "when"))
            yield from _conditions(known, known.policy.source, found)
    for trigger in known.triggers.values():
        if trigger.model and trigger.source:
            yield from _trigger(known, trigger, trigger.model, trigger.source)
    for playbook in known.playbooks.values():
        if playbook.model and playbook.source:
            yield from _playbook(known, playbook, playbook.model, playbook.source)
    yield from check_cases(known)


def _trigger(known: Known, opened: Opened[Trigger], trigger: Trigger, source: Source) -> Iterator[Mistake]:
    yield from misnamed(opened, "trigger", trigger.trigger)
    yield from not_email(source, ("owner",), trigger.owner)
    if trigger.accounts:
        yield from _cohort(known, source, ("accounts",), trigger.accounts)
    yield from unknown(source, ("leads_to",), trigger.leads_to, known.tiers(), "a tier of policy.yaml", "policy.yaml")
    if trigger.holdout is not None:
        yield from not_share(source, ("holdout",), trigger.holdout)
    yield from _branches(known, trigger, source)
    yield from _conditions(known, source, of_trigger(trigger))


def _branches(known: Known, trigger: Trigger, source: Source) -> Iterator[Mistake]:
    playbooks, what = known.playbooks, "a playbook of this folder"
    if trigger.then.playbook:
        yield from unknown(source, ("then", "playbook"), trigger.then.playbook, playbooks, what, "the folder")
    always: int | None = None
    for index, choice in enumerate(trigger.then.choose or ()):
        at = ("then", "choose", index)
        yield from unknown(source, (*at, "playbook"), choice.playbook, playbooks, what, "the folder")
        if always is not None:
            line = source.spots["then", "choose", always].line
            hint = f"the first that fits is taken, and the one on line {line} always fits: move that one to the end"
            yield source.mistake(at, "this branch can never be reached", hint)
        elif not choice.when:
            always = index


def _playbook(known: Known, opened: Opened[Playbook], playbook: Playbook, source: Source) -> Iterator[Mistake]:
    yield from misnamed(opened, "playbook", playbook.playbook)
    for index, step in enumerate(playbook.steps):
        yield from check_step(known, source, ("steps", index), step)
    yield from _conditions(known, source, of_playbook(playbook))


def _conditions(known: Known, source: Source, found: Iterator[Found]) -> Iterator[Mistake]:
    for condition, at in found:
        yield from _condition(known, source, at, condition)
        if condition.clears_below is not None and at[0] != "when":
            message = "`clears_below` ends an episode, so it belongs in the `when` of a trigger"
            yield source.mistake((*at, "clears_below"), message, "remove it here", key=True)


def _condition(known: Known, source: Source, at: Steps, condition: Condition) -> Iterator[Mistake]:
    match condition.subject:
        case "cohort":
            yield from _cohort(known, source, (*at, "cohort"), str(condition.cohort))
        case "fact":
            name = str(condition.fact)
            facts = known.names("facts")
            yield from unknown(source, (*at, "fact"), name, facts, "a fact of facts.yaml", "facts.yaml")
            if kind := known.kind(name):
                yield from at_words(source, at, misfits(condition, kind, name))
        case _:
            yield from at_words(source, at, counted_misfits(condition))
            yield from check_where(source, (*at, "where"), condition.where)


def _cohort(known: Known, source: Source, at: Steps, name: str) -> Iterator[Mistake]:
    yield from unknown(source, at, name, known.names("cohorts"), "a cohort of facts.yaml", "facts.yaml")
