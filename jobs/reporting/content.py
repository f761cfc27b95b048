"""What a report shows, as values: sentences, tables, plots. How they look is the business of who shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Literal

from jobs.worth import ELSEWHERE, Total

Cell = str | int | Fraction | date | Total | None  # None: not known. A Fraction is a share between 0 and 1
UNKNOWN = ELSEWHERE


@dataclass(frozen=True)
class Column:
    """The head of a column. Numbers stand on the right."""

    name: str  # small letters: `acted on`; for scripts `acted_on`
    numbers: bool = True


@dataclass(frozen=True)
class Table:
    """Rows of the same cells. The first cell of a row names it."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def without_empty(self) -> Table:
        """The same without columns in which nothing stands or all counts are 0; the first column stays. A share of 0
        says something: there was something to share."""
        kept = [0, *(place for place in range(1, len(self.columns)) if any(_says(row[place]) for row in self.rows))]
        return Table(
            tuple(self.columns[place] for place in kept),
            tuple(tuple(row[place] for place in kept) for row in self.rows),
        )


Tone = Literal["pale", "main", "deep", "warn", "alarm", "faint"]
TONES: tuple[Tone, ...] = ("pale", "main", "deep", "warn", "faint", "alarm")  # of parts of which nothing else is said


@dataclass(frozen=True)
class Bar:
    """One row of a bar chart."""

    name: str
    parts: tuple[int, ...]
    said: str  # what stands beside the name


@dataclass(frozen=True)
class Bars:
    """Horizontal bars, each of several parts."""

    parts: tuple[str, ...]
    bars: tuple[Bar, ...]
    within: bool = False  # each part is some of the one before it, as in a funnel; else they stand side by side
    tones: tuple[Tone, ...] = TONES


@dataclass(frozen=True)
class Columns:
    """Upright columns over time, each of parts that stand on one another."""

    parts: tuple[str, ...]
    days: tuple[date, ...]  # the first of each stretch, the oldest first
    counts: tuple[tuple[int, ...], ...]  # for each day, its parts
    tones: tuple[Tone, ...] = ("main", "pale")


AxisKind = Literal["share", "count", "day", "number"]


@dataclass(frozen=True)
class Axis:
    """What is drawn along an edge. Days are their ordinals, shares are between 0 and 1."""

    name: str
    kind: AxisKind


@dataclass(frozen=True)
class Point:
    """One measure, and between what it may be."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """Measures of one thing, from left to right."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Lines:
    """Measures against something that goes on: time, a threshold, what was predicted."""

    x: Axis
    y: Axis
    series: tuple[Series, ...]
    tones: tuple[Tone, ...] = ("main", "warn", "deep", "faint")
    diagonal: str = ""  # what it means to lie on the line from corner to corner; empty: there is none
    marked: float | None = None  # an x that is set today
    marked_as: str = ""


Plot = Bars | Columns | Lines


@dataclass(frozen=True)
class Figure:
    """A table, and the same as a picture where there is one."""

    title: str
    table: Table
    plot: Plot | None = None
    note: str = ""  # how the figures are made, and what they must not be taken for


@dataclass(frozen=True)
class Section:
    """One question that a GTM lead asks, with its answer; or what is missing for one, and what to do."""

    id: str
    title: str
    sentences: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    missing: str = ""


@dataclass(frozen=True)
class Report:
    """The whole of it."""

    since: datetime
    until: datetime
    zone: str
    sections: tuple[Section, ...]


def _says(cell: Cell) -> bool:
    return isinstance(cell, Fraction) or bool(cell)


def shown(cell: Cell) -> str:
    """A cell as people read it."""
    match cell:
        case None:
            return UNKNOWN
        case Fraction():
            return percent(cell)
        case int():
            return f"{cell:,}"
        case date():
            return f"{cell.day} {cell:%b %Y}"
        case Total():
            return cell.money() or UNKNOWN
    return cell


def percent(share: Fraction) -> str:
    """`92%`, below ten percent `3.4%`: rounded once, halves up; 0 and all are never said of what only comes near."""
    if 0 < share < Fraction(1, 2000):
        return "under 0.1%"
    if Fraction(199, 200) <= share < 1:
        return "over 99%"
    tenths = int(share * 1000 + Fraction(1, 2))
    if tenths < 100 and tenths % 10:
        return f"{tenths // 10}.{tenths % 10}%"
    return f"{int(share * 100 + Fraction(1, 2))}%"


def share(part: int, of: int) -> Fraction | None:
    """A part of something; None of nothing."""
    return Fraction(part, of) if of else None
