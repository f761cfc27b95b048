"""Checks the steps of playbooks: the action exists, its inputs fit, and every template names what there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from expansion.contract import ActionWords
from expansion.fields import Filled, PeopleRef
from expansion.language.check.following import check_following
from expansion.language.check.opened import Known, unknown
from expansion.language.check.validation import validate
from expansion.language.model.mistakes import Mistake, brief, did_you_mean
from expansion.language.model.models import Step
from expansion.language.model.template import check_names, facts_named
from expansion.language.model.words import inner_type, markers
from expansion.language.yaml.source import Source, Spot, Steps


def check_step(known: Known, source: Source, at: Steps, step: Step) -> Iterator[Mistake]:
    """One step against the action it names."""
    actions = known.catalog.for_playbooks
    action = actions.get(step.do)
    if action is None:
        yield from unknown(source, (*at, "do"), step.do, actions, "an action", "no integration")
        action = actions.get(did_you_mean(step.do, actions) or "")
    if action is None or source.is_made_up((*at, "do")):
        yield from _any_texts(known, source, (*at, "with"), step.with_)
        return
    _, mistakes = validate(source, action.input_model, step.with_, (*at, "with"))
    yield from mistakes
    yield from check_following(known, source, at, step, action)
    told = {(mistake.line, mistake.column) for mistake in mistakes}
    for mistake in _texts(known, source, (*at, "with"), action, step.with_):
        if (mistake.line, mistake.column) not in told:
            yield mistake


def _texts(known: Known, source: Source, at: Steps, action: ActionWords, inputs: dict[str, Any]) -> Iterator[Mistake]:
    for steps, text, marks in _strings(action.input_model, inputs, ()):
        if any(isinstance(mark, Filled) for mark in marks):
            yield from _template(known, source, (*at, *steps), text)
        elif any(isinstance(mark, PeopleRef) for mark in marks):
            yield from _people(known, source, (*at, *steps), text)
        elif "{{" in text:
            yield source.mistake(
                (*at, *steps), f"`{steps[-1]}` is not filled in: write it out", "only texts take {{ … }}"
            )


def _any_texts(known: Known, source: Source, at: Steps, inputs: dict[str, Any]) -> Iterator[Mistake]:
    """Where nobody knows what the inputs are, what is in braces can be checked all the same."""
    for steps, text, _ in _strings(None, inputs, ()):
        yield from _template(known, source, (*at, *steps), text)


def _strings(kind: Any, value: Any, at: Steps) -> Iterator[tuple[Steps, str, list[object]]]:
    """Every text inside the inputs, with the markers of its type."""
    if isinstance(value, str):
        yield at, value, list(markers(kind))
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _strings(inner_type(kind, step), inner, (*at, step))


def _template(known: Known, source: Source, at: Steps, text: str) -> Iterator[Mistake]:
    facts = known.names("facts")
    problems = check_names(text, facts or ())
    for problem in problems:
        if facts is None and "`facts." in problem.message:
            continue  # facts.yaml cannot be read: nobody knows which facts there are
        spot = source.spot_of_text(at, problem.text.splitlines()[0])
        shifted = Spot(spot.line, spot.column + problem.offset)
        yield source.mistake_at(shifted, problem.message, problem.hint)
    for name in () if problems else sorted(filter(known.of_users, facts_named(text))):
        message = f"`{name}` is about a person, and a text is about an account"
        yield source.mistake_at(source.spot_of_text(at, name), message, "name a fact of the account")


def _people(known: Known, source: Source, at: Steps, name: str) -> Iterator[Mistake]:
    groups = known.names("people")
    if groups is not None and name not in (*groups, "involved"):
        what = "a group of people: `involved` is built in, others stand under `people` in facts.yaml"
        yield from unknown(source, at, brief(name), [*groups, "involved"], what, "facts.yaml")
