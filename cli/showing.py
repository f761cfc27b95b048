"""Tables for people on a terminal, JSON for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from expansion.harmless import in_json, visible

_NUMBERS = ("worth", "expected", "accounts", "events", "steps", "stored", "new", "repeats", "not readable")


def as_json(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(in_json(json.dumps(value, default=str, indent=2, ensure_ascii=False)))


def echo(text: str = "", *, err: bool = False) -> None:
    """A line. What accounts and people are called comes from outside: no name may steer the terminal."""
    click.echo(visible(text), err=err)


def table(rows: Sequence[Mapping[str, Any]], columns: Iterable[str] | None = None, title: str | None = None) -> None:
    """Rows as a table as wide as the terminal; nothing where there are none."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    names = list(columns or rows[0])
    # Wide where nobody watches: a pipe or a log should hold whole lines.
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    shown = Table(title=title, title_justify="left", title_style="bold", header_style="bold", pad_edge=False, box=None)
    for name in names:
        shown.add_column(name, justify="right" if name in _NUMBERS else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(visible(str(row.get(name, "")))) for name in names))
    if sys.stdout.isatty():
        console.print(shown)
        return
    with console.capture() as captured:
        console.print(shown)
    # Rich fills every line up to the width; a file or a log is better off without.
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def many(count: int, what: str) -> str:
    """`1 account`, `1,200 accounts`, `no accounts`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}" if count else f"no {what}s"


def say(text: str) -> None:
    """Talk goes to stderr."""
    echo(text, err=True)
