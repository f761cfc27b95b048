"""Checks facts.yaml and policy.yaml: sources that exist, facts without circles, money that is money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from expansion.language.conditions import Where
from expansion.language.kinds import CALLED, NUMERIC, property_misfits
from expansion.language.known import Known, at_words, not_email, not_share, unknown
from expansion.language.mistakes import Mistake, brief, did_you_mean, listed
from expansion.language.models import (
    CountedFact,
    Facts,
    Policy,
    RatioFact,
    RuleCohort,
    SourcedCohort,
    SourcedFact,
    Worth,
)
from expansion.language.source import Source, Steps
from expansion.language.walking import conditions

# Which kinds the facts of `policy.account` may be.
_ACCOUNT_KINDS = {"name": ("text",), "value": ("money", "number"), "owner": ("text",), "parent": ("text",)}


def check_facts(known: Known, facts: Facts, source: Source) -> Iterator[Mistake]:
    """facts.yaml by itself, and against the sources that integrations offer."""
    for index, events in enumerate(facts.events):
        yield from _source(known, source, ("events", index, "from"), events.from_, "events")
    for name, fact in facts.facts.items():
        at: Steps = ("facts", name)
        match fact:
            case SourcedFact():
                yield from _source(known, source, (*at, "from"), fact.from_, "facts")
            case RatioFact():
                yield from _ratio(known, source, (*at, "ratio"), fact)
            case CountedFact():
                yield from check_where(source, (*at, "where"), fact.where)
    for name, cohort in facts.cohorts.items():
        if isinstance(cohort, SourcedCohort):
            yield from _source(known, source, ("cohorts", name, "from"), cohort.from_, "cohorts")
    yield from _circles(source, "facts", facts.facts, _parts_of_fact)
    yield from _circles(source, "cohorts", facts.cohorts, _parts_of_cohort)


def _source(known: Known, source: Source, at: Steps, name: str, gives: str) -> Iterator[Mistake]:
    sources = known.catalog.sources
    fitting = [one for one, words in sources.items() if gives in words.gives]
    if name not in sources:
        yield from unknown(source, at, name, fitting, "a source", "no integration")
    elif gives not in sources[name].gives:
        hint = f"these do: {listed(fitting)}" if fitting else None
        yield source.mistake(at, f"`{name}` does not give {gives}", hint)


def _ratio(known: Known, source: Source, at: Steps, fact: RatioFact) -> Iterator[Mistake]:
    for index, name in enumerate(fact.ratio):
        yield from unknown(source, (*at, index), name, known.names("facts"), "a fact of facts.yaml", "facts.yaml")
        kind = known.kind(name)
        if kind and kind not in NUMERIC:
            message = f"a ratio is made of numbers, and `{name}` is {CALLED[kind]}"
            yield source.mistake((*at, index), message)


def check_where(source: Source, at: Steps, where: Mapping[str, Any]) -> Iterator[Mistake]:
    """Comparisons on properties of events."""
    for name, wanted in where.items():
        if isinstance(wanted, Where):
            yield from at_words(source, (*at, name), property_misfits(wanted, name))


def _parts_of_fact(fact: object) -> list[str]:
    return list(fact.ratio) if isinstance(fact, RatioFact) else []


def _parts_of_cohort(cohort: object) -> list[str]:
    clauses = cohort.when if isinstance(cohort, RuleCohort) else []
    return [condition.cohort for condition, _ in conditions(clauses) if condition.cohort]


def _circles(
    source: Source, word: str, definitions: Mapping[str, object], parts: Callable[[object], list[str]]
) -> Iterator[Mistake]:
    told: set[str] = set()
    for name in definitions:
        circle = _circle(name, {one: parts(each) for one, each in definitions.items()})
        if circle and not told & set(circle):
            told.update(circle)
            way = " -> ".join(f"`{one}`" for one in [*circle, name])
            message = f"`{name}` is made from itself: {way}"
            yield source.mistake((word, name), message, "let one of them come from a source", key=True)


def _circle(start: str, parts: Mapping[str, list[str]]) -> list[str] | None:
    """The way from a name back to itself."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for part in parts.get(way[-1], ()):
            if part == start:
                return way
            if part not in seen:
                seen.add(part)
                ways.append([*way, part])
    return None


def check_policy(known: Known, policy: Policy, source: Source) -> Iterator[Mistake]:
    """policy.yaml by itself, and against facts.yaml."""
    yield from _time_zone(policy, source)
    yield from _working_hours(policy, source)
    yield from not_email(source, ("owners", "fallback"), policy.owners.fallback)
    for word, kinds in _ACCOUNT_KINDS.items():
        if name := getattr(policy.account, word):
            yield from _fact_of_kind(known, source, ("account", word), name, kinds)
    for name, tier in policy.tiers.items():
        at: Steps = ("tiers", name)
        yield from not_share(source, (*at, "likely"), tier.likely)
        yield from _worth(known, source, (*at, "worth"), tier.worth)
    if policy.holdout:
        yield from not_share(source, ("holdout", "share"), policy.holdout.share)
    if policy.flood:
        yield from _numbers(source, ("flood",), [("times_median", policy.flood.times_median)])


def _time_zone(policy: Policy, source: Source) -> Iterator[Mistake]:
    try:
        ZoneInfo(policy.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = did_you_mean(policy.time_zone, available_timezones())
        hint = f"did you mean `{near}`?" if near else "write a continent and a city, such as `Europe/London`"
        yield source.mistake(("time_zone",), f"`{brief(policy.time_zone)}` is not a time zone", hint)


def _working_hours(policy: Policy, source: Source) -> Iterator[Mistake]:
    hours = policy.working_hours
    wrong = [word for word, time in (("from", hours.from_), ("to", hours.to)) if not "00:00" <= time <= "24:00"]
    wrong += [word for word, time in (("from", hours.from_), ("to", hours.to)) if time[3:] > "59"]
    if wrong:
        at = ("working_hours", wrong[0])
        yield source.mistake(at, "there is no such time of day", "write one from `00:00` to `24:00`")
    elif hours.from_ >= hours.to:
        message = f"the working day ends at {hours.to}, before it begins at {hours.from_}"
        yield source.mistake(("working_hours", "to"), message, "`from` is the earlier one, such as 09:00 to 17:30")


def _fact_of_kind(known: Known, source: Source, at: Steps, name: str, kinds: Iterable[str]) -> Iterator[Mistake]:
    yield from unknown(source, at, name, known.names("facts"), "a fact of facts.yaml", "facts.yaml")
    kind = known.kind(name)
    if kind and kind not in kinds:
        wanted = " or ".join(CALLED[one] for one in kinds)
        message = f"`{at[-1]}` needs {wanted}, and `{name}` is {CALLED[kind]}"
        yield source.mistake(at, message, "name another fact, or put its `kind` right in facts.yaml")


def _worth(known: Known, source: Source, at: Steps, worth: Worth) -> Iterator[Mistake]:
    if worth.of is not None:
        yield from _fact_of_kind(known, source, (*at, "of"), worth.of, ("money",))
    yield from _numbers(source, at, [("flat", worth.flat), ("at_least", worth.at_least)])


def _numbers(source: Source, at: Steps, values: Iterable[tuple[str, Any]]) -> Iterator[Mistake]:
    for word, value in values:
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            message = f"`{word}` should be a number, not `{brief(value)}`"
            yield source.mistake((*at, word), message, f"write it without currency or commas:  {word}: 3_600")
        elif value < 0:
            yield source.mistake((*at, word), f"`{word}` is below zero")
