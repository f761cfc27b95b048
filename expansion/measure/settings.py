"""Which settings of a number are worth trying: round ones, over the range that accounts really have."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np

from expansion.evaluate.numbers import Array, Numbers
from expansion.measure.dials import Dial

AT_MOST = 50  # a curve of more points says no more
_LOW, _HIGH = 5, 98  # per cent of those seen: beyond, next to nobody is told apart
_STEPS = (1, 2, 5)
_DWELLS = (2, 3, 5, 7, 10, 14, 21, 28)  # days


def settings(dial: Dial, seen: Sequence[float]) -> tuple[Fraction, ...]:
    """At most so many round settings, ascending, today's among them. `seen`: values of accounts it could decide about.

    Of percentages whole ones; of a dwell the lengths that people say.
    """
    found = {Fraction(one) for one in _DWELLS} if dial.word == "for" else set(_round(dial, seen))
    least = dial.least
    kept = {one for one in found if one > 0 and (least is None or one > least)}
    return tuple(sorted(kept | {dial.value}))


def step_of(values: Sequence[Fraction], at: Fraction) -> Fraction:
    """How far the setting beside one lies, on the nearer side: what a choice can be wrong by, and no less."""
    others = [abs(one - at) for one in values if one != at]
    return min(others, default=Fraction(0))


def seen_in(numbers: Numbers, matter: Array) -> list[float]:
    """What the accounts that matter have, where it is known."""
    places = np.flatnonzero(numbers.known & matter)
    den = np.broadcast_to(np.asarray(numbers.den), numbers.num.shape)
    values: list[float] = (numbers.num[places].astype(float) / den[places].astype(float)).tolist()
    return values


def _round(dial: Dial, seen: Sequence[float]) -> list[Fraction]:
    if not len(seen):
        return []
    low, high = np.percentile(np.asarray(seen, dtype=float), (_LOW, _HIGH))
    whole = dial.whole or all(float(one).is_integer() for one in seen)
    unit = Fraction(1, 100) if str(dial.written).endswith("%") else Fraction(1) if whole else None
    step = _step(float(high - low) / (AT_MOST - 2), unit)
    first, last = int(np.floor(low / float(step))), int(np.ceil(high / float(step)))
    return [step * place for place in range(first, last + 1)][:AT_MOST]


def _step(least: float, unit: Fraction | None) -> Fraction:
    """The smallest of 1, 2, 5, 10, 20 … (or of a tenth, a hundredth of these) that is not below the least."""
    start = -12 if unit is None else int(np.log10(float(unit)))
    tens = (Fraction(Decimal(10) ** power) for power in range(start, 40))
    return next(digit * ten for ten in tens for digit in _STEPS if float(digit * ten) >= least)
