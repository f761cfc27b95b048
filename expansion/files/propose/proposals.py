"""A proposed map: its words in order, each with what rows say there and what is in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from expansion.files.maps import FileMap
from expansion.files.propose.looking import Seen


@dataclass(frozen=True)
class Word:
    """One word of a map; `parts` are the lines of a list of columns, or of names with their columns."""

    word: str
    value: Any
    samples: tuple[str, ...] = ()
    said: str = ""  # after the samples
    doubts: tuple[str, ...] = ()  # above the line
    parts: tuple[Word, ...] = ()

    def but(self, *doubts: str) -> Word:
        return replace(self, doubts=(*self.doubts, *doubts))


@dataclass(frozen=True)
class Proposal:
    """A map that can be used as it is, and what a person should look at."""

    kind: Literal["events", "facts", "merges"]
    table: str
    words: tuple[Word, ...]
    notes: tuple[str, ...] = ()  # above everything
    left_out: tuple[Word, ...] = ()  # words that stand in the map as comments
    vocabulary: dict[str, Any] | None = None  # what facts.yaml says
    ready: str | None = None  # the ready map that it is

    @property
    def content(self) -> dict[str, Any]:
        """The map as plain data."""
        return {self.kind: {word.word: word.value for word in self.words}}

    @property
    def map(self) -> FileMap:
        return FileMap.model_validate(self.content)


def column(seen: Seen) -> Any:
    """How a map names a column, or a way inside one."""
    if seen.key is not None:
        return {"from": ".".join(map(str, seen.way)), "key": seen.key}
    if len(seen.way) == 1 and "." not in seen.way[0]:  # type: ignore[operator]  # the first part is a column
        return seen.way[0]
    if any(isinstance(part, str) and ("." in part or part.isdigit() or not part) for part in seen.way):
        return {"path": list(seen.way)}
    return ".".join(map(str, seen.way))


def columns_word(word: str, found: Sequence[Seen]) -> Word:
    """A word for one column, or for the first of several that says something."""
    value = column(found[0]) if len(found) == 1 else [column(one) for one in found]
    samples = found[0].samples() if found[0].texts else next((one.samples() for one in found if one.texts), ())
    return Word(word, value, samples)
