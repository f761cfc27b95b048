"""A setting chosen on earlier history and judged on later: noise is not sold as insight.

Chosen and judged on the same firings, the best of fifty settings looks good by luck alone (docs/measuring.md says by
how much). Between the two parts lies a gap as long as the attribution window, so that no outcome counts in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from expansion.evaluate.numbers import Array
from expansion.measure.curves import Judged, Point, Stretch, counts_expansion, counts_firing, curve, pareto
from expansion.text.for_people import ForPeople

DAY = 86_400_000  # milliseconds
FEWEST_EXPANSIONS = 20  # in each part: below, a share of them is an anecdote
FEWEST_FIRINGS = 10  # judged, of today's setting and of the chosen one
_SHORTEST = 28  # days of firings in each part
_DRAWS = 2_000
_SURE = (2.5, 97.5)  # per cent of the draws
_TINY = 1e-12
_NUDGE = 1e-3  # of a count, for slopes


class TooLittleHistory(ForPeople):
    """What has happened so far cannot tell one setting from another."""


@dataclass(frozen=True)
class Halves:
    """History in two: a setting is chosen on the earlier part and judged on the later."""

    earlier: Stretch
    later: Stretch


def halves(first: int, last: int, known: int, window: int) -> Halves:
    """Moments in milliseconds: firings from `first` to `last`, outcomes known up to `known`, a window as long as that.

    The earlier firings end one window before the later begin, and the later one window before what is known ends.
    """
    end = min(last + 1, known - window)
    each = (end - first - window) // (2 * DAY) * DAY
    if each < _SHORTEST * DAY:
        days, needed = (known - first) // DAY, 2 * window // DAY + 2 * _SHORTEST
        raise TooLittleHistory(
            f"there are {days} days of history with outcomes, and {needed} are needed: twice the attribution window of"
            f" {window // DAY} days, and {_SHORTEST} days of firings before each\n\n"
            "hint: begin earlier with --from, or shorten `attribution` of the tier in policy.yaml"
        )
    split = first + each
    later = split + window
    return Halves(Stretch(first, split, later, first), Stretch(later, end, known, later))


@dataclass(frozen=True)
class Gain:
    """How much better the chosen setting did than today's, on history that it was not chosen on; both ends of where it
    lies in 95 of 100 cases."""

    value: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        return self.low > 0


@dataclass(frozen=True)
class Tuned:
    """What came of tuning one number. `gain` None: the best setting is today's."""

    today: Fraction
    chosen: Fraction
    earlier: tuple[Point, ...]
    later: tuple[Point, ...]
    gain: Gain | None

    @property
    def is_better(self) -> bool:
        """Whether the chosen setting is worth proposing."""
        return self.gain is not None and self.gain.is_sure

    @property
    def unbeaten(self) -> list[Point]:
        """The settings that no other beats in both precision and recall, on the earlier part."""
        return pareto(self.earlier)

    def on_later(self, setting: Fraction) -> Point:
        return _of(self.later, setting)


def tune(judged: Judged, settings: Sequence[Fraction], today: Fraction, parts: Halves, seed: int = 0) -> Tuned:
    """Choose the best score (see curves.Point) on the earlier part; judge on the later."""
    earlier, later = (tuple(curve(judged, settings, part)) for part in (parts.earlier, parts.later))
    _enough_expansions(earlier, "earlier")
    _enough_expansions(later, "later")
    chosen = chosen_of(judged, earlier, today, parts.earlier)
    for setting in (today, chosen):
        _enough_firings(earlier, setting, "earlier")
        _enough_firings(later, setting, "later")
    if chosen == today:
        return Tuned(today, chosen, earlier, later, None)
    gain = gained(judged, list(settings).index(chosen), list(settings).index(today), parts.later, seed)
    return Tuned(today, chosen, earlier, later, gain)


def chosen_of(judged: Judged, points: Sequence[Point], today: Fraction, part: Stretch) -> Fraction:
    """Of the settings with the best score, as far as can be told, the one that finds most; of equals the one nearest
    to today's.

    As far as can be told: within one standard error of the best. The very best of fifty is the luckiest of the good.
    """
    seen = [place for place, one in enumerate(points) if one.firings >= FEWEST_FIRINGS] or list(range(len(points)))
    best = max(seen, key=lambda place: points[place].score)
    likely = [place for place in seen if _is_as_good(judged, points, place, best, part)]
    return min((points[place] for place in likely), key=lambda one: _order(one, today)).setting


def _order(one: Point, today: Fraction) -> tuple[Fraction, Fraction, Fraction]:
    return -(one.recall or Fraction(0)), abs(one.setting - today), one.setting


def _is_as_good(judged: Judged, points: Sequence[Point], place: int, best: int, part: Stretch) -> bool:
    """Whether a score lies within one standard error of the best, accounts being what varies."""
    apart = _pulls(judged, best, part) - _pulls(judged, place, part)
    return float(points[best].score - points[place].score) <= float(np.sqrt((apart**2).sum()))


def _pulls(judged: Judged, setting: int, part: Stretch) -> Array:
    """How far each account pulls the score: its influence, to first order."""
    by_account = np.stack(_by_account(judged, setting, part), axis=1).astype(float)
    sums, by_lot = by_account.sum(axis=0), float(judged.lots.rate(part))
    slopes = [(_scored(_nudged(sums, one, 1), by_lot) - _scored(_nudged(sums, one, -1), by_lot)) for one in range(4)]
    return by_account @ (np.concatenate(slopes) / (2 * _NUDGE))


def _nudged(sums: Array, place: int, sign: int) -> Array:
    moved = sums.copy()
    moved[place] += sign * _NUDGE
    return moved[None, :]


def gained(judged: Judged, chosen: int, today: int, part: Stretch, seed: int = 0) -> Gain:
    """The difference in score, with accounts drawn again: firings of one account hang together.

    Percentiles of the draws; the bias-corrected kinds hold less here (measured on rare conversions: 82 to 91 %).
    """
    sums = np.stack([*_by_account(judged, chosen, part), *_by_account(judged, today, part)], axis=1)
    # Accounts with the same counts are alike: how often their kind is drawn is all that matters.
    kinds, accounts = np.unique(sums, axis=0, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(sums), accounts / len(sums), size=_DRAWS)
    draws = drawn.astype(float) @ kinds
    by_lot = float(judged.lots.rate(part))
    differences = _scored(draws[:, :4], by_lot) - _scored(draws[:, 4:], by_lot)
    low, high = np.percentile(differences, _SURE)
    mine = sums.sum(axis=0, keepdims=True).astype(float)
    value = _scored(mine[:, :4], by_lot) - _scored(mine[:, 4:], by_lot)
    return Gain(float(value[0]), float(low), float(high))


def _by_account(judged: Judged, setting: int, part: Stretch) -> tuple[Array, ...]:
    """Firings, right ones, expansions, and found ones, of each account that has any of them at any setting."""
    fired = counts_firing(judged, part)
    bought = counts_expansion(judged.expansions, part)
    theirs = judged.expansions.account[bought]
    accounts, place = np.unique(np.concatenate([judged.account[fired], theirs]), return_inverse=True)
    of_firing, of_expansion = place[: int(fired.sum())], place[int(fired.sum()) :]
    mine, size = judged.setting[fired] == setting, len(accounts)
    found = judged.found[bought, setting]
    return (
        np.bincount(of_firing[mine], minlength=size),
        np.bincount(of_firing[mine & judged.right[fired]], minlength=size),
        np.bincount(of_expansion, minlength=size),
        np.bincount(of_expansion[found], minlength=size),
    )


def _scored(sums: Array, by_lot: float) -> Array:
    """The score of curves.Point, of rows of firings, right ones, expansions and found ones."""
    firings, right, expansions, found = sums.T
    precision, recall = right / np.maximum(firings, 1), found / np.maximum(expansions, 1)
    beyond = np.maximum(0, 1 - by_lot / np.maximum(precision, _TINY))
    return np.asarray(2 * precision * recall / np.maximum(precision + recall, _TINY) * beyond)


def _enough_expansions(points: Sequence[Point], part: str) -> None:
    count = points[0].expansions
    if count < FEWEST_EXPANSIONS:
        raise TooLittleHistory(
            f"{count} expansions are known in the {part} part of this history, and {FEWEST_EXPANSIONS} are needed to"
            " tell settings apart\n\nhint: begin earlier with --from, or bring in outcomes from before"
        )


def _enough_firings(points: Sequence[Point], setting: Fraction, part: str) -> None:
    point = _of(points, setting)
    if point.firings < FEWEST_FIRINGS:
        raise TooLittleHistory(
            f"the {part} part of this history has {point.firings} firings to judge at one of the settings, and"
            f" {FEWEST_FIRINGS} are needed to compare\n\nhint: begin earlier with --from"
        )


def _of(points: Sequence[Point], setting: Fraction) -> Point:
    return next(one for one in points if one.setting == setting)
