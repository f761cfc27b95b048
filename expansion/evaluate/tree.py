"""A trigger as a tree: groups of lines, each line asked at a number of points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from expansion.evaluate.measures import EventMeasure, FactMeasure, Measure, Window, basic_measures
from expansion.language.model.conditions import Condition
from expansion.language.model.values import Span
from expansion.usage.storage.atoms import Atom
from expansion.usage.storage.rollup import Column

Role = Literal["main", "people", "days", "silence", "before"]


@dataclass(frozen=True)
class Test:
    """One number, one comparison. `was` is what growth is measured against, `base` what it must reach itself; `peers`
    the fact that those have in common among whom it is to be large."""

    __test__ = False  # pytest would take it for a test of its own

    measure: Measure
    word: str
    wanted: Any
    was: Measure | None = None
    base: Any = None
    peers: Measure | None = None
    role: Role = "main"

    def measures(self) -> Iterator[Measure]:
        yield from (m for m in (self.measure, self.was, self.peers) if m is not None)


@dataclass(frozen=True)
class Leaf:
    """One condition on numbers: all of its tests."""

    condition: Condition
    tests: tuple[Test, ...]
    points: int = 1

    @property
    def main(self) -> Test:
        """What the condition is about."""
        return self.tests[0]


@dataclass(frozen=True)
class Repeated:
    """A condition asked of each of several weeks (or days, or months), the newest first; true in at least `need`."""

    condition: Condition
    parts: tuple[Leaf, ...]
    need: int
    points: int = 1


@dataclass(frozen=True)
class Member:
    """Membership of a cohort that another system keeps."""

    condition: Condition
    measure: FactMeasure
    pulls: str  # the key under which its pulls are noted
    points: int = 1


@dataclass(frozen=True)
class Walk:
    """Events one after another, from the first to the last within a time; nothing excluded between the two."""

    steps: tuple[Atom, ...]
    within: Span
    excluded: Atom | None
    same_user: bool

    @property
    def columns(self) -> tuple[Column, ...]:
        """The rollup columns with its moments."""
        atoms = [*self.steps, *([self.excluded] if self.excluded else [])]
        return tuple(dict.fromkeys(Column(atom, "moments") for atom in atoms))


@dataclass(frozen=True)
class Walked:
    """A walk that lies in a window, by at least so many people where one person takes every step."""

    condition: Condition
    walk: Walk
    window: Window
    people: int = 1
    points: int = 1


@dataclass(frozen=True)
class Returned:
    """An event that came back in a window, after at least so long without."""

    condition: Condition
    atom: Atom
    silence: Span
    window: Window
    points: int = 1

    @property
    def column(self) -> Column:
        return Column(self.atom)


@dataclass(frozen=True)
class Group:
    """`all_of`, `any_of`, `none_of` or `some_of`; with `about` the conditions of a cohort, or of another trigger."""

    word: str
    parts: tuple[Node, ...]
    need: int = 0
    about: Condition | None = None
    points: int = 1


Line = Leaf | Repeated | Member | Walked | Returned
Node = Line | Group


def lines(node: Node, points: int = 1) -> Iterator[tuple[Line, int]]:
    """All conditions below a node, each with the number of points it is asked at; dwell within dwell adds up."""
    points += node.points - 1
    match node:
        case Group():
            for part in node.parts:
                yield from lines(part, points)
        case Repeated():
            yield node, points
            for leaf in node.parts:
                yield leaf, points
        case _:
            yield node, points


def measures(line: Line) -> Iterator[Measure]:
    """The measures that a line is compared by, itself."""
    match line:
        case Leaf():
            for test in line.tests:
                yield from test.measures()
        case Member():
            yield line.measure


def atoms(line: Line) -> Iterator[Atom]:
    """The filters of events that a line is about."""
    match line:
        case Walked():
            yield from (column.atom for column in line.walk.columns)
        case Returned():
            yield line.atom
    for measure in measures(line):
        yield from (basic.atom for basic in basic_measures(measure) if isinstance(basic, EventMeasure))


def columns(line: Line) -> Iterator[Column]:
    """The rollup columns that a line reads; windows of hours read events instead."""
    match line:
        case Walked():
            yield from line.walk.columns
        case Returned():
            yield line.column
    for measure in measures(line):
        for basic in basic_measures(measure):
            if isinstance(basic, EventMeasure) and not basic.window.is_hourly:
                yield from basic.columns
