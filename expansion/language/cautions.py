"""What is worth a look and stops nothing: triggers without cases, growth from next to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from expansion.language.comparing import GROWTH
from expansion.language.known import Known
from expansion.language.mistakes import Mistake
from expansion.language.walking import everywhere

_CHANGE = {"grew_at_least": "from 1 to 2 is growth of 100%", "fell_at_least": "from 2 to 1 is a fall of 50%"}
_BASE = {"percent": "20%", "money": "10_000"}


def cautions(known: Known, cases: Mapping[str, tuple[Any, ...]]) -> Iterator[Mistake]:
    """Warnings about files that are right."""
    yield from _untested(known, cases)
    yield from _without_base(known)


def _untested(known: Known, cases: Mapping[str, tuple[Any, ...]]) -> Iterator[Mistake]:
    for name, opened in known.triggers.items():
        if opened.model and opened.source and opened.model.status == "live" and not cases[name]:
            message = "this trigger is live, and no case says what it should do"
            yield opened.source.mistake(("status",), message, f"write one in cases/{name}.yaml")


def _without_base(known: Known) -> Iterator[Mistake]:
    for source, condition, at in everywhere(known):
        word = next((word for word in GROWTH if word in condition.words), None)
        if word and condition.from_at_least is None:
            kind = known.kind(condition.fact) if condition.fact else "number"
            message = f"`{word}` counts from any base: {_CHANGE[word]}"
            hint = f"add the least that is worth talking about, such as  from_at_least: {_BASE.get(kind or '', 20)}"
            yield source.mistake((*at, word), message, hint, key=True)
