"""A file as it was read: its values, and the place of every key and value, for messages that point at them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from expansion.language.model.mistakes import Mistake, snippet

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Spot:
    """A place in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """One file: its values, and the places of its keys and values by the steps that lead to them."""

    file: str
    lines: tuple[str, ...]
    values: dict[str, Any]
    keys: dict[Steps, Spot]
    spots: dict[Steps, Spot]
    told: tuple[Mistake, ...] = ()  # what is wrong and left the rest readable
    made_up: frozenset[Steps] = frozenset()  # values that stand in for wrong ones: see mending.py

    def mistake(self, at: Steps, message: str, hint: str | None = None, *, key: bool = False) -> Mistake:
        """A mistake at a value, or with `key` at the key before it."""
        found = self.mistake_at(self.spot(at, key), message, hint)
        return replace(found, consequence=True) if self.rests_on_made_up(at, message) else found

    def mistake_at(self, spot: Spot, message: str, hint: str | None = None) -> Mistake:
        return Mistake(self.file, spot.line, spot.column, message, snippet(self.lines, spot.line, spot.column), hint)

    def spot_of_text(self, at: Steps, text: str) -> Spot:
        """Where this text stands in or after a value; the value's own place if it is not found."""
        start = self.spot(at, key=False)
        for number in range(start.line, min(start.line + 60, len(self.lines) + 1)):
            column = self.lines[number - 1].find(text, start.column - 1 if number == start.line else 0)
            if column >= 0:
                return Spot(number, column + 1)
        return start

    def real_steps(self, loc: Iterable[str | int]) -> Steps:
        """The steps of a pydantic location that exist here: it also names the branches of unions."""
        value: Any = self.values
        steps: list[str | int] = []
        for step in loc:
            if isinstance(value, dict) and step in value:
                value = value[str(step)]
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                continue
            steps.append(step)
        return tuple(steps)

    def value_at(self, at: Steps) -> Any:
        value: Any = self.values
        for step in at:
            value = value[step]
        return value

    def is_made_up(self, at: Steps) -> bool:
        """Whether the value here, or one around it, stands in for a wrong one."""
        return any(at[: len(one)] == one for one in self.made_up)

    def rests_on_made_up(self, at: Steps, message: str) -> bool:
        """Whether a mistake is none of the author's: it is about what stands in for what was wrong."""
        if not self.made_up:
            return False
        if self.is_made_up(at):
            return True
        if any(one[:-1] == at and not self._holds(one) for one in self.made_up):
            return True  # a word was left out here that nobody knows: it may have been the one that is missed
        quoted = re.findall(r"`([^`]+)`", message)
        named = set(quoted) if message.endswith("missing") else {one.split(":")[0] for one in quoted if ":" in one}
        return any((*inside, word) in self.made_up for inside in (at, at[:-1]) for word in named)

    def respelt(self, at: Steps, meant: str) -> Source:
        """The same file with another word at this place, in the places of keys and values."""
        size = len(at)
        changed = (*at[:-1], meant)

        def under(spots: dict[Steps, Spot]) -> dict[Steps, Spot]:
            return {(*changed, *one[size:]) if one[:size] == at else one: spot for one, spot in spots.items()}

        return replace(self, keys=under(self.keys), spots=under(self.spots))

    def last_value(self, at: Steps, text: str) -> Steps | None:
        """The steps to the last value below `at` that is this text."""
        below = (steps for steps in self.spots if steps[: len(at)] == at and len(steps) > len(at))
        return next((steps for steps in reversed(list(below)) if self._is(steps, text)), None)

    def _is(self, steps: Steps, text: str) -> bool:
        return self._holds(steps) and bool(self.value_at(steps) == text)

    def _holds(self, steps: Steps) -> bool:
        """Whether there is a value; where one was made up, what stood inside is no more."""
        try:
            self.value_at(steps)
        except (KeyError, IndexError, TypeError):
            return False
        return True

    def spot(self, at: Steps, key: bool = False) -> Spot:
        """Where a value stands, or the key before it; of what is not there the nearest around it."""
        while at:
            if key and at in self.keys:
                return self.keys[at]
            if at in self.spots:
                return self.spots[at]
            at = at[:-1]
        return self.spots.get((), Spot(1, 1))
