"""The smallest change that would turn an answer: what it is, and how it is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from expansion.evaluate import logic

NO, CANNOT_TELL, YES = (int(answer) for answer in (logic.NO, logic.CANNOT_TELL, logic.YES))

Kind = Literal[
    "more",  # `amount` more of something, or fewer where it is below zero
    "instead",  # `value` instead of `was`
    "known",  # what is missing to tell
    "next",  # the steps of a sequence that are left, or an event that comes back
    "by_itself",  # on a day, if nothing new happens
    "if_it_stays",  # on a day, if it stays as it is now
    "lines",  # `amount` of the lines below, the other way round
    "never",  # nothing that happens from now on
]


@dataclass(frozen=True)
class Flip:
    """One change that would turn an answer. What does not belong to its kind is left out."""

    kind: Kind
    amount: int = 0
    unit: str = ""  # of an amount: the events, `people`, `days`, …
    name: str = ""  # what has the value: a fact, a property; of an amount what is counted
    value: Any = None
    was: Any = None
    said: str = ""  # what cannot be made of the others: the value in words, what is missing, why never
    also: tuple[Flip, ...] = ()  # what has to change with it
    on: date | datetime | None = None  # from this day on; for what is next: up to when it counts
    until: date | None = None  # with dwell: it has to stay so up to this day

    @property
    def sentence(self) -> str:
        text = _SAID[self.kind](self) + "".join(f", {other.beside}" for other in self.also)
        return f"{text}, and so until {self.until}" if self.until else text

    @property
    def beside(self) -> str:
        """As part of a larger change."""
        return f"{'on' if self.unit in ('day', 'days') else 'by'} {self.sentence}"


def sentence(flips: Sequence[Flip]) -> str | None:
    """Alternatives, in words; None where nothing is known to turn it."""
    return ", or ".join(flip.sentence for flip in flips) or None


def _more(flip: Flip) -> str:
    least = "at least " if flip.said == "at least" else ""
    word = "more" if flip.amount > 0 else "fewer"
    return f"{least}{abs(flip.amount):,} {word} {flip.unit}{f' on {flip.on}' if flip.on else ''}"


def _next(flip: Flip) -> str:
    return f"{flip.said}{_by(flip.on)}"


def _by(on: date | datetime | None) -> str:
    match on:
        case None:
            return ""
        case datetime():
            return f", before {on:%Y-%m-%d %H:%M}"
    return f", no later than {on}"


def _when(on: date | datetime | None) -> str:
    return f"at {on:%Y-%m-%d %H:%M}" if isinstance(on, datetime) else f"on {on}"


def _by_itself(flip: Flip) -> str:
    when = f"no later than {flip.on}" if flip.said == "at the latest" else _when(flip.on)
    if flip.value == "cannot tell":
        when = f"cannot be told {when}"
    elif flip.was == "cannot tell":
        when = f"can be told {when}"
    return f"{when} if nothing new happens"


_SAID: dict[Kind, Callable[[Flip], str]] = {
    "more": _more,
    "instead": lambda flip: flip.said,
    "known": lambda flip: flip.said,
    "next": _next,
    "by_itself": _by_itself,
    "if_it_stays": lambda flip: f"{_when(flip.on)} if it stays so",
    "lines": lambda flip: flip.said,
    "never": lambda flip: f"nothing from now on: {flip.said}",
}
