"""Reads on behind a mistake, so that all mistakes of a file come at once.

What is wrong is put as it may have been meant: a misspelt word as the one that is near it, a wrong or missing value as
an example of its field. The rest is then checked as if the file were right. What would be said of a value that was made
up is a consequence, and is not said.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from expansion.language.check.validation import likely, validate
from expansion.language.model.fields import AS_FAR_AS_IT_GOES
from expansion.language.model.mistakes import Mistake
from expansion.language.model.words import model_at, words_of
from expansion.language.yaml.source import Source, Steps

M = TypeVar("M", bound=BaseModel)

_ROUNDS = 12  # each goes one level deeper; what is not right by then cannot be read at all
_NOTHING = object()


def read_on(source: Source, model: type[M]) -> tuple[Source, M | None, list[Mistake]]:
    """The file as it may have been meant, its model where that can be read, and all mistakes of the file by itself."""
    parsed, told = validate(source, model, source.values)
    if parsed is not None:
        return source, parsed, told
    mended = _Mending(source, model).mended()
    if mended is None:
        return source, None, told
    told += [one for one in _refused(mended, model) if one not in told and not one.consequence]
    return mended, model.model_validate(mended.values, by_alias=True, by_name=False, context=AS_FAR_AS_IT_GOES), told


def _refused(source: Source, model: type[BaseModel]) -> Iterator[Mistake]:
    """What does not go together; behind what is told inside something lies what is around it."""
    for _ in range(_ROUNDS):
        parsed, found = validate(source, model, source.values)
        yield from found
        if parsed is not None:
            return
        mending = _Mending(source, model)
        mending.replace_refused()
        source = mending.source_now()


class _Mending:
    """Puts right what keeps one file from being read."""

    def __init__(self, source: Source, model: type[BaseModel]) -> None:
        self.source = replace(source, values=copy.deepcopy(source.values))
        self.model = model
        self.made_up: set[Steps] = set(source.made_up)
        self.respelt: list[tuple[Steps, str]] = []

    def mended(self) -> Source | None:
        for steps in list(_hollow(self.source.values, ())):
            self._fill(steps)
        for _ in range(_ROUNDS):
            try:
                self.model.model_validate(self.source.values, by_alias=True, by_name=False, context=AS_FAR_AS_IT_GOES)
            except ValidationError as error:
                errors = error.errors(include_url=False)
                # With a name its place changes: what is inside is looked at in the next round.
                for one in [one for one in errors if one["loc"][-1:] == ("[key]",)] or errors:
                    self._put_right(one)
            else:
                return self.source_now()
        return None

    def replace_refused(self) -> None:
        """Put an example where words do not go together."""
        try:
            self.model.model_validate(self.source.values, by_alias=True, by_name=False)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                self._put_right(one)

    def source_now(self) -> Source:
        """The file as it may have been meant."""
        source = self.source
        for steps, meant in self.respelt:
            source = source.respelt(steps, meant)
        return replace(source, made_up=frozenset(self.made_up))

    # --- one thing at a time ------------------------------------------------------------------------------------------

    def _put_right(self, error: ErrorDetails) -> None:
        if not error["loc"]:
            return  # about the file as a whole
        steps = self.source.real_steps(step for step in error["loc"] if step != "[key]")
        word = str(error["loc"][-1])
        if error["type"] == "missing":
            self._make_up((*steps, word), self._example(error["loc"]))
        elif error["type"] == "extra_forbidden":
            steps = (*steps[:-1], word)  # the tag of a group is spelt like its word
            self._respell(steps, likely(self.model, error["loc"], self._inside(steps[:-1])))
        elif word == "[key]":
            self._respell(steps, re.sub(r"[^a-z0-9]+", "_", str(steps[-1]).lower()).strip("_") or "unnamed")
        else:
            self._make_up(steps, self._example(error["loc"], again=steps in self.made_up))

    def _fill(self, steps: Steps) -> None:
        """A word without a value: an example, or nothing at all where none is known."""
        parent = self._inside(steps[:-1])
        if str(steps[-1]).isdigit() and isinstance(parent, dict):  # `{at_least: $100,000}` is two words to YAML
            before = list(parent)[list(parent).index(steps[-1]) - 1]
            self._make_up((*steps[:-1], before), self._example((*steps[:-1], before)))
        example = self._example(steps)
        if example is not _NOTHING or isinstance(parent, list):
            self._make_up(steps, "" if example is _NOTHING else example)
        else:
            del parent[steps[-1]]
            self.made_up.add(steps)

    def _make_up(self, steps: Steps, value: Any) -> None:
        if not steps or value is _NOTHING:
            return
        value = copy.deepcopy(value)
        if steps[-1] == "id":
            value = f"unnamed-{len(self.made_up)}"  # two steps of one name would be a mistake of ours
        elif isinstance(value, dict) and "id" in value:
            value["id"] = f"unnamed-{len(self.made_up)}"
        self._inside(steps[:-1])[steps[-1]] = value
        self.made_up.add(steps)

    def _respell(self, steps: Steps, meant: str | None) -> None:
        """Another word in its place; none where nobody knows what was meant."""
        parent, word = self._inside(steps[:-1]), steps[-1]
        if meant is None or meant in parent:
            parent.pop(word, None)
            self.made_up.add(steps)
            return
        pairs = [(meant if key == word else key, value) for key, value in parent.items()]
        parent.clear()
        parent.update(pairs)
        self.respelt.append((steps, meant))

    # --- examples -----------------------------------------------------------------------------------------------------

    def _example(self, loc: tuple[str | int, ...], *, again: bool = False) -> Any:
        """A right value for a place: from the examples of the field that it belongs to."""
        for length in range(len(loc), 0, -1):
            model = model_at(self.model, loc[: length - 1])
            field = words_of(model).get(str(loc[length - 1])) if model else None
            if field is None or not field.examples:
                continue
            example: Any = field.examples[-1 if again else 0]
            for _ in range(len(self.source.real_steps(loc)) - len(self.source.real_steps(loc[:length]))):
                example = _first(example)
            return example
        return _NOTHING

    def _inside(self, steps: Steps) -> Any:
        return self.source.value_at(steps)


def _first(example: Any) -> Any:
    match example:
        case list() if example:
            return example[0]
        case dict() if example:
            return next(iter(example.values()))
    return example


def _hollow(value: Any, at: Steps) -> Iterator[Steps]:
    if value is None and at:
        yield at
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _hollow(inner, (*at, step))
