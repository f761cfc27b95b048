"""Holds values of a file against a model, and turns every finding into one mistake at its place."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from expansion.language.check.sentences import bad_name, sentence
from expansion.language.model.condition_rules import Refused, beside_subject
from expansion.language.model.condition_words import SUBJECTS
from expansion.language.model.conditions import GROUPS, Condition, Where
from expansion.language.model.facts import FACTS_MADE
from expansion.language.model.mistakes import Mistake, brief, did_you_mean, listed, together
from expansion.language.model.not_words import IN_CONDITIONS, IN_FACTS
from expansion.language.model.words import HABITS, model_at, words_of
from expansion.language.yaml.source import Source, Steps

M = TypeVar("M", bound=BaseModel)


def likely(model: type[BaseModel], loc: tuple[str | int, ...], beside: Iterable[str]) -> str | None:
    """The word that was probably meant at this place, of those that belong there and are not there yet."""
    if _no_word(model, loc):
        return None
    return _meant(str(loc[-1]), [word for word in _belonging(model, loc) if word not in beside])


def _belonging(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    inner = model_at(model, loc[:-1])
    if inner is Condition:  # a group is a condition with another word
        return [*SUBJECTS, *GROUPS, *(word for word in words_of(inner) if word not in SUBJECTS)]
    return list(words_of(inner)) if inner else []


def _no_word(model: type[BaseModel], loc: tuple[str | int, ...]) -> str | None:
    """What to do instead of a word that people try, and that the language does not have."""
    inner, word = model_at(model, loc[:-1]), str(loc[-1]).lower().replace("-", "_")
    if inner in (Condition, Where):
        return IN_CONDITIONS.get(word)
    return IN_FACTS.get(word) if inner is not None and inner in FACTS_MADE else None


def validate(source: Source, model: type[M], values: Any, at: Steps = ()) -> tuple[M | None, list[Mistake]]:
    """The model of these values, or what is wrong with them. `at` are the steps to them in the file."""
    empty = list(_without_value(source, values, at))
    try:
        # Authors write `is` and `with`; `is_` and `with_` are ours.
        parsed = model.model_validate(values, by_alias=True, by_name=False)
        return (None, [mistake for _, mistake in empty]) if empty else (parsed, [])
    except ValidationError as error:
        hollow = {steps for steps, _ in empty}
        found = _Findings(source, model, at, hollow).mistakes(error.errors(include_url=False))
        return None, [mistake for _, mistake in empty] + found


def _without_value(source: Source, value: Any, at: Steps) -> Iterable[tuple[Steps, Mistake]]:
    if value is None:
        yield at, _no_value(source, at)
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _without_value(source, inner, (*at, step))


def _no_value(source: Source, at: Steps) -> Mistake:
    if isinstance(at[-1], int):
        return source.mistake(at, "this item of the list is empty", "fill it, or remove the `-`")
    message = f"`{brief(at[-1])}` has no value"
    if re.fullmatch(r"\d{3}[\d_]*\W?", str(at[-1])):  # `{at_least: $100,000}` is two words to YAML
        hint = "write large numbers without commas and signs, such as  100_000"
        return source.mistake(at, "the comma cuts this number in two", hint, key=True)
    spot = source.keys[at]
    comment = re.match(r"[^#]*:\s+#\s?(\S[^,}\]]*)", source.lines[spot.line - 1][spot.column - 1 :])
    if comment:
        hint = f'YAML reads # as a comment: write it without the #, or in quotes, such as  {at[-1]}: "#{comment[1]}"'
        return source.mistake(at, message, hint, key=True)
    return source.mistake(at, message, "give it one, or remove the word", key=True)


class _Findings:
    """The findings of one validation, on their way to mistakes."""

    def __init__(self, source: Source, model: type[BaseModel], at: Steps, hollow: set[Steps]) -> None:
        self.source, self.model, self.at, self.hollow = source, model, at, hollow

    def mistakes(self, errors: list[ErrorDetails]) -> list[Mistake]:
        unknown: dict[Steps, list[ErrorDetails]] = defaultdict(list)
        missing: dict[Steps, list[ErrorDetails]] = defaultdict(list)
        other: dict[Steps, ErrorDetails] = {}
        names: list[Mistake] = []
        for error in errors:
            steps = self._steps(error)
            if steps in self.hollow or any(empty[:-1] == steps for empty in self.hollow):
                continue  # a consequence of a value that is not there
            if error["type"] == "extra_forbidden":
                unknown[steps[:-1]].append(error)
            elif error["type"] == "missing":
                missing[steps].append(error)
            elif error["loc"][-1:] == ("[key]",):
                names.append(self._one(steps, error))  # a wrong name says nothing of what it names
            elif not any(steps[:length] in other for length in range(len(steps))):  # one message per mistake
                other.setdefault(steps, error)
        found = names + [
            mistake for parent, group in unknown.items() for mistake in self._unknown(parent, group, missing)
        ]
        found += [self._missing(steps, group) for steps, group in missing.items() if group]
        return found + [mistake for steps, error in other.items() for mistake in self._other(steps, error)]

    def _steps(self, error: ErrorDetails) -> Steps:
        return self.source.real_steps((*self.at, *(step for step in error["loc"] if step != "[key]")))

    def _unknown(
        self, parent: Steps, group: list[ErrorDetails], missing: dict[Steps, list[ErrorDetails]]
    ) -> Iterable[Mistake]:
        for error in group:
            word = str(error["loc"][-1])
            meant = likely(self.model, error["loc"], self.source.value_at(parent))
            missing[parent] = [one for one in missing.get(parent, []) if one["loc"][-1] != meant]
            beside = next((one for one in GROUPS if one in self.source.value_at(parent)), None)
            if beside and model_at(self.model, error["loc"][:-1]) is GROUPS[beside]:
                message = f"`{brief(word)}` cannot stand beside `{beside}`"
                hint = f"put it inside `{beside}`, or into a condition of its own"
                yield self.source.mistake((*parent, word), message, hint, key=True)
            else:
                instead = _no_word(self.model, error["loc"])
                if instead:
                    missing.pop(parent, None)  # what else is missing is a consequence of a word that does not exist
                words = [one for one in _belonging(self.model, error["loc"]) if one not in self.source.value_at(parent)]
                yield self._not_here(
                    (*parent, word), meant, beside_subject(self.source.value_at(parent), words), instead
                )

    def _not_here(self, steps: Steps, meant: str | None, words: list[str], instead: str | None) -> Mistake:
        message = f"`{brief(steps[-1])}` is not a word that belongs here"
        hint = f"did you mean `{meant}`?" if meant else f"what may stand here: {listed(words, 26)}" if words else None
        hint = instead or hint
        return self.source.mistake(steps, message, hint, key=True)

    def _missing(self, parent: Steps, group: list[ErrorDetails]) -> Mistake:
        names = [str(error["loc"][-1]) for error in group]
        message = f"{together(names)} {'is' if len(names) == 1 else 'are'} missing"
        return self.source.mistake(parent, message, self._about(group[0]))

    def _about(self, error: ErrorDetails) -> str | None:
        model = model_at(self.model, error["loc"][:-1])
        field = words_of(model).get(str(error["loc"][-1])) if model else None
        return f"`{error['loc'][-1]}`: {field.description}" if field and field.description else None

    def _other(self, steps: Steps, error: ErrorDetails) -> Iterable[Mistake]:
        refused = error.get("ctx", {}).get("error")
        if isinstance(refused, Refused):
            for said in refused.every:
                message, _, hint = said.partition("; ")
                yield self._pointed(steps, error["input"], message, hint or None)
        else:
            yield self._one(steps, error)

    def _one(self, steps: Steps, error: ErrorDetails) -> Mistake:
        name = next((str(step) for step in reversed(steps) if isinstance(step, str)), "this")
        value = error["input"]
        if error["loc"][-1:] == ("[key]",):
            return self.source.mistake(steps, *bad_name(str(value)), key=True)
        return self._pointed(steps, value, *sentence(name, error))

    def _pointed(self, steps: Steps, value: Any, message: str, hint: str | None) -> Mistake:
        """At the word that the message is about. Where a word was left out, it may be the one that is missed."""
        found = self._at_word(steps, value, message, hint)
        return replace(found, consequence=True) if self.source.rests_on_made_up(steps, message) else found

    def _at_word(self, steps: Steps, value: Any, message: str, hint: str | None) -> Mistake:
        if isinstance(value, dict):
            for word in re.findall(r"`([\w-]+)`", message):
                if (*steps, word) in self.source.keys:
                    return self.source.mistake((*steps, word), message, hint, key=True)
                if inside := self.source.last_value(steps, word):
                    return self.source.mistake(inside, message, hint)
        return self.source.mistake(steps, message, hint)


def _meant(word: str, words: list[str]) -> str | None:
    habit = HABITS.get(word.lower())
    return habit if habit in words else did_you_mean(word, words)
