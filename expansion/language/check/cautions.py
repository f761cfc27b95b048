"""What is worth a look and stops nothing: untested triggers, growth from next to nothing, patterns that are none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from expansion.language.check.find_conditions import everywhere
from expansion.language.check.opened import Known
from expansion.language.model.comparing import GROWTH, Where
from expansion.language.model.conditions import Condition
from expansion.language.model.mistakes import Mistake, brief

_CHANGE = {"grew_at_least": "from 1 to 2 is growth of 100%", "fell_at_least": "from 2 to 1 is a fall of 50%"}
_BASE = {"percent": "20%", "money": "10_000"}


def cautions(known: Known, cases: Mapping[str, tuple[Any, ...]]) -> Iterator[Mistake]:
    """Warnings about files that are right."""
    yield from _untested(known, cases)
    yield from _literal(known)
    yield from _without_base(known)


def _untested(known: Known, cases: Mapping[str, tuple[Any, ...]]) -> Iterator[Mistake]:
    for name, opened in known.triggers.items():
        if opened.model and opened.source and opened.model.status == "live" and not cases[name]:
            message = "this trigger is live, and no case says what it should do"
            yield opened.source.mistake(("status",), message, f"write one in cases/{name}.yaml")


_PATTERN = re.compile(r"\*$|^\*|\.\*|^/.+/$|^\^.+|.+\$$|^\(\?|\[[^\]]+\][*+]|%$|^%")


def _literal(known: Known) -> Iterator[Mistake]:
    """Text that looks like a pattern, or has blanks around it: it is taken as it stands."""
    for source, condition, at in everywhere(known):
        for where, text in _texts(condition):
            steps = (*at, *where)
            if _PATTERN.search(text):
                message = f"`{brief(text)}` is taken as it stands: nothing here is a pattern"
                hint = "list the names, such as  event: [Report Opened, Report Shared]"
                if where[0] != "event":
                    hint = "compare with `contains`, `starts_with` or `is_one_of`"
                yield source.mistake(steps, message, hint)
            elif text != text.strip():
                yield source.mistake(
                    steps, f'"{text}" has blanks at its ends, and they count', f'without them it is  "{text.strip()}"'
                )


def _texts(condition: Condition) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Names of events, and texts that are compared, each with the steps to it."""
    for word in ("event", "sequence"):
        value = getattr(condition, word)
        for index, name in enumerate(value if isinstance(value, list) else [value] if value else []):
            if isinstance(name, str):
                yield ((word, index) if isinstance(value, list) else (word,)), name
    for word, wanted in condition.compared():
        yield from (((word,), one) for one in (wanted if isinstance(wanted, list) else [wanted]) if _is_text(one))
    for name, fits in condition.where.items():
        every = [fits] if not isinstance(fits, list | Where) else fits if isinstance(fits, list) else _of(fits)
        yield from ((("where", name), one) for one in every if _is_text(one))


def _of(where: Where) -> list[Any]:
    return [one for _, wanted in where.compared() for one in (wanted if isinstance(wanted, list) else [wanted])]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _without_base(known: Known) -> Iterator[Mistake]:
    for source, condition, at in everywhere(known):
        word = next((word for word in GROWTH if word in condition.words), None)
        if word and condition.from_at_least is None:
            kind = known.kind(condition.fact) if condition.fact else "number"
            message = f"`{word}` counts from any base: {_CHANGE[word]}"
            hint = f"add the least that is worth talking about, such as  from_at_least: {_BASE.get(kind or '', 20)}"
            yield source.mistake((*at, word), message, hint, key=True)
