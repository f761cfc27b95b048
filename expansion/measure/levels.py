"""How many of a row of settings a number meets: one pass for all of them, exact as a single comparison is.

Settings are in the order from the easiest to the hardest to meet, so that a number meets the first so many of them.
What cannot be told is a second count: so many are met, or may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from expansion.evaluate.comparing import number_answers
from expansion.evaluate.logic import NO, YES
from expansion.evaluate.logic import Answers as AnswerArray
from expansion.evaluate.numbers import Array, Numbers, minus, times


@dataclass(frozen=True)
class Levels:
    """For each account: the first `sure` settings are met, the first `perhaps` are met or cannot be told."""

    sure: Array
    perhaps: Array

    @classmethod
    def constant(cls, answers: AnswerArray, settings: int) -> Levels:
        """What does not depend on the setting."""
        return cls(np.where(answers == YES, settings, 0), np.where(answers == NO, 0, settings))

    def answers(self, places: Array, settings: int) -> AnswerArray:
        """No, cannot tell or yes for each of these accounts, at each setting."""
        each = np.arange(settings)
        met: AnswerArray = (each < self.sure[places, None]).astype(np.int8)
        return met + (each < self.perhaps[places, None])


def all_met(parts: Sequence[Levels]) -> Levels:
    """All of these together: the fewest."""
    return Levels(np.minimum.reduce([part.sure for part in parts]), np.minimum.reduce([part.perhaps for part in parts]))


def enough_met(parts: Sequence[Levels], need: int) -> Levels:
    """At least so many of these."""
    sure, perhaps = (np.sort(np.stack(one), axis=0) for one in zip(*((p.sure, p.perhaps) for p in parts), strict=True))
    return Levels(sure[-need], perhaps[-need])


def met(numbers: Numbers, word: str, settings: Sequence[Fraction]) -> Levels:
    """Levels of a comparison with a number, its settings from the easiest to the hardest."""
    size = len(settings)
    if word in ("at_least", "more_than"):
        count = _reached(numbers, settings, equal=word == "at_least")
        sure, perhaps = count, np.full_like(count, size) if numbers.least else count
    else:
        below = _reached(numbers, settings[::-1], equal=word == "less_than")
        count = size - below  # the settings that lie above the number
        sure, perhaps = (np.zeros_like(count) if numbers.least else count), count
    return Levels(np.where(numbers.known, sure, 0), np.where(numbers.known, perhaps, size))


def growth(now: Numbers, was: Numbers, word: str) -> Numbers:
    """By how much it grew, or fell; from nothing, or of what was only seen in part, there is no rate."""
    known = now.known & was.known & (was.num > 0)
    if now.least or was.least:
        known = np.zeros_like(known)
    larger, smaller = times(now.num, was.den), times(was.num, now.den)
    num = minus(larger, smaller) if word == "grew_at_least" else minus(smaller, larger)
    return Numbers(num, np.where(known, smaller, 1), known)


def growth_met(now: Numbers, was: Numbers, word: str, settings: Sequence[Fraction], base: object) -> Levels:
    """Levels of `grew_at_least` and `fell_at_least`: see comparing.growth_answers."""
    levels = met(growth(now, was, word), "at_least", settings)
    if base is None:
        return levels
    return all_met([levels, Levels.constant(number_answers(was, "at_least", base), len(settings))])


def run_length(days: Sequence[AnswerArray], settings: Sequence[int]) -> Levels:
    """Levels of a dwell, from the answers of today and of each day before: for so many days in a row."""
    stacked = np.stack(days)
    sure, perhaps = (np.minimum.accumulate(each, axis=0).sum(axis=0) for each in (stacked == YES, stacked != NO))
    lengths = np.asarray(settings)
    return Levels(np.searchsorted(lengths, sure, "right"), np.searchsorted(lengths, perhaps, "right"))


def _reached(numbers: Numbers, ascending: Sequence[Fraction], *, equal: bool) -> Array:
    """How many of ascending settings lie at or below each number; without `equal` below.

    Floats find the place, whole numbers put it right: a float may only be wrong about the settings beside it.
    """
    den = np.broadcast_to(np.asarray(numbers.den), numbers.num.shape)
    rough = numbers.num.astype(float) / np.where(numbers.known, den, 1).astype(float)
    count = np.searchsorted(np.array([float(one) for one in ascending]), rough, "right" if equal else "left")
    common = lcm(*(one.denominator for one in ascending))
    wanted = _whole([one.numerator * (common // one.denominator) for one in ascending])
    mine = times(numbers.num, common)

    def lies_at(place: Array) -> Array:
        signs = np.sign(minus(mine, times(wanted[place], den)))
        return np.asarray((signs >= 0) if equal else (signs > 0))

    last = len(ascending) - 1
    count = np.where((count > 0) & ~lies_at(np.clip(count - 1, 0, last)), count - 1, count)
    return np.asarray(np.where((count <= last) & lies_at(np.clip(count, 0, last)), count + 1, count))


def _whole(values: Sequence[int]) -> Array:
    return np.array(values, dtype=np.int64 if max(map(abs, values)) < 1 << 62 else object)
