"""A planted threshold is found again, and noise is not sold as insight."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from expansion.measure.curves import Point, curve, pareto
from expansion.measure.tune import DAY, TooLittleHistory, Tuned, halves, tune
from tests.measure.simulated import SETTINGS, WINDOW, History

TODAY = Fraction(1, 2)
STEP = Fraction(5, 100)


@cache
def history(planted: int | None, seed: int) -> History:
    return History.of(seed, planted=planted)


def tuned(planted: int | None, seed: int) -> Tuned:
    simulated = history(planted, seed)
    parts = halves(0, simulated.last, simulated.last, WINDOW * DAY)
    return tune(simulated.judged(), SETTINGS, TODAY, parts)


@pytest.mark.parametrize(("planted", "seed"), [(75, 0), (80, 2), (85, 1), (90, 0)])
def test_a_planted_threshold_is_found_within_one_step(planted: int, seed: int) -> None:
    found = tuned(planted, seed)
    assert abs(found.chosen - Fraction(planted, 100)) <= STEP
    assert found.is_better, found.gain


@pytest.mark.parametrize("seed", range(4))
def test_where_there_is_nothing_to_find_nothing_is_proposed(seed: int) -> None:
    assert not tuned(None, seed).is_better


def test_what_is_proposed_is_judged_on_history_that_it_was_not_chosen_on() -> None:
    simulated = history(80, 2)
    parts = halves(0, simulated.last, simulated.last, WINDOW * DAY)
    assert parts.later.start - parts.earlier.end == WINDOW * DAY
    before = tune(simulated.judged(), SETTINGS, TODAY, parts)
    expanded = simulated.expanded.copy()
    expanded[parts.earlier.known // DAY :] = False  # whatever comes later
    expanded[parts.earlier.known // DAY + 30, :60] = True
    after = tune(replace(simulated, expanded=expanded).judged(), SETTINGS, TODAY, parts)
    assert (after.chosen, after.earlier) == (before.chosen, before.earlier)
    assert after.later != before.later


def test_a_window_longer_than_the_history_says_how_much_is_needed() -> None:
    with pytest.raises(TooLittleHistory, match=r"there are 200 days of history with outcomes, and 236 are needed"):
        halves(0, 200 * DAY, 200 * DAY, 90 * DAY)


def test_no_outcomes_print_no_figure() -> None:
    simulated = history(None, 0)
    nothing = replace(simulated, expanded=np.zeros_like(simulated.expanded))
    parts = halves(0, simulated.last, simulated.last, WINDOW * DAY)
    with pytest.raises(TooLittleHistory, match="0 expansions are known in the earlier part"):
        tune(nothing.judged(), SETTINGS, TODAY, parts)


def test_a_curve_counts_what_one_would_count_by_hand() -> None:
    simulated = history(80, 2)
    judged, part = simulated.judged(), halves(0, simulated.last, simulated.last, WINDOW * DAY).later
    place = SETTINGS.index(Fraction(80, 100))
    point = curve(judged, SETTINGS, part)[place]
    assert point.firings == len(by_hand := _firings_by_hand(simulated, 80, part.start // DAY, part.end // DAY))
    assert point.right == sum(by_hand)


def _firings_by_hand(simulated: History, threshold: int, first: int, last: int) -> list[bool]:
    """Day by day and account by account: whether each firing was right."""
    fired = []
    for usage, expanded in zip(simulated.usage.T, simulated.expanded.T, strict=True):
        above, days = usage >= threshold, np.flatnonzero(expanded)
        for day in np.flatnonzero(above[1:] & ~above[:-1]) + 1:
            bought_before = ((days < day) & (days + WINDOW >= day)).any()
            if first <= day < last and not bought_before:
                fired.append(bool(((days >= day) & (days < day + WINDOW)).any()))
    return fired


def test_only_settings_that_no_other_beats_are_left() -> None:
    def point(setting: int, right: int, found: int) -> Point:
        return Point(Fraction(setting), 10, right, 10, found, Fraction(1), Fraction(0))

    worse, best_found, best_precise = point(1, 2, 2), point(2, 3, 5), point(3, 6, 4)
    assert pareto([worse, best_found, best_precise]) == [best_found, best_precise]
