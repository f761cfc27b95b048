"""A property that is a list, kept as JSON: what counts are its items."""

from __future__ import annotations

import json
from functools import lru_cache


@lru_cache(maxsize=10_000)
def items_of(text: str) -> tuple[str, ...] | None:
    """The items of a list as texts, what is nested as JSON; None where a text is no list."""
    if not text.startswith("["):
        return None
    try:
        items = json.loads(text, parse_int=_Written, parse_float=_Written, parse_constant=_no_json)
    except ValueError:
        return None
    return tuple(_text(item) for item in items if item is not None) if isinstance(items, list) else None


class _Written(str):
    """A number as it is written."""

    __slots__ = ()


def _text(item: object) -> str:
    if isinstance(item, str):
        return str(item)
    return json.dumps(item, separators=(",", ":"), ensure_ascii=False)


def _no_json(text: str) -> object:
    raise ValueError(text)
