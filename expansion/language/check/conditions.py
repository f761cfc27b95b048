"""Checks conditions: every name exists, every comparison fits its fact, and people are asked about where people are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from expansion.language.check.facts import check_where
from expansion.language.check.find_conditions import Found
from expansion.language.check.kinds import counted_misfits, misfits, peer_misfits
from expansion.language.check.opened import Known, at_words, not_of_account, unknown
from expansion.language.model.conditions import Condition
from expansion.language.model.mistakes import Mistake
from expansion.language.yaml.source import Source, Steps


def check_conditions(
    known: Known, source: Source, found: Iterable[Found], *, of_users: bool = False
) -> Iterator[Mistake]:
    """Conditions against facts.yaml and the triggers; `of_users` where they are asked of each person."""
    for condition, at in found:
        yield from _condition(known, source, at, condition, of_users)
        if of_users:
            yield from _one_person(source, at, condition)
        clears = condition.clears_below is not None and condition.words & {"at_least", "more_than"}
        if clears and at[0] != "when":
            message = "`clears_below` ends an episode, so it belongs in the `when` of a trigger"
            yield source.mistake((*at, "clears_below"), message, "remove it here", key=True)


def check_cohort(known: Known, source: Source, at: Steps, name: str) -> Iterator[Mistake]:
    """A mistake where there is no such cohort."""
    yield from unknown(source, at, name, known.names("cohorts"), "a cohort of facts.yaml", "facts.yaml")


def _condition(known: Known, source: Source, at: Steps, condition: Condition, of_users: bool) -> Iterator[Mistake]:
    for subject in condition.subjects:
        yield from _about(known, source, at, condition, subject, of_users)
    if condition.of is not None:
        yield from _peers(known, source, at, condition.of)


def _about(
    known: Known, source: Source, at: Steps, condition: Condition, subject: str, of_users: bool
) -> Iterator[Mistake]:
    match subject:
        case "cohort":
            yield from check_cohort(known, source, (*at, "cohort"), str(condition.cohort))
        case "trigger":
            yield from _trigger(known, source, (*at, "trigger"), str(condition.trigger))
        case "sequence":
            yield from _sequence(source, at, condition)
        case "fact":
            yield from _fact(known, source, at, condition, of_users)
        case _:
            if len(condition.subjects) == 1:
                yield from at_words(source, at, counted_misfits(condition))
            yield from check_where(source, (*at, "where"), condition.where)


def _fact(known: Known, source: Source, at: Steps, condition: Condition, of_users: bool) -> Iterator[Mistake]:
    name = str(condition.fact)
    yield from unknown(source, (*at, "fact"), name, known.names("facts"), "a fact of facts.yaml", "facts.yaml")
    if not of_users and known.of_users(name):
        yield from not_of_account(known, source, (*at, "fact"), name)
    elif _is_compared(condition) and (kind := known.kind(meant := known.fact_meant(name))):
        yield from at_words(source, at, misfits(condition, kind, meant))


def _is_compared(condition: Condition) -> bool:
    """Whether the comparison is with the fact: not where another subject or a share of another fact was meant."""
    return len(condition.subjects) == 1 and (condition.of is None or condition.among_top is not None)


def _peers(known: Known, source: Source, at: Steps, name: str) -> Iterator[Mistake]:
    if name in ("account", "company", "same_account") and name not in (known.names("facts") or ()):
        hint = "accounts are compared with all accounts, and people with all people; leave `of` out"
        yield source.mistake((*at, "of"), "`of` names a fact, and nobody is compared inside an account", hint)
        return
    yield from unknown(source, (*at, "of"), name, known.names("facts"), "a fact of facts.yaml", "facts.yaml")
    yield from not_of_account(known, source, (*at, "of"), name)
    if kind := known.kind(name):
        yield from at_words(source, at, peer_misfits(kind, name))


def _trigger(known: Known, source: Source, at: Steps, name: str) -> Iterator[Mistake]:
    yield from unknown(source, at, name, known.triggers, "a trigger of this folder", "the folder triggers/")
    opened = known.triggers.get(name)
    if opened and opened.model and opened.model.who == "users" and opened.is_written(("who",)):
        message = f"`{name}` is about users, and here an account is asked about"
        yield source.mistake(at, message, "write its conditions here, with `by_at_least` for how many people")


def _sequence(source: Source, at: Steps, condition: Condition) -> Iterator[Mistake]:
    for index, step in enumerate(condition.steps):
        yield from check_where(source, (*at, "sequence", index, "where"), step.where)
    if condition.excluded:
        yield from check_where(source, (*at, "not_between", "where"), condition.excluded.where)


def _one_person(source: Source, at: Steps, condition: Condition) -> Iterator[Mistake]:
    used = {
        "by_at_least": condition.by_at_least,
        "same_user": condition.same_user,
        "count": condition.count == "people",
    }
    word = next((word for word, is_used in used.items() if is_used), None)
    if word == "same_user":
        message = "`same_user` goes without saying in a trigger about users"
        yield source.mistake((*at, word), message, "remove it", key=True)
    elif word:
        message = f"`{word}` counts people, and this trigger asks about one person at a time"
        yield source.mistake((*at, word), message, "remove it, or remove `who: users`", key=True)
