"""Exact numbers for many accounts at once: whole numerators over denominators, never floats.

Growth as `now / was - 1` misses a threshold that is met exactly (measured: 432 of 1,980 exact cases in floats), so
every comparison here is of whole numbers: a / b >= p / q becomes a * q >= p * b. Arrays are int64 while the products
fit, Python integers beyond.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from expansion.language.model.values import ENDLESS, UNLIMITED, Percent
from expansion.usage.forms.sql_dialect import PLACES

Array = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]

ONE = 10**PLACES  # properties come out of the store in millionths of millionths
_FITS = 1 << 62

# Nothing that people count needs more digits, and a text such as 1e999999999 must not fill the memory.
DIGITS = 60


def endless(numbers: Numbers) -> Array:
    """Where there is no limit."""
    return np.asarray(compare(numbers, ENDLESS / 2) > 0)


@dataclass(frozen=True)
class Numbers:
    """A number per account: `num / den`, meaningful where `known`. `least`: it may be larger, but not smaller."""

    num: Array
    den: Array | int
    known: Flags
    least: bool = False

    def of(self, places: Array) -> Numbers:
        """The same for others: each the number that stands at a place here."""
        den = self.den if isinstance(self.den, int) else self.den[places]
        return Numbers(self.num[places], den, self.known[places], self.least)

    def at(self, index: int) -> Fraction | None:
        """One account's number."""
        if not self.known[index]:
            return None
        den = self.den if isinstance(self.den, int) else self.den[index]
        return Fraction(int(self.num[index]), int(den))


def as_fraction(value: Any) -> Fraction:
    """A threshold as written, exactly."""
    match value:
        case Percent():
            return value.value
        case bool():
            raise TypeError("yes or no is not a number")
        case int() | Decimal() | Fraction():
            return Fraction(value)
    return Fraction(Decimal(str(value)))


def as_limit(value: Any) -> Fraction:
    """A limit as written: a number, or `unlimited`."""
    return ENDLESS if value == UNLIMITED else as_fraction(value)


def from_counts(counts: Array, *, least: bool = False) -> Numbers:
    """Whole counts, all of them known."""
    return Numbers(counts, 1, np.ones(len(counts), dtype=bool), least)


def from_fractions(values: Sequence[Fraction | None], *, least: bool = False) -> Numbers:
    """One number per account, None where it is not known."""
    den = math.lcm(*{value.denominator for value in values if value is not None})
    nums = [0 if value is None else value.numerator * (den // value.denominator) for value in values]
    small = max(map(abs, nums), default=0) < _FITS
    num = np.array(nums, dtype=np.int64 if small else object)
    return Numbers(num, den, np.array([value is not None for value in values], dtype=bool), least)


def scaled(decimals: Any) -> Array:
    """Decimals without gaps as whole numbers of their last digit: by their bytes, a hundred times faster than one after
    the other. Python's integers where they are too large for 64 bits.
    """
    words = np.frombuffer(decimals.buffers()[1], dtype=np.int64)[2 * decimals.offset :][: 2 * len(decimals)]
    low, high = words[0::2], words[1::2]
    if (high == low >> 63).all() and (not len(low) or np.abs(low).max() < 1 << 62):
        return low.copy()
    wide: Array = high.astype(object) * (1 << 64) + low.astype(np.uint64).astype(object)
    return wide


def reduced(num: Array, known: Flags) -> Numbers:
    """Millionths of millionths in lowest terms, so that products of them still fit 64 bits."""
    common = int(np.gcd.reduce(num, initial=ONE)) if num.dtype != object else 1
    return Numbers(num // common, ONE // common, known)


def divide(of: Numbers, by: Numbers) -> Numbers:
    """`of / by`; unknown where either is, where `by` is not above zero, or where it cannot be told how large they are.

    Of what has no limit everything is nothing.
    """
    known = of.known & by.known & (by.num > 0)
    if by.least:
        known = np.zeros_like(known)
    boundless = endless(by)
    known &= ~(boundless & endless(of))
    num, den = np.where(boundless, 0, times(of.num, by.den)), times(by.num, of.den)
    return Numbers(num, np.where(known & ~boundless, den, 1), known, of.least)


def compare(numbers: Numbers, to: Fraction) -> Array:
    """-1, 0 or 1 for each account: below, equal, above. Meaningless where not known."""
    if isinstance(numbers.den, int) and numbers.num.dtype != object:
        # As whole numbers without a product: n / d is above p / q where n is above the whole part of p * d / q.
        edge, rest = divmod(to.numerator * numbers.den, to.denominator)
        above, below = numbers.num > edge, numbers.num <= edge if rest else numbers.num < edge
        return above.astype(np.int8) - below.astype(np.int8)
    return np.sign(minus(times(numbers.num, to.denominator), times(numbers.den, to.numerator))).astype(np.int8)


def compare_growth(now: Numbers, was: Numbers, share: Fraction) -> Array:
    """Compare (now - was) / was with a share, for accounts whose `was` is above zero: -1, 0 or 1."""
    factor = 1 + share
    left = times(times(now.num, was.den), factor.denominator)
    right = times(times(was.num, now.den), factor.numerator)
    return np.sign(minus(left, right)).astype(np.int8)


def times(left: Array | int, right: Array | int) -> Array | Any:
    """A product that cannot overflow."""
    if _largest(left) * _largest(right) < _FITS:
        return left * right
    return _wide(left) * _wide(right)


def minus(left: Array | Any, right: Array | Any) -> Array:
    if _largest(left) + _largest(right) < _FITS:
        return np.asarray(left - right)
    return np.asarray(_wide(left) - _wide(right))


def _largest(values: Array | int) -> int:
    if isinstance(values, int):
        return abs(values)
    return int(max(abs(values.max()), abs(values.min()))) if np.size(values) else 0


def _wide(values: Array | int) -> Any:
    return values if isinstance(values, int) else values.astype(object)
