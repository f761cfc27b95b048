"""What a text looks like: a moment, a day, a number, money, a yes or no, or a word for nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice

_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?"
_ZONE = r" ?(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)"
_YEAR_FIRST = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
_YEAR_LAST = r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d)"

_FORMS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.ASCII)
    for name, pattern in {
        "day": _YEAR_FIRST,
        "midnight": rf"{_YEAR_FIRST}[T ]00:00:00(?:\.0+)?",
        "bare day": r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",
        "moment": rf"{_YEAR_FIRST}[T ]{_CLOCK}",
        "zoned": rf"{_YEAR_FIRST}[T ]{_CLOCK}{_ZONE}",
        "year last": rf"{_YEAR_LAST}(?:,?[T ]{_CLOCK}(?:{_ZONE})?)?",
        "clock": _CLOCK,
        "since 1970": r"(?:[89]|1\d|2[01])\d{8}(?:\d{3}){0,3}(?:\.\d+)?",
        "number": r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?",
        "thousands": r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?",
        "comma": r"-?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+",
        "money": r"-?(?:[$€£¥]|[A-Z]{3} ?)-?\d[\d,. ]*|-?\d[\d,. ]*(?:[$€£¥]| ?[A-Z]{3})",
        "percent": r"-?\d+(?:[.,]\d+)? ?%",
        "email": r"[^@\s]+@[^@\s]+\.[^@\s.]+",
        "address": r"https?://\S+",
    }.items()
}
_ASKED = 1_000

YES_NO = frozenset(("true", "false", "yes", "no", "t", "f", "y", "n", "1", "0", "1.0", "0.0"))
TIMES = frozenset(("day", "midnight", "bare day", "moment", "zoned", "year last", "since 1970"))
DAYS = frozenset(("day", "midnight", "bare day"))
NUMBERS = frozenset(("number", "thousands", "comma"))

# Texts that say nothing in tables of people, besides those that the import takes for nothing anyway.
SAY_NOTHING = frozenset(
    (
        *(
            "-",
            "--",
            "—",
            "?",
            "n/a",
            "na",
            "none",
            "(none)",
            "nil",
            "null",
            "(null)",
            "[null]",
            "undefined",
            "unknown",
        ),
        *("(not set)", "not set", "#value!", "#ref!", "missing", "tbd"),
    )
)


@lru_cache(maxsize=200_000)
def forms(text: str) -> frozenset[str]:
    """Every form that a text has; `text` alone where it is none of them."""
    bare = text.strip()
    if len(bare) > 60:
        return frozenset(("text",))
    found = {name for name, pattern in _FORMS.items() if pattern.fullmatch(bare)}
    if bare.lower() in YES_NO:
        found.add("yes_no")
    return frozenset(found or ("text",))


def says_nothing(text: str) -> bool:
    """Whether people may have written this for nothing."""
    return text.strip().lower() in SAY_NOTHING


def share(counts: Mapping[str, int], fits: Callable[[frozenset[str]], bool]) -> float:
    """Of all cells, how many have a text whose forms fit; of very many different texts the first ones are asked."""
    asked = list(islice(counts.items(), _ASKED))
    whole = sum(count for _, count in asked)
    return sum(count for text, count in asked if fits(forms(text))) / whole if whole else 0.0


def first_numbers(counts: Mapping[str, int]) -> tuple[int, int]:
    """Of dates with the year last, the largest first and the largest second number: which of them is the month."""
    pairs = [re.split(r"[./-]", text.strip())[:2] for text in counts if "year last" in forms(text)]
    numbers = [(int(one), int(two)) for one, two in pairs]
    return max((one for one, _ in numbers), default=0), max((two for _, two in numbers), default=0)
