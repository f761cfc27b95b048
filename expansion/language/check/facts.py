"""Checks facts.yaml: sources that exist, facts made of numbers, no fact and no cohort made from itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from expansion.language.check.circles import circles, told
from expansion.language.check.kinds import CALLED, NUMERIC, property_misfits
from expansion.language.check.opened import Known, at_words, not_of_account, unknown
from expansion.language.model.comparing import Where
from expansion.language.model.mistakes import Mistake, listed
from expansion.language.model.models import (
    CountedFact,
    EventSource,
    Facts,
    LimitFact,
    MadeFact,
    SourcedCohort,
    SourcedFact,
)
from expansion.language.yaml.source import Source, Steps

# The word of a fact made of facts, and what it is called.
_MADE = {
    "RatioFact": ("ratio", "a ratio"),
    "DifferenceFact": ("difference", "a difference"),
    "HeadroomFact": ("headroom", "headroom"),
    "PaceFact": ("days_to_limit", "a pace"),
}


def check_facts(known: Known, facts: Facts, source: Source) -> Iterator[Mistake]:
    """facts.yaml by itself, and against the sources that integrations offer."""
    for index, events in enumerate(facts.events):
        yield from not_given(known, source, ("events", index, "from"), events.from_, "events")
        yield from _account(known, source, ("events", index), events)
    for name, fact in facts.facts.items():
        at: Steps = ("facts", name)
        match fact:
            case SourcedFact():
                yield from not_given(known, source, (*at, "from"), fact.from_, _GIVEN_AS[fact.who])
                if fact.unlimited is not None and fact.kind not in NUMERIC:
                    message = f"`unlimited` belongs to a limit, and `{name}` is {CALLED[fact.kind]}"
                    yield source.mistake((*at, "unlimited"), message, "remove it, or put the `kind` right", key=True)
            case CountedFact():
                yield from check_where(source, (*at, "where"), fact.where)
            case LimitFact():
                yield from _limit(known, source, (*at, "limit_of"), fact.limit_of)
            case _:
                yield from _made(known, source, at, fact)
    for name, cohort in facts.cohorts.items():
        if isinstance(cohort, SourcedCohort):
            yield from not_given(known, source, ("cohorts", name, "from"), cohort.from_, "cohorts")
    yield from _answers(facts, source)
    yield from _made_from_itself(facts, source)


def _answers(facts: Facts, source: Source) -> Iterator[Mistake]:
    """What is expected of a source that no fact comes from would never be looked at."""
    named = list(dict.fromkeys(fact.from_ for fact in facts.facts.values() if isinstance(fact, SourcedFact)))
    for name in facts.expects:
        if name not in named:
            hint = f"facts here come from {listed(named)}" if named else "of events, `expects` stands beside the source"
            yield source.mistake(("expects", name), f"no fact here comes from `{name}`", hint, key=True)


def _account(known: Known, source: Source, at: Steps, events: EventSource) -> Iterator[Mistake]:
    """A source that is pulled is asked for the property; one that pushes says by itself whose an event is."""
    words = known.catalog.sources.get(events.from_)
    if words is not None and not words.pushed and events.account is None:
        hint = "add `account: company_id`, or whatever your events call it"
        yield source.mistake(at, f"which property of `{events.from_}` holds the account is not said", hint)


_GIVEN_AS = {"accounts": "facts", "users": "people"}  # who a fact is about -> what its source gives


def not_given(known: Known, source: Source, at: Steps, name: str, gives: str) -> Iterator[Mistake]:
    """A mistake where there is no such source, or it gives something else."""
    sources = known.catalog.sources
    fitting = [one for one, words in sources.items() if gives in words.gives]
    if name not in sources:
        yield from unknown(source, at, name, fitting, "a source", "no integration")
    elif gives not in sources[name].gives:
        hint = f"these do: {listed(fitting)}" if fitting else None
        yield source.mistake(at, f"`{name}` does not give {gives}", hint)


def _made(known: Known, source: Source, at: Steps, fact: MadeFact) -> Iterator[Mistake]:
    word, called = _MADE[type(fact).__name__]
    for index, name in enumerate(fact.parts):
        here = (*at, word, index)
        yield from unknown(source, here, name, known.names("facts"), "a fact of facts.yaml", "facts.yaml")
        kind = known.kind(name)
        if kind and kind not in NUMERIC:
            yield source.mistake(here, f"{called} is made of numbers, and `{name}` is {CALLED[kind]}")
        else:
            yield from not_of_account(known, source, here, name)


def _limit(known: Known, source: Source, at: Steps, name: str) -> Iterator[Mistake]:
    policy = known.policy.model
    if policy is None:
        return
    if policy.plans is None:
        hint = f"add  plans: {{fact: plan, limits: {{Team: {{{name}: 50}}}}}}  to policy.yaml"
        yield source.mistake(at, "policy.yaml knows no limits of plans", hint)
        return
    yield from unknown(source, at, name, policy.plans.names, "a limit of any plan in policy.yaml", "policy.yaml")


def check_where(source: Source, at: Steps, where: Mapping[str, Any]) -> Iterator[Mistake]:
    """Comparisons on properties of events."""
    for name, wanted in where.items():
        if isinstance(wanted, Where):
            yield from at_words(source, (*at, name), property_misfits(wanted))
        elif wanted == [] or "" in (wanted if isinstance(wanted, list) else [wanted]):
            hint = f"write a value, or  {name}: {{exists: false}}"
            yield source.mistake((*at, name), f"`{name}` has nothing to fit: no value is empty", hint, key=True)


def _made_from_itself(facts: Facts, source: Source) -> Iterator[Mistake]:
    parts = {name: list(getattr(fact, "parts", ())) for name, fact in facts.facts.items()}
    for circle in circles(parts):
        hint = "let one of them come from a source"
        yield source.mistake(("facts", circle[0]), told(circle), hint, key=True)
