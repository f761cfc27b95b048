"""What secrets look like: by how they begin, and by what they are called. For YAML, logs and pages.

What the secrets of an outside system look like is declared with that system, and handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from expansion.text.addresses import IN_QUERIES

Shapes = Mapping[str, str]  # what -> how it begins and goes on

# Of anybody, and of what we run on. Each from its documentation.
_SHAPES: Shapes = {
    "a Prefect API key": r"\bpn[ub]_[A-Za-z0-9]{20,}",
    "a GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}",
    "an AWS key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a bearer token": r"(?i)\bbearer\s+(?!\$|\{)[\w.~+/=-]{16,}",
    "a name and password for Basic sign-in": r"(?i)\bbasic\s+[A-Za-z0-9+/]{16,}={0,2}",
    "an address with a password in it": r"(?i)\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@'\"]*:[^\s/@'\"{}$<>]+@",
    "a password in an address's query": rf"(?i)(?<=[?&])(?:{IN_QUERIES})=[^\s&'\"<>{{}}$]{{6,}}",
    "a signed token": r"(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
}
_NAMED = (
    r"(?i)(?:^|[\s,{\"'_-])(?:password|passwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token|private[_-]?key|token)"
    r"[\"']?\s*[:=]\s*[\"']?(?P<value>(?=[^\s\"']{0,200}\d)(?=[^\s\"']{0,200}[A-Za-z])[\w.~+/=-]{16,})"
)
_declared: list[Callable[[], Shapes]] = []  # by those who know outside systems; read when first needed


@dataclass(frozen=True)
class Found:
    """Something that looks like a secret, and where it stands in its line or text."""

    what: str
    start: int
    end: int


def declare(shapes: Callable[[], Shapes]) -> None:
    """From now on these are secrets too."""
    _declared.append(shapes)
    _patterns.cache_clear()


def secrets_in(text: str) -> Iterator[Found]:
    """What looks like a secret, each place once."""
    taken = [range(0)]
    known, by_name = _patterns()
    for what, shape in known.items():
        for found in shape.finditer(text):
            if not any(found.start() in one for one in taken):
                taken.append(range(*found.span()))
                yield Found(what, *found.span())
    for found in by_name.finditer(text):
        if not any(found.start("value") in one for one in taken):
            yield Found("a value that is called a secret", *found.span("value"))


def covered(text: str, sign: str = "•") -> str:
    """The text with every sign of what looks like a secret replaced, so that columns stay where they were."""
    for found in list(secrets_in(text)):
        text = text[: found.start] + sign * (found.end - found.start) + text[found.end :]
    return text


@cache
def _patterns() -> tuple[dict[str, re.Pattern[str]], re.Pattern[str]]:
    """By shape, those of outside systems first, whose names say more; and by name."""
    shapes = {what: shape for read in _declared for what, shape in read().items()} | dict(_SHAPES)
    return {what: re.compile(shape) for what, shape in shapes.items()}, re.compile(_NAMED)
