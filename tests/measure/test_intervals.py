"""Intervals of one look: against published tables, another way to compute each, and every outcome that there is."""

from __future__ import annotations

from math import comb, inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from expansion.measure.intervals import Arm, Interval, koopman, newcombe, score, wilson

NINETY_FIVE = stats.norm.ppf(0.975) ** 2


def _arms(most: int = 60) -> st.SearchStrategy[Arm]:
    return st.integers(1, most).flatmap(lambda n: st.builds(Arm, st.just(n), st.integers(0, n)))


# --- published values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("treated", "held_out", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_differences_are_those_of_newcombes_table(treated, held_out, low: float, high: float):
    """Newcombe (1998), table II, method 10."""
    found = newcombe(Arm(treated[1], treated[0]), Arm(held_out[1], held_out[0]))
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_nobody_of_fifty_on_either_side_still_has_a_difference():
    found = newcombe(Arm(50, 0), Arm(50, 0))
    assert (round(found.low, 4), round(found.high, 4)) == (-0.0713, 0.0713)


def test_the_ratio_is_that_of_koopmans_example():
    """Koopman (1984): 36 of 40 against 16 of 80."""
    found = koopman(Arm(40, 36), Arm(80, 16))
    assert (round(found.low, 2), round(found.high, 2)) == (2.94, 7.15)


# --- another way to compute them --------------------------------------------------------------------------------------


@given(_arms(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_one_rate_is_what_scipy_says(arm: Arm, confidence: float):
    theirs = stats.binomtest(arm.converted, arm.units).proportion_ci(confidence, method="wilson")
    ours = wilson(arm, confidence)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@given(_arms(), _arms(), st.floats(0.05, 20))
def test_the_score_rests_on_the_likeliest_rates_that_have_the_ratio(treated: Arm, held_out: Arm, ratio: float):
    """The closed formula against a search for the largest likelihood."""
    base = _likeliest_by_search(treated, held_out, ratio)
    assert score(treated, held_out, ratio) == pytest.approx(_chi2(treated, held_out, ratio, base), rel=1e-3, abs=1e-3)


def _likeliest_by_search(treated: Arm, held_out: Arm, ratio: float) -> float:
    def unlikely(base: float) -> float:
        return -sum(
            stats.binom.logpmf(arm.converted, arm.units, rate)
            for arm, rate in ((treated, ratio * base), (held_out, base))
        )

    most = min(1.0, 1 / ratio)
    return float(optimize.minimize_scalar(unlikely, bounds=(0, most), method="bounded", options={"xatol": 1e-12}).x)


def _chi2(treated: Arm, held_out: Arm, ratio: float, base: float) -> float:
    found = 0.0
    for arm, rate in ((treated, ratio * base), (held_out, base)):
        wanted = np.array([arm.units * rate, arm.units * (1 - rate)])
        seen = np.array([arm.converted, arm.units - arm.converted])
        found += float(np.sum((seen - wanted) ** 2 / np.maximum(wanted, 1e-12)))
    return found


@given(_arms(), _arms())
def test_the_ends_of_a_ratio_are_where_the_score_is_at_its_limit(treated: Arm, held_out: Arm):
    found = koopman(treated, held_out)
    for end in (found.low, found.high):
        if 0 < end < inf:
            assert score(treated, held_out, end) == pytest.approx(NINETY_FIVE, rel=1e-3)
    assert (found.low == 0) == (treated.converted == 0)
    assert (found.high == inf) == (held_out.converted == 0)


@given(_arms(), _arms())
def test_turned_round_a_difference_changes_its_sign_and_a_ratio_is_one_over(treated: Arm, held_out: Arm):
    one, other = newcombe(treated, held_out), newcombe(held_out, treated)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-12)
    if treated.converted and held_out.converted:
        one, other = koopman(treated, held_out), koopman(held_out, treated)
        assert (one.low, one.high) == pytest.approx((1 / other.high, 1 / other.low), rel=1e-4)


# --- every outcome that there is --------------------------------------------------------------------------------------


def _weights(units: int, rate: float) -> np.ndarray:
    return np.array([comb(units, k) * rate**k * (1 - rate) ** (units - k) for k in range(units + 1)])


def _covered(treated: int, held_out: int, rates: tuple[float, float], method, truth: float) -> float:
    """The exact chance that the interval holds the truth, over all that can be counted."""
    holds = np.array(
        [[truth in method(Arm(treated, i), Arm(held_out, j)) for j in range(held_out + 1)] for i in range(treated + 1)]
    )
    return float(_weights(treated, rates[0]) @ holds @ _weights(held_out, rates[1]))


@pytest.mark.parametrize(("treated", "held_out", "rate"), [(95, 5, 0.05), (90, 10, 0.1), (60, 20, 0.05)])
@pytest.mark.parametrize("lift", [1.0, 1.5])
def test_a_small_holdout_is_covered_as_often_as_is_said(treated: int, held_out: int, rate: float, lift: float):
    rates = (lift * rate, rate)
    assert _covered(treated, held_out, rates, newcombe, rates[0] - rates[1]) > 0.93
    assert _covered(treated, held_out, rates, koopman, lift) > 0.93


def _wald(treated: Arm, held_out: Arm) -> Interval:
    ours, theirs = treated.converted / treated.units, held_out.converted / held_out.units
    half = 1.96 * (ours * (1 - ours) / treated.units + theirs * (1 - theirs) / held_out.units) ** 0.5
    return Interval(ours - theirs - half, ours - theirs + half)


def test_the_textbook_interval_is_not():
    """So that the test above can fail: the shortcut that everybody takes, on the same counts."""
    assert _covered(90, 10, (0.1, 0.1), _wald, 0.0) < 0.75


def test_of_nobody_nothing_is_claimed():
    nobody, some = Arm(0, 0), Arm(100, 3)
    assert wilson(nobody) == Interval(0, 1)
    assert newcombe(some, nobody) == Interval(-1, 1)
    assert koopman(some, nobody) == koopman(Arm(5, 0), Arm(5, 0)) == Interval(0, inf)


def test_more_conversions_than_accounts_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="6 of 5"):
        Arm(5, 6)
