"""A file as it was read: its values, and the place of every key and value, for messages that point at them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from expansion.language.mistakes import Mistake, snippet

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

    def mistake(self, at: Steps, message: str, hint: str | None = None, *, key: bool = False) -> Mistake:
        """A mistake at a value, or with `key` at the key before it."""
        return self.mistake_at(self._spot(at, key), message, hint)

    def mistake_at(self, spot: Spot, message: str, hint: str | None = None) -> Mistake:
        return Mistake(self.file, spot.line, spot.column, message, snippet(self.lines, spot.line, spot.column), hint)

    def spot_of_text(self, at: Steps, text: str) -> Spot:
        """Where this text stands in or after a value; the value's own place if it is not found."""
        start = self._spot(at, key=False)
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

    def last_value(self, at: Steps, text: str) -> Steps | None:
        """The steps to the last value below `at` that is this text."""
        below = (steps for steps in self.spots if steps[: len(at)] == at and len(steps) > len(at))
        return next((steps for steps in reversed(list(below)) if self.value_at(steps) == text), None)

    def _spot(self, at: Steps, key: bool) -> Spot:
        while at:
            if key and at in self.keys:
                return self.keys[at]
            if at in self.spots:
                return self.spots[at]
            at = at[:-1]
        return self.spots.get((), Spot(1, 1))
