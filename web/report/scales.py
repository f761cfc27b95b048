"""From a value to a place on the page, and the marks along an edge that people find round."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from jobs.reporting.content import Axis
from jobs.reporting.content import percent as percent_text


@dataclass(frozen=True)
class Scale:
    """Between two values; a place is between 0 and 1."""

    low: float
    high: float

    def place(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)


def round_scale(values: list[float], marks: int = 4, *, from_zero: bool) -> tuple[Scale, list[float]]:
    """A scale that holds all of these, and the round values on it. In fractions: 0.8 is four times 0.2, not less."""
    exact = [Fraction(value).limit_denominator(1_000_000) for value in values]
    low, high = (Fraction(0) if from_zero else min(exact)), max(exact)
    step = _step((high - low) / marks or abs(high) / marks or Fraction(1))
    first, last = low // step, -(-high // step)
    found = [float(place * step) for place in range(first, max(last, first + 1) + 1)]
    return Scale(found[0], found[-1]), found


def _step(rough: Fraction) -> Fraction:
    """1, 2 or 5 times a power of ten, not below `rough`."""
    power = Fraction(1)
    while power * 10 <= rough:
        power *= 10
    while power > rough:
        power /= 10
    return next(power * times for times in (1, 2, 5, 10) if power * times >= rough)


def marked(value: float, axis: Axis) -> str:
    """A value along an edge, as people read it."""
    match axis.kind:
        case "share":
            return percent_text(Fraction(value).limit_denominator(10_000))
        case "day":
            day = date.fromordinal(round(value))
            return f"{day.day} {day:%b}"
        case "count" | "number":
            return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}".rstrip("0")


def some(count: int, at_most: int = 6) -> list[int]:
    """Places among so many, evenly apart, whose names have room beside each other; the last is one of them."""
    step = -(-count // at_most)
    return [place for place in range(count) if (count - 1 - place) % step == 0]
