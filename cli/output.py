"""Text and tables for people on a terminal, JSON for scripts. Words and links are never broken."""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

import click

from cli.scripts import written
from expansion.text.harmless import in_json, visible
from expansion.text.many import many as counted

_NUMBERS = (
    "worth",
    "value",
    "expected",
    "accounts",
    "events",
    "steps",
    "stored",
    "new",
    "repeats",
    "not readable",
    "done",
    "waiting",
    "before",
    "after",
    "could fire",
    "fired",
    "acted on",
    "bought more",
    "share",
)
_NARROWEST = 40  # a window that is narrower is not looked at: lines stay whole
_PIPED = 200  # a pipe or a log should hold whole lines
_GAP = "  "
_WORD = re.compile(r"\S+\s*")


def as_json(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(in_json(written(value)))


def json_line(value: Any) -> None:
    """One JSON document on one line of stderr."""
    click.echo(in_json(written(value, indent=None)), err=True)


def echo(text: str = "", *, err: bool = False, below: str = "") -> None:
    """Lines, as wide as the terminal. What accounts and people are called comes from outside: no name may steer it.

    `below`: how much further in a line goes on that had to be broken.
    """
    click.echo(wrapped(visible(text), columns(sys.stderr if err else sys.stdout), below), err=err)


def document(text: str) -> None:
    """A file on stdout, such as YAML: no line of it may be broken, whatever the width."""
    click.echo(visible(text), nl=False)


def say(text: str) -> None:
    """Talk goes to stderr."""
    echo(text, err=True)


def many(count: int, what: str) -> str:
    """`1 account`, `1,200 accounts`, `no accounts`."""
    return counted(count, what) if count else f"no {what}s"


def columns(stream: IO[str]) -> int | None:
    """How wide the window is that shows a stream; None where nobody looks."""
    if stream.isatty():
        width = shutil.get_terminal_size().columns
    else:
        said = os.environ.get("COLUMNS", "")
        width = int(said) if said.isdecimal() else 0
    return width if width >= _NARROWEST else None


def wrapped(text: str, width: int | None, below: str = "") -> str:
    """Each line broken between words, what goes on below where it began. Commands and links stay in one piece."""
    if width is None:
        return text
    return "\n".join(_broken(line, width, below) for line in text.split("\n"))


def _broken(line: str, width: int, below: str) -> str:
    if _wide(line) <= width:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    lines = [indent]
    for word in _WORD.findall(line):
        if lines[-1].strip() and _wide(lines[-1]) + _wide(word.rstrip()) > width:
            lines.append(indent + below)
        lines[-1] += word
    return "\n".join(one.rstrip() for one in lines)


def _wide(text: str) -> int:
    """How many columns a terminal gives it."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(ch) else 2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def _filled(text: str, width: int) -> str:
    return text + " " * (width - _wide(text))


def shortened(text: str, width: int) -> str:
    """The text in so many columns, its last whole words left out; nothing where not even one fits."""
    if _wide(text) <= width:
        return text
    kept = ""
    for word in _WORD.findall(text):
        if _wide(f"{kept}{word.rstrip()} …") > width:
            break
        kept += word
    return f"{kept.rstrip(' ,;:')} …" if kept else ""


# --- tables -----------------------------------------------------------------------------------------------------------


def table(rows: Sequence[Mapping[str, Any]], names: Iterable[str] | None = None, title: str | None = None) -> None:
    """Rows as a table; where their longest words do not fit side by side, each row below the other as a list."""
    if not rows:
        return
    shown = [name for name in (names or rows[0]) if any(str(row.get(name, "")) for row in rows)] or list(rows[0])
    cells = [{name: visible(str(row.get(name, ""))).replace("\n", " ") for name in shown} for row in rows]
    width = columns(sys.stdout)
    widths = _widths(shown, cells, width or _PIPED)
    lines = _beside(shown, cells, widths) if width is None or sum(widths) + _gaps(widths) <= width else None
    for line in [*([title] if title else []), *(lines or _below(shown, cells, width or _PIPED))]:
        click.echo(click.style(line, bold=True) if line == title and sys.stdout.isatty() else line)


def _gaps(widths: Sequence[int]) -> int:
    return len(_GAP) * (len(widths) - 1)


def _widths(names: Sequence[str], cells: Sequence[Mapping[str, str]], room: int) -> list[int]:
    """As wide as what stands in a column; the widest give way until all fit, none below its longest word."""
    texts = [[name, *(row[name] for row in cells)] for name in names]
    widths = [max(map(_wide, some)) for some in texts]
    least = [max(_wide(word) for text in some for word in (text.split() or [""])) for some in texts]
    while sum(widths) + _gaps(widths) > room:
        gives = [place for place in range(len(widths)) if widths[place] > least[place]]
        if not gives:
            break
        widths[max(gives, key=lambda place: widths[place])] -= 1
    return widths


def _beside(names: Sequence[str], cells: Sequence[Mapping[str, str]], widths: Sequence[int]) -> list[str]:
    lines: list[str] = []
    for row in [{name: name for name in names}, *cells]:
        broken = [_broken(row[name], width, "").split("\n") for name, width in zip(names, widths, strict=True)]
        for place in range(max(map(len, broken))):
            parts = [some[place] if place < len(some) else "" for some in broken]
            filled = (_cell(*each) for each in zip(names, parts, widths, strict=True))
            lines.append(_GAP.join(filled).rstrip())
    return lines


def _cell(name: str, text: str, width: int) -> str:
    return " " * (width - _wide(text)) + text if name in _NUMBERS else _filled(text, width)


def _below(names: Sequence[str], cells: Sequence[Mapping[str, str]], width: int) -> list[str]:
    """Each row as a heading with its other cells below, one a line."""
    first, *others = names
    label = max((_wide(name) for name in others), default=0)
    lines: list[str] = []
    for row in cells:
        lines += ["", wrapped(row[first], width)]
        for name in others:
            if row[name]:
                said = f"  {_filled(name, label)}  {row[name]}"
                lines += wrapped(said, width, below=" " * (label + 2)).split("\n")
    return lines[1:]
