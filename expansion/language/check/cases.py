"""Checks cases: the trigger exists, only facts that come from a source are given, and each fits its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from expansion.language.check.case_parser import CaseEntry, CaseFile, parse_cases, parse_events
from expansion.language.check.depends_on import Uses, of_answer
from expansion.language.check.kinds import unfit
from expansion.language.check.opened import Known, unknown
from expansion.language.model.case_dates import HINT, TODAY, case_date
from expansion.language.model.mistakes import Mistake, brief, did_you_mean, together
from expansion.language.model.models import CountedFact, Facts, LimitFact, SourcedFact
from expansion.language.yaml.source import Source, Steps


def check_cases(known: Known) -> Iterator[Mistake]:
    """Every file of cases that is right by itself, against its trigger and facts.yaml."""
    events = _known_events(known)
    for opened in known.cases:
        if opened.model and opened.source:
            yield from _file(known, opened.model, opened.source, events)


def _file(known: Known, file: CaseFile, source: Source, events: set[str]) -> Iterator[Mistake]:
    what = "a trigger of this folder"
    yield from unknown(source, ("trigger",), file.trigger, known.triggers, what, "the folder triggers/")
    _, mistakes = parse_cases(source, file)
    yield from mistakes
    for index, entry in enumerate(file.cases):
        for steps, value in _moments(entry, ("cases", index)):
            if isinstance(value, dict):
                yield from _facts(known, source, steps, value)
            elif isinstance(value, str):
                yield from _event(source, steps, value, events)
        if entry.because:
            yield from _because(known, source, ("cases", index, "because"), file.trigger, entry.because)


def _moments(entry: CaseEntry, at: Steps) -> Iterator[tuple[Steps, Any]]:
    for key, value in (entry.model_extra or {}).items():
        if isinstance(value, list):
            yield from (((*at, key, index), one) for index, one in enumerate(value))
        else:
            yield (*at, key), value


def _facts(known: Known, source: Source, at: Steps, values: Mapping[str, Any]) -> Iterator[Mistake]:
    for name, value in values.items():
        here = (*at, name)
        definition = known.facts.model.facts.get(name) if known.facts.model else None
        match definition:
            case SourcedFact(who="users"):
                yield from _of_people(source, here, value, definition.kind, name)
            case SourcedFact():
                if value not in definition.meaning_unlimited and (problem := _unfit(value, definition.kind, name)):
                    yield source.mistake(here, *problem)
            case CountedFact():
                event = next(iter(definition.counted[1]), "EVENT")  # a fact that names none has a mistake of its own
                hint = f"give the events instead, such as  3 days ago: 4 x {event} by ana"
                yield source.mistake(here, f"`{name}` is counted from events", hint, key=True)
            case LimitFact():
                message = f"`{name}` comes from the limits of plans in policy.yaml"
                yield source.mistake(here, message, "give the account's plan instead", key=True)
            case None:
                if " x " not in name:
                    yield from _unknown_fact(known, source, here, name)
            case _:
                message = f"`{name}` is made from {together(definition.parts)}"
                yield source.mistake(here, message, "give those instead", key=True)


def _of_people(source: Source, at: Steps, value: Any, kind: str, name: str) -> Iterator[Mistake]:
    """A fact about people is given person by person."""
    if not isinstance(value, dict):
        message = f"`{name}` is about a person, and this names nobody"
        yield source.mistake(at, message, f"say whose:  {name}: {{ana: {brief(value)}}}")
        return
    for person, one in value.items():
        if problem := _unfit(one, kind, name):
            yield source.mistake((*at, person), *problem)


def _unfit(value: Any, kind: str, name: str) -> tuple[str, str | None] | None:
    """Why a case cannot give this value; a date may be counted from the day of the case."""
    if kind == "date" and case_date(value, TODAY):
        return None
    problem = unfit(value, kind, name)
    return (problem[0], HINT) if problem and kind == "date" else problem


def _unknown_fact(known: Known, source: Source, at: Steps, name: str) -> Iterator[Mistake]:
    names = known.names("facts")
    if names is None or name in names:
        return
    if name in (known.names("cohorts") or ()):
        message = f"`{name}` is a cohort, and a case gives facts"
        yield source.mistake(at, message, "give the facts that its conditions ask about", key=True)
        return
    for mistake in unknown(source, at, name, names, "a fact of facts.yaml", "facts.yaml"):
        yield source.mistake(at, mistake.message, mistake.hint, key=True)


def _event(source: Source, at: Steps, text: str, events: set[str]) -> Iterator[Mistake]:
    """An event that nobody asks about may stand in a case, but not one that looks like a slip of the pen."""
    try:
        name = parse_events(text, None)[0].event
    except ValueError:
        return  # said already
    if name in events:
        return
    longer = next((event for event in events if name.startswith(f"{event} ")), None)
    if longer:
        message = f"`{brief(name)}` is read as the name of an event"
        yield source.mistake(at, message, f"write  {longer} by ana, ben  and  with feature: sso  after it")
    elif near := did_you_mean(name, events):
        yield source.mistake(at, f"no trigger or fact asks about `{brief(name)}`", f"did you mean `{near}`?")


def _because(known: Known, source: Source, at: Steps, trigger: str, because: str) -> Iterator[Mistake]:
    opened = known.triggers.get(trigger)
    if not opened or not opened.model or not known.facts.model:
        return
    uses = of_answer(opened.model, _uses(known, known.facts.model))
    what = f"something that `{trigger}` asks about"
    yield from unknown(
        source, at, because, uses.facts | uses.cohorts | uses.triggers | uses.events, what, "the trigger"
    )


def _known_events(known: Known) -> set[str]:
    """Every event that a fact or a trigger asks about."""
    if known.facts.model is None:
        return set()
    uses = _uses(known, known.facts.model)
    for name in known.facts.model.facts:
        uses.fact(name)
    for opened in known.triggers.values():
        if opened.model:
            of_answer(opened.model, uses)
    return uses.events


def _uses(known: Known, facts: Facts) -> Uses:
    triggers = {name: opened.model for name, opened in known.triggers.items() if opened.model}
    return Uses(facts, triggers, known.policy.model.plans if known.policy.model else None)
