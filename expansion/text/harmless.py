"""Text from outside, made harmless for terminals, logs and Markdown pages. What goes out is in `escapes.py`."""

from __future__ import annotations

import re
import unicodedata

# What steers a terminal or turns the direction of text round, but not the joiners that scripts and emoji need.
_STEERS = frozenset(("Cc", "Cs"))
_TURNS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0x2028, 0x2029)))
# Inside a paragraph or a cell, these can begin a link, a picture, a tag, emphasis or another cell.
_MARKS = re.compile(r"[\\\[\]<>|*~]")
_BARE = re.compile(r"(?i)(?<=:)(?=//)|(?<=www)(?=\.)")  # pages make links of bare addresses
_WEB = re.compile(r"https?://[^\s<>|\"'\\]+")


def visible(text: str) -> str:
    """The text with every steering character shown as what it is (`\\x1b`), line ends and tabs aside."""
    return "".join(ch if not _steers(ch) or ch in "\n\t" else _named(ch) for ch in text)


def in_log(text: str) -> str:
    """A log message: harmless on a terminal, and a line inside it cannot pass for a record of its own."""
    return visible(text).replace("\n", "\n    ")


def in_json(text: str) -> str:
    """JSON text in which nothing steers: JSON itself escapes only what is below 32."""
    return "".join(ch if not _steers(ch) or ch in "\n\t" else f"\\u{ord(ch):04x}" for ch in text)


def in_markdown(text: str) -> str:
    """A value or a sentence inside Markdown, on one line: no link, picture, tag, emphasis or cell begins in it.

    Backticks stay: our sentences name commands with them, and what stands between two of them is inert.
    """
    one_line = " ".join(visible(text).split())
    escaped = _MARKS.sub(lambda found: "\\" + found[0], one_line)
    return _BARE.sub(r"\\", escaped)


def link_in_markdown(label: str, to: str) -> str:
    """A link; the label alone where `to` is no address of the web."""
    if not _WEB.fullmatch(to):
        return in_markdown(label)
    return f"[{in_markdown(label)}]({to.replace('(', '%28').replace(')', '%29')})"


def _steers(character: str) -> bool:
    return character in _TURNS or unicodedata.category(character) in _STEERS


def _named(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
