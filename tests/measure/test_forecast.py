"""Forecasts of simulated histories: how often the interval holds what came, against what it says."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pytest

from expansion.measure.forecast import (
    FEWEST_ERRORS,
    Held,
    Stretch,
    Told,
    coverage,
    days_needed,
    interval,
    months_ahead,
    per_day,
    run_rate,
)

WEEKS = 130
NEXT_WEEK, THIS_MONTH, NEXT_MONTH = Stretch(0, 7), Stretch(0, 30), Stretch(30, 60)


@cache
def _histories(kind: str, level: float = 20, count: int = 100, seed: int = 5) -> np.ndarray:
    """Outcomes a day over two and a half years: overdispersed from week to week, and growing or seasonal, or both."""
    rng = np.random.default_rng(seed)
    t = np.arange(WEEKS * 7) / (WEEKS * 7)
    shape = np.ones_like(t) * level / 7
    if kind in ("trend", "both"):
        shape *= 3**t
    if kind in ("season", "both"):
        shape *= 1 + 0.3 * np.sin(2 * np.pi * t * WEEKS * 7 / 365)
    bursts = rng.gamma(20, 1 / 20, (count, WEEKS)).repeat(7, axis=1)
    found: np.ndarray = rng.poisson(shape * bursts)
    return found


def _share_held(kind: str, ahead: Stretch, weeks: int = 26) -> float:
    """Of the last half year's forecasts of all histories, the share whose interval held."""
    hits = [
        sum(history[day + ahead.start : day + ahead.end]) in found.interval
        for history in _histories(kind).tolist()
        for day in range(len(history) - ahead.end - weeks * 7, len(history) - ahead.end + 1, 90)
        if (found := run_rate(history[:day], ahead)) and found.interval
    ]
    return sum(hits) / len(hits)


@pytest.mark.parametrize("kind", ["flat", "trend", "season"])
@pytest.mark.parametrize("ahead", [NEXT_WEEK, THIS_MONTH, NEXT_MONTH], ids=["week", "month", "next-month"])
def test_an_interval_of_90_percent_holds_85_to_95_percent(kind: str, ahead: Stretch):
    """A point more for chance, on the side on which nobody is misled: 300 forecasts are looked at."""
    assert 0.85 <= _share_held(kind, ahead) <= 0.96


@pytest.mark.parametrize("ahead", [NEXT_WEEK, THIS_MONTH, NEXT_MONTH], ids=["week", "month", "next-month"])
def test_growth_with_seasons_on_top_is_held_nearly_as_often(ahead: Stretch):
    assert 0.82 <= _share_held("both", ahead) <= 0.95


def test_a_poisson_interval_round_the_same_mean_would_not():
    """The shortcut: of the same weeks, it holds two thirds to three quarters."""
    hits = [
        abs(sum(history[day : day + 7]) - level) <= 1.645 * level**0.5
        for history in _histories("trend").tolist()
        for day in range(len(history) - 7 - 26 * 7, len(history) - 6, 7)
        for level in [sum(history[day - 56 : day]) / 8]
    ]
    assert sum(hits) / len(hits) < 0.85


def test_what_is_said_of_the_last_weeks_is_how_often_it_held_then():
    """Against a replay: each week forecast anew from what was known in it."""
    history = _histories("season")[0].tolist()
    found = run_rate(history, NEXT_WEEK)
    assert found and found.held
    then = [run_rate(history[: len(history) - 7 * back], NEXT_WEEK) for back in range(1, 27)]
    came = [sum(history[len(history) - 7 * back :][:7]) for back in range(1, 27)]
    hits = [much in one.interval for one, much in zip(then, came, strict=True) if one and one.interval]
    assert found.held == Held(sum(hits), 26)


def test_nothing_of_the_days_ahead_plays_a_part():
    """Errors whose stretch is not over are not known yet, however well the future is known."""
    history = _histories("flat")[1].tolist()
    before = run_rate(history[:600], NEXT_MONTH)
    assert before == run_rate([*history[:600], *[999] * 90][:600], NEXT_MONTH)
    past = [Told(10, 10)] * 60
    spoilt = [*past[:-1], Told(10, 500)]
    assert coverage(spoilt, NEXT_MONTH) == Held(25, 26), "the last one is missed, and taught nothing to the others"


def test_the_level_is_the_mean_of_eight_weeks():
    found = run_rate([0] * 30 + [3] * 56, Stretch(10, 30))
    assert found and found.expected == 60 and found.interval is None


def test_under_eight_weeks_there_is_no_forecast():
    assert run_rate([1] * 55, NEXT_WEEK) is None
    assert run_rate([1] * 56, NEXT_WEEK) is not None


@pytest.mark.parametrize("ahead", [NEXT_WEEK, NEXT_MONTH])
def test_an_interval_takes_as_many_days_as_are_said_to_be_needed(ahead: Stretch):
    enough, short = (run_rate([1] * days, ahead) for days in (days_needed(ahead), days_needed(ahead) - 1))
    assert enough and short
    assert enough.errors == FEWEST_ERRORS and enough.interval is not None
    assert short.interval is None


def test_an_interval_is_never_below_nothing_and_never_infinite():
    past = [Told(2, 0), Told(2, 30)] * 20
    found = interval(past, 1.0, NEXT_WEEK)
    assert found and found.low == 0 and found.high < 100


def test_a_larger_business_errs_by_more_but_not_in_proportion():
    past = [Told(100, 90), Told(100, 110)] * 20
    small, large = (interval(past, level, NEXT_WEEK) for level in (100.0, 400.0))
    assert small and large
    assert (small.high - 100, large.high - 400) == pytest.approx((10, 20))


def test_errors_of_overlapping_months_count_as_fewer():
    rng = np.random.default_rng(1)
    past = [Told(100, float(much)) for much in rng.normal(100, 10, 52)]
    week, month = (interval(past, 100, ahead) for ahead in (NEXT_WEEK, NEXT_MONTH))
    assert week and month and month.low < week.low < week.high < month.high


def test_months_ahead_begin_today_and_end_with_months():
    found = months_ahead(date(2026, 11, 20), 3)
    assert found == [
        (date(2026, 11, 1), Stretch(0, 11)),
        (date(2026, 12, 1), Stretch(11, 42)),
        (date(2027, 1, 1), Stretch(42, 73)),
    ]


def test_days_are_counted_from_the_first_to_yesterday():
    outcomes = [(date(2026, 5, 1), 1.0), (date(2026, 5, 3), 2.0), (date(2026, 5, 3), 1.0), (date(2026, 5, 4), 9.0)]
    assert per_day(outcomes, date(2026, 5, 4), date(2026, 5, 1)) == [1, 0, 3]


def test_a_stretch_that_is_over_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="not ahead"):
        Stretch(3, 3)
