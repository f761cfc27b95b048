"""Text that is too long for where it goes."""

from __future__ import annotations

import re

# What must not be cut in two: an entity such as `&amp;`, a tag, a Slack link.
_HALF_MARKUP = re.compile(r"(?:&[#\w]*|<[^<>]*)$")


def shorten(text: str, longest: int, *, markup: bool = False) -> str:
    """The text, or as many whole words of it as fit, with `…`; `markup`: it holds entities and tags.

    Systems count characters and refuse a subject of 256; a seller is better served by a short one than by none.
    """
    if len(text) <= longest:
        return text
    room = text[: max(0, longest - 1)]
    if not text[len(room)].isspace():
        room = _whole_words(room)
    if markup:
        room = _HALF_MARKUP.sub("", room)
    return room.rstrip(" \t\n,;:–-") + "…"


def _whole_words(text: str) -> str:
    """Without the last word, unless it is so long that little would be left."""
    kept = re.sub(r"\S+$", "", text).rstrip()
    return kept if len(kept) >= len(text) // 2 else text
