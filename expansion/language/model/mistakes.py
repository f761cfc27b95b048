"""Mistakes in YAML files, as people read them: where, the line itself, a caret, and what to write instead."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from expansion.language.model.not_words import never_turned
from expansion.text.for_people import ForPeople

_BEFORE, _AFTER = 2, 1  # lines of context
_WIDEST = 160  # a longer line is cut: the caret must stay in view


@dataclass(frozen=True)
class Mistake:
    """One thing to put right. `line` and `column` count from 1; line 0 means the file or folder as a whole."""

    file: str
    line: int
    column: int
    message: str
    snippet: str = ""
    hint: str | None = None
    consequence: bool = False  # of another mistake: it is not told

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        parts = [f"{place}: {self.message}"]
        if self.snippet:
            parts.append(self.snippet)
        if self.hint:
            parts.append(f"hint: {self.hint}")
        return "\n\n".join(parts)


class Mistakes(ForPeople):
    """All mistakes of all files, in the order of files and lines."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda one: (one.file, one.line, one.column)))
        super().__init__("\n\n".join(str(one) for one in self.mistakes))


def snippet(lines: Sequence[str], line: int, column: int) -> str:
    """The line with its neighbours, and a caret under the column; empty where there is no such line."""
    if not 1 <= line <= len(lines):
        return ""
    shown: list[str] = []
    for number in range(max(1, line - _BEFORE), min(len(lines), line + _AFTER) + 1):
        shown.append(f"{number:>4} | {_visible(lines[number - 1])[:_WIDEST]}".rstrip())
        if number == line:
            shown.append(f"     | {' ' * _width(lines[line - 1][: column - 1])}^")
    return "\n".join(shown)


def did_you_mean(word: str, words: Iterable[str]) -> str | None:
    """The word that was probably meant, if one is near enough."""
    known = {one.lower(): one for one in words}
    near = difflib.get_close_matches(word.lower().replace("-", "_"), [one.replace("-", "_") for one in known], n=3)
    meant = never_turned(word, near)
    return next((one for low, one in known.items() if low.replace("-", "_") == meant), None) if meant else None


def suggest(word: str, words: Iterable[str], otherwise: str = "it is one of") -> str | None:
    """A hint for a wrong word: the nearest one, else a list of those that fit."""
    known = sorted(set(words))
    if near := did_you_mean(word, known):
        return f"did you mean `{near}`?"
    return f"{otherwise}: {listed(known)}" if known else None


def listed(words: Sequence[str], at_most: int = 12) -> str:
    """`a`, `b` and 3 more."""
    shown = ", ".join(f"`{word}`" for word in words[:at_most])
    return shown if len(words) <= at_most else f"{shown} and {len(words) - at_most} more"


def together(words: Sequence[str]) -> str:
    """`a`, `b` and `c`."""
    quoted = [f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def brief(value: object) -> str:
    """A value inside a sentence: on one line, and not too long."""
    text = " ".join(_visible(_as_yaml(value)).split())
    return text if len(text) <= 60 else f"{text[:57]}…"


def _as_yaml(value: object) -> str:
    """As it may be written in a file, never as Python shows it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return f"{{{', '.join(f'{word}: {_as_yaml(inner)}' for word, inner in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(_as_yaml, value))}]"
    return str(value)


def _visible(text: str) -> str:
    # A tab or control character would move the caret away from its column, or the terminal's cursor.
    return "".join("→" if ch == "\t" else ch if _shows(ch) else "�" for ch in text)


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs", "Cf") or character == "\u200d"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)
