"""What each setting of a number would have done: firings, how often they were right, what they found, what they cost.

A firing is right where the account expands after it, within the attribution window of its tier. Firings whose window
reaches beyond what is known are not judged, and those of accounts that expanded within a window before are left out:
they have converted already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from expansion.evaluate.numbers import Array
from expansion.measure.onsets import Onsets

_ACCOUNT = 1 << 41  # milliseconds of seventy years: an account and a moment make one number that sorts


@dataclass(frozen=True)
class Expansions:
    """Real expansions, by account and time. Times are milliseconds; `until` is the end of the window after each."""

    account: Array
    at: Array
    until: Array
    amounts: tuple[tuple[Decimal, str] | None, ...] = ()  # with the currency; None: not known

    @classmethod
    def of(
        cls, account: Array, at: Array, until: Array, amounts: Sequence[tuple[Decimal, str] | None] = ()
    ) -> Expansions:
        order = np.lexsort((at, account))
        return cls(account[order], at[order], until[order], tuple(amounts[one] for one in order) if amounts else ())

    @property
    def keys(self) -> Array:
        return self.account * _ACCOUNT + self.at


@dataclass(frozen=True)
class Lots:
    """Accounts that the trigger may ask about, drawn by lot at some moments: what a firing is compared with."""

    moment: Array
    until: Array
    came: Array  # whether an expansion came within the window

    @classmethod
    def of(cls, moment: Array, until: Array, account: Array, known: Expansions) -> Lots:
        """Without those that expanded within a window before: they have converted already."""
        first = np.searchsorted(known.keys, account * _ACCOUNT + moment, "right")
        last = np.searchsorted(known.keys, account * _ACCOUNT + until, "right")
        kept = ~_converted(known, first, account, moment)
        return cls(moment[kept], until[kept], (last > first)[kept])

    def rate(self, part: Stretch) -> Fraction:
        """How many of them bought within the window, in a stretch; 0 where nobody was asked."""
        inside = (self.moment >= part.start) & (self.moment < part.end) & (self.until <= part.known)
        asked = int(inside.sum())
        return Fraction(int(self.came[inside].sum()), asked) if asked else Fraction(0)


@dataclass(frozen=True)
class Judged:
    """Firings beside what came after them: all that a curve is counted from."""

    moment: Array  # when each fired, in milliseconds
    until: Array  # the end of its window
    account: Array
    setting: Array
    first: Array  # the expansions in its window, as places: from the first on
    last: Array  # … up to here
    converted: Array  # whether it had expanded within a window before
    expansions: Expansions
    settings: int
    found: Array = field(repr=False)  # expansions x settings: whether a firing came before it
    lots: Lots

    @classmethod
    def of(
        cls, onsets: Onsets, accounts: Array, at: Array, until: Array, known: Expansions, settings: int, lots: Lots
    ) -> Judged:
        """`accounts`: of each subject; `at` and `until`: of each moment and the window after it."""
        onsets = _of_accounts(onsets, accounts)
        account, moment, ends = accounts[onsets.subject], at[onsets.moment], until[onsets.moment]
        keys = known.keys
        first = np.searchsorted(keys, account * _ACCOUNT + moment, "right")
        last = np.searchsorted(keys, account * _ACCOUNT + ends, "right")
        converted = _converted(known, first, account, moment)
        found = np.zeros((len(keys), settings), dtype=bool)
        for further in range(int((last - first).max(initial=0))):
            some = np.flatnonzero(first + further < last)
            found[first[some] + further, onsets.setting[some]] = True
        return cls(moment, ends, account, onsets.setting, first, last, converted, known, settings, found, lots)

    @property
    def right(self) -> Array:
        return np.asarray(self.last > self.first)


def _of_accounts(onsets: Onsets, accounts: Array) -> Onsets:
    """Of several people of an account who fire at one moment, one: its seller has one conversation."""
    if not len(onsets.moment):
        return onsets
    each = np.stack([onsets.moment, accounts[onsets.subject], onsets.setting])
    first = np.sort(np.unique(each, axis=1, return_index=True)[1])
    return replace(onsets, moment=onsets.moment[first], subject=onsets.subject[first], setting=onsets.setting[first])


def _converted(known: Expansions, first: Array, account: Array, moment: Array) -> Array:
    before = np.clip(first - 1, 0, None)
    if not len(known.account):
        return np.zeros(len(first), dtype=bool)
    return np.asarray((first > 0) & (known.account[before] == account) & (known.until[before] > moment))


@dataclass(frozen=True)
class Stretch:
    """A part of history: firings from `start` to before `end` are judged by outcomes up to `known`, which has to lie
    behind their windows; expansions count from `found_from` to `known`."""

    start: int
    end: int
    known: int
    found_from: int

    @property
    def weeks(self) -> Fraction:
        return Fraction(self.end - self.start, 7 * 86_400_000)


@dataclass(frozen=True)
class Point:
    """One setting over a stretch of history."""

    setting: Fraction
    firings: int
    right: int
    expansions: int
    found: int
    weeks: Fraction
    by_lot: Fraction  # how many of those drawn by lot were right
    followed: tuple[tuple[str, Decimal], ...] = ()  # ARR of the expansions that firings came before, by currency

    @property
    def precision(self) -> Fraction | None:
        """Firings that were right, of all; None where none fired."""
        return Fraction(self.right, self.firings) if self.firings else None

    @property
    def recall(self) -> Fraction | None:
        """Expansions that a firing came before, of all; None where nobody expanded."""
        return Fraction(self.found, self.expansions) if self.expansions else None

    @property
    def per_week(self) -> Fraction:
        return self.firings / self.weeks

    @property
    def beyond_lot(self) -> Fraction:
        """The share of right firings that lot would not have given."""
        precision = self.precision
        return max(Fraction(0), 1 - self.by_lot / precision) if precision else Fraction(0)

    @property
    def score(self) -> Fraction:
        """Precision and recall in one number (F1, their harmonic mean), of what lot would not have given. Plain F1
        rewards firing more at random: recall grows, and precision cannot fall below the base rate."""
        precision, recall = self.precision or Fraction(0), self.recall or Fraction(0)
        both = precision + recall
        return 2 * precision * recall / both * self.beyond_lot if both else Fraction(0)


def curve(judged: Judged, settings: Sequence[Fraction], part: Stretch) -> list[Point]:
    """Every setting over a stretch, in the order of the settings."""
    counted = counts_firing(judged, part)
    size = judged.settings
    firings = np.bincount(judged.setting[counted], minlength=size)
    right = np.bincount(judged.setting[counted & judged.right], minlength=size)
    inside = counts_expansion(judged.expansions, part)
    found, by_lot = judged.found[inside].sum(axis=0), judged.lots.rate(part)
    return [
        Point(
            setting, int(firings[place]), int(right[place]), int(inside.sum()), int(found[place]), part.weeks,
            by_lot, _followed(judged, inside & judged.found[:, place]),
        )
        for place, setting in enumerate(settings)
    ]  # fmt: skip


def counts_firing(judged: Judged, part: Stretch) -> Array:
    """The firings of a stretch that are judged in it."""
    inside = (judged.moment >= part.start) & (judged.moment < part.end) & (judged.until <= part.known)
    return np.asarray(inside & ~judged.converted)


def counts_expansion(known: Expansions, part: Stretch) -> Array:
    return np.asarray((known.at >= part.found_from) & (known.at < part.known))


def pareto(points: Sequence[Point]) -> list[Point]:
    """The settings that no other beats: none is at least as precise and finds at least as much, and more of one."""
    return [one for one in points if one.firings and not any(_beats(other, one) for other in points)]


def _beats(one: Point, other: Point) -> bool:
    mine, theirs = (one.precision or 0, one.recall or 0), (other.precision or 0, other.recall or 0)
    return mine != theirs and mine[0] >= theirs[0] and mine[1] >= theirs[1]


def _followed(judged: Judged, found: Array) -> tuple[tuple[str, Decimal], ...]:
    """What the expansions that were found are worth a year, by currency; without those of unknown worth."""
    total: dict[str, Decimal] = {}
    if judged.expansions.amounts:
        for place in np.flatnonzero(found).tolist():
            if (amount := judged.expansions.amounts[place]) is not None:
                total[amount[1]] = total.get(amount[1], Decimal(0)) + amount[0]
    return tuple(sorted(total.items()))
