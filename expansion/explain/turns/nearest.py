"""Numbers that would be answered otherwise: of all that a number is made of, the nearest value on the other side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from expansion.evaluate.comparing import growth_answers, number_answers
from expansion.evaluate.engine import Engine
from expansion.evaluate.formulas import formula
from expansion.evaluate.logic import YES, Answers, from_bool
from expansion.evaluate.measures import Formula, FormulaWord, Measure
from expansion.evaluate.numbers import DIGITS, Numbers, as_fraction, from_fractions
from expansion.evaluate.tree import Test
from expansion.explain.turns.peer_rank import PeerRank

_MOST_PLACES = 12
_LARGEST = 10**DIGITS
Numbered = Callable[[Measure], Fraction | None]


@dataclass(frozen=True)
class Quantity:
    """A number that could be another: it moves in steps, and not below or above what there can be."""

    measure: Measure
    now: Fraction
    step: Fraction
    least: Fraction | None = None
    most: Fraction | None = None
    whole: bool = True  # nothing that could be lies between two steps

    def near(self, edges: Iterable[Fraction]) -> list[Fraction]:
        """The values to look at: on either side of each edge."""
        found: set[Fraction] = set()
        for edge in edges:
            below = Fraction(math.floor(edge / self.step)) * self.step
            found |= {below - self.step, below, below + self.step, below + 2 * self.step}
        return [value for value in found if self.can_be(value)]

    def can_be(self, value: Fraction) -> bool:
        if abs(value) > _LARGEST:  # a part of what there is no limit to
            return False
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


@dataclass(frozen=True)
class Nearest:
    """One test of a subject at a point, asked what it would be answered if a number were another."""

    engine: Engine
    test: Test
    index: int
    point: int = 0

    def value(self, quantity: Quantity, wanted: int) -> Fraction | None:
        """The value nearest to what it is that is answered as wanted; None where there is none, or nobody knows."""
        edges = [edge for one in self._edges() for edge in roots(self.test.measure, quantity.measure, one, self.number)]
        found = self._first(quantity, quantity.near(edges), wanted)
        if found is not None or quantity.whole:
            return found
        return self._first(quantity, [edge for edge in edges if quantity.can_be(edge)], wanted)

    def grown_from(self, quantity: Quantity, base: Fraction) -> Fraction:
        """The value nearest to what it is that grew, or fell, as much as is asked from a base."""
        edge = base * (1 + self._share())
        values = sorted({quantity.now, *quantity.near([edge])}, key=lambda value: (abs(value - quantity.now), -value))
        bases = from_fractions([base] * len(values))
        answers = growth_answers(from_fractions(values), bases, self.test.word, self.test.wanted.value, None).tolist()
        return next((value for value, answer in zip(values, answers, strict=True) if answer == YES), edge)

    def _share(self) -> Fraction:
        share: Fraction = self.test.wanted.value
        return share if self.test.word == "grew_at_least" else -share

    def _first(self, quantity: Quantity, values: Sequence[Fraction], wanted: int) -> Fraction | None:
        if not values:
            return None
        answers = self.answers(quantity, values).tolist()
        fitting = [value for value, answer in zip(values, answers, strict=True) if answer == wanted]
        return min(fitting, key=lambda value: (abs(value - quantity.now), -value), default=None)

    def answers(self, quantity: Quantity, values: Sequence[Fraction]) -> Answers:
        """What is answered with each of these values."""
        test, numbers = self.test, self._with(self.test.measure, quantity.measure, values)
        if test.word == "among_top":
            return self._among_top(numbers)
        if test.was is None:
            return number_answers(numbers, test.word, test.wanted)
        was = self._constant(test.was, len(values))
        return growth_answers(numbers, was, test.word, test.wanted.value, test.base)

    def _among_top(self, numbers: Numbers) -> Answers:
        """By the rule of ranking.py, told by the number that is needed."""
        rank = PeerRank(self.engine, self.test, self.index, self.point)
        edge = rank.edge if rank.counted is not None else None
        floor = [one for one in (edge, as_fraction(self.test.base) if self.test.base is not None else None) if one]
        values = [numbers.at(place) or Fraction(0) for place in range(len(numbers.known))]
        truth = np.array([value > 0 and all(value >= one for one in floor) for value in values], dtype=bool)
        return from_bool(truth, numbers.known & (rank.counted is not None))

    def _edges(self) -> Iterator[Fraction]:
        """The numbers at which the answer may turn."""
        test = self.test
        if test.word == "among_top":
            rank = PeerRank(self.engine, test, self.index, self.point)
            yield Fraction(0)
            if rank.counted is not None and (edge := rank.edge):
                yield edge
        elif test.was is not None:
            was = self.number(test.was)
            yield from [] if was is None else [was * (1 + self._share())]
        else:
            yield from map(as_fraction, test.wanted if isinstance(test.wanted, list) else [test.wanted])
        if test.base is not None and test.was is None:
            yield as_fraction(test.base)

    # --- numbers ------------------------------------------------------------------------------------------------------

    def number(self, measure: Measure) -> Fraction | None:
        return self.engine.number(measure, self.point).at(self.index)

    def _with(self, measure: Measure, other: Measure, values: Sequence[Fraction]) -> Numbers:
        """A measure, where one that it is made of has these values."""
        if measure == other:
            return from_fractions(values)
        if isinstance(measure, Formula):
            return formula(measure.word, [self._with(part, other, values) for part in measure.parts], measure.days)
        return self._constant(measure, len(values))

    def _constant(self, measure: Measure, size: int) -> Numbers:
        number = self.engine.number(measure, self.point)
        return from_fractions([number.at(self.index)] * size, least=number.least)


# --- where a number turns ---------------------------------------------------------------------------------------------


def roots(measure: Measure, of: Measure, target: Fraction, number: Numbered) -> Iterator[Fraction]:
    """The values of one measure for which another, that is made of it, is just the target; and where its course breaks.

    Between two of them it only grows or only falls. A measure that is taken twice has no such course: nothing is given.
    """
    if measure == of:
        yield target
    if not isinstance(measure, Formula):
        return
    places = [place for place, part in enumerate(measure.parts) if holds(part, of)]
    values = [number(part) for part in measure.parts]
    if len(places) != 1 or any(value is None for place, value in enumerate(values) if place not in places):
        return
    known = [value or Fraction(0) for value in values]
    for inner in _inverse(measure.word, places[0], known, target, measure.days):
        yield from roots(measure.parts[places[0]], of, inner, number)


def holds(measure: Measure, of: Measure) -> bool:
    """Whether a measure is made of another."""
    return measure == of or (isinstance(measure, Formula) and any(holds(part, of) for part in measure.parts))


def _inverse(
    word: FormulaWord, place: int, values: Sequence[Fraction], target: Fraction, days: int
) -> Iterator[Fraction]:
    """What the part at a place has to be for the target, the others being as they are."""
    match word, place:
        case "ratio", 0:
            yield target * values[1]
        case "ratio", _ if target:
            yield values[0] / target
        case "difference", 0:
            yield target + values[1]
        case "difference", _:
            yield values[0] - target
        case "headroom", 0:
            yield (1 - target) * values[1]
        case "headroom", _ if target != 1:
            yield values[0] / (1 - target)
        case "days_to_limit", 0:
            _, was, limit = values
            yield from (limit, was)
            if days + target:
                yield (days * limit + target * was) / (days + target)
        case "days_to_limit", 2:
            used, was, _ = values
            yield from (used, used + target * (used - was) / days)


def places_of(value: Fraction, otherwise: int = 2) -> int:
    """How many decimals a number has; `otherwise` for one that never ends."""
    return next((n for n in range(_MOST_PLACES + 1) if (value * 10**n).denominator == 1), otherwise)
