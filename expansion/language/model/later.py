"""Words of the language that this release does not carry out: refused with a sentence, never accepted and ignored."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Later:
    """A word still to come, and what to write until then."""

    word: str
    instead: str | None = None

    @property
    def message(self) -> str:
        return f"`{self.word}` is part of the language, but this release does not carry it out yet"


def _table(words: dict[str, str | None]) -> dict[str, Later]:
    return {word: Later(word, instead) for word, instead in words.items()}


# Keys, wherever they stand; a key that its model knows never gets here.
KEYS = _table({})

# Values of a key.
VALUES = {("check", "on_event"): Later("on_event", "until then, `check: hourly` is the soonest")}
