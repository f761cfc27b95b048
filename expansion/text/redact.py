"""Logs and pages hold no secret and no e-mail address, whoever wrote them: this program, a library, or a traceback.

An address is shown as `o…@acme.example`: enough to know whose system it is, and of a colleague who is meant. The same
holds for owners: a log is read by more people, and kept longer, than anybody asked them about.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

from expansion.text.secret_shapes import secrets_in

HIDDEN = "•••"
_SHORTEST = 8  # a secret of fewer characters stands in too many words to be looked for
# `%40` as in an address that stands in a URL; a host has a dot.
# It begins where nothing of it stands before: else each sign of a long word would be tried as its beginning.
_NAME = r"[^\s@<>,;:()\[\]{}'|=/\\?&%\"]"
_EMAIL = re.compile(rf"((?<!{_NAME}){_NAME}+|\"[^\"\s]+\")(@|%40)((?:[\w-]+\.)+\w+)", re.UNICODE)

_secrets: set[str] = set()  # every way to write a secret that this process has read


def know(secret: str) -> None:
    """From now on this secret is hidden in what is logged, however it is written."""
    if len(secret) >= _SHORTEST:
        _secrets.update(spellings(secret))


def redacted(text: str) -> str:
    """The text without secrets that are known or look like one, and with addresses cut short."""
    for spelling in _longest_first():
        if spelling in text:
            text = text.replace(spelling, HIDDEN)
    for found in sorted(secrets_in(text), key=lambda one: one.start, reverse=True):
        text = text[: found.start] + HIDDEN + text[found.end :]
    return _EMAIL.sub(_shown, text) if "@" in text or "%40" in text else text


def redacted_row(row: dict[str, Any]) -> dict[str, Any]:
    """The texts of a row, redacted."""
    return {name: redacted(cell) if isinstance(cell, str) else cell for name, cell in row.items()}


def spellings(secret: str) -> Iterable[str]:
    """A secret as it may be written: plain, in JSON, in a URL, in base64 alone or with something before it."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    for before in range(3):
        coded = b64encode(b"x" * before + secret.encode()).decode()
        whole = coded[(0, 2, 3)[before] : len(coded) - (4 if coded.endswith("=") else 0)]
        if len(whole) >= _SHORTEST:  # what does not hang on the neighbours
            yield whole
            yield whole.replace("+", "-").replace("/", "_")


def _longest_first() -> list[str]:
    return sorted(_secrets, key=len, reverse=True)


def _shown(found: re.Match[str]) -> str:
    name = found[1].strip('"')
    return found[0] if "…" in name else f"{name[:1]}…@{found[3]}"
