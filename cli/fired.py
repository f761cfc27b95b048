"""What fired, one line an account: the numbers, what it is worth, what happens. The reasons are in the ledger."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cli.output import columns, echo, many, say, shortened, table
from expansion.text.harmless import visible

if TYPE_CHECKING:
    from expansion.records.firing import Decision, NewFiring
    from expansion.records.ledger import FiringRecord

    Firing = FiringRecord | NewFiring

_NARROW = 120  # in a window below that, a line has no room for the trigger, nor for whole reasons
_NAME, _OUTCOME = 26, 17  # columns of a narrow window


def show_fired(firings: Sequence[Firing], title: str) -> None:
    """A line for each account, the most valuable first, below its trigger; nothing where nothing fired."""
    from jobs.worth import counting, shown

    counted = counting(firings)
    rows = [_row(one, shown(one, counts)) for one, counts in counted if counts]
    names = list(dict.fromkeys(row["trigger"] for row in rows))
    ordered = [row for name in names for row in rows if row["trigger"] == name]
    width = columns(sys.stdout)
    if width is None or width >= _NARROW:
        table([{name: row[name] for name in _COLUMNS} for row in ordered], title=title)
    else:
        for line in _narrow(ordered, title, width):
            echo(line)
    if others := len(counted) - len(rows):
        are = "is" if others == 1 else "are"
        say(f"{many(others, 'more firing')} of these accounts {are} counted with them: `expansion ledger` lists each")


_COLUMNS = ("account", "trigger", "numbers", "worth", "what happens")


def _row(one: Firing, worth: str) -> dict[str, Any]:
    from expansion.decide.evidence import numbers
    from expansion.records.firing import called

    name, every = visible(called(one.account_name, one.user_name)), numbers(one.evidence)
    told = {"trigger": one.trigger, "account": name, "worth": worth, "what happens": visible(happens(one))}
    return {**told, "numbers": visible("; ".join(every)), "every": every, "short": _short(one)}


def _narrow(rows: Sequence[Mapping[str, Any]], title: str, width: int) -> Iterator[str]:
    """A line an account, below the name of its trigger; of the numbers as many as there is room for."""
    if rows:
        yield title
    name = min(_NAME, max((len(row["account"]) for row in rows), default=0))
    worth = max((len(row["worth"]) for row in rows), default=0)
    outcome = max((len(row["short"]) for row in rows), default=0)
    room = width - name - worth - outcome - 3 * len(_GAP) - len(_INDENT)
    trigger = ""
    for row in rows:
        if row["trigger"] != trigger:
            trigger = row["trigger"]
            yield trigger
        called = (shortened(row["account"], name) or row["account"]).ljust(name)
        said = _fewer(row["every"], room)
        yield f"{_INDENT}{called}{_GAP}{said:<{room}}{_GAP}{row['worth']:>{worth}}{_GAP}{row['short']}".rstrip()


_GAP, _INDENT = "  ", "  "


def _fewer(every: Sequence[str], room: int) -> str:
    """As many of the numbers as there is room for; of the first one at least its first words."""
    kept = list(every)
    while len(kept) > 1 and len("; ".join(kept)) > room:
        kept.pop()
    return shortened(visible("; ".join(kept)), room)


def happens(one: Firing) -> str:
    """The playbook that starts; else why none does."""
    from expansion.decide.flood import brief

    return one.playbook if one.decision == "acting" and one.playbook else brief(one.reason)


def _short(one: Firing) -> str:
    said = happens(one)
    return said if len(said) <= _OUTCOME and one.decision == "acting" else _SHORT[one.decision]


_SHORT: dict[Decision, str] = {
    "acting": "acted on",
    "watching": "only watched",
    "suppressed": "left alone",
    "held_out": "held out",
    "flood": "waits for you",
    "no_playbook": "no playbook fits",
    "paused": "paused",
    "quiet": "true before",
    "carried": "later",
    "approval": "waits for you",
    "declined": "declined",
}


def ends(firings: Iterable[Firing], what: str, done: str = "acted on") -> str:
    """The headline: how many were acted on, what they are worth, and what the others are."""
    from jobs.worth import counting, headline, totals

    return headline(totals(counting(firings)), what, done)
