"""Looking every week for half a year: how often nothing is called a lift, and how soon a lift is."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaln

from expansion.measure.intervals import Interval
from expansion.measure.sequential import (
    Converted,
    always_valid,
    evidence,
    over_looks,
    smallest_told,
    weeks_until_told,
)

WEEKS = 26
LIMIT = log(20)


@dataclass(frozen=True)
class Design:
    """How accounts come, how many are held out, and how many convert within half a year."""

    accounts: int
    share: float
    rate: float
    sticky: bool  # all there from the first week; else as many arrive in each

    def looks(self, worlds: int, seed: int, lift: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Conversions until each week, held out and treated: a row for each world."""
        rng = np.random.default_rng(seed)
        return (self._cohort if self.sticky else self._arriving)(rng, worlds, lift)

    def _arriving(self, rng: np.random.Generator, worlds: int, lift: float) -> tuple[np.ndarray, np.ndarray]:
        each = self.accounts // WEEKS
        held = rng.binomial(each, self.share, (worlds, WEEKS))
        rates = (self.rate, self.rate * lift)
        held_out, treated = (
            rng.binomial(n, rate).cumsum(1) for n, rate in zip((held, each - held), rates, strict=True)
        )
        return held_out, treated

    def _cohort(self, rng: np.random.Generator, worlds: int, lift: float) -> tuple[np.ndarray, np.ndarray]:
        held = rng.binomial(self.accounts, self.share, worlds)
        return _hazard(rng, held, self.rate), _hazard(rng, self.accounts - held, self.rate * lift)


def _hazard(rng: np.random.Generator, left: np.ndarray, rate: float) -> np.ndarray:
    a_week, found = 1 - (1 - rate) ** (1 / WEEKS), []
    for _ in range(WEEKS):
        found.append(rng.binomial(left, a_week))
        left = left - found[-1]
    return np.cumsum(found, axis=0).T


# 50/50 and arriving; small holdouts of arriving accounts; and the sticky cohorts of a real holdout.
DESIGNS = {
    "A": Design(20_000, 0.5, 0.01, sticky=False),
    "B": Design(20_000, 0.1, 0.01, sticky=False),
    "C": Design(4_000, 0.05, 0.03, sticky=False),
    "D": Design(20_000, 0.1, 0.03, sticky=True),
    "E": Design(2_000, 0.05, 0.03, sticky=True),
}


def _vectorised(held_out: np.ndarray, treated: np.ndarray, share: float, ratio: float = 1.0) -> np.ndarray:
    """The evidence of many worlds at once, by scipy's log-beta: the same formula a second time."""
    null, held, others = share / (share + (1 - share) * ratio), 20 * share, 20 * (1 - share)
    mixed = betaln(held + held_out, others + treated) - betaln(held, others)
    return mixed - held_out * np.log(null) - treated * np.log1p(-null)


@given(st.integers(0, 500), st.integers(0, 5_000), st.floats(0.01, 0.9), st.floats(0.2, 5))
def test_the_simulations_below_are_about_the_same_evidence(held: int, treated: int, share: float, ratio: float):
    theirs = _vectorised(np.array(held), np.array(treated), share, ratio)
    assert evidence([Converted(share, held, treated)], ratio) == pytest.approx(float(theirs), rel=1e-6, abs=1e-6)


# --- no lift ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DESIGNS)
def test_at_most_one_in_twenty_histories_without_a_lift_ever_says_that_there_is_one(name: str):
    design = DESIGNS[name]
    held_out, treated = design.looks(4_000, seed=14)
    alarms = (_vectorised(held_out, treated, design.share) >= LIMIT).any(axis=1)
    assert 0 < alarms.mean() <= 0.05


@pytest.mark.parametrize("name", DESIGNS)
def test_a_test_made_anew_each_week_says_so_in_one_of_four(name: str):
    """The shortcut: a z-test each week, until one is below 5 %. Figures in docs/measuring.md."""
    design = DESIGNS[name]
    held_out, treated = design.looks(4_000, seed=14)
    assert (_z(held_out, treated, design) > 1.96).any(axis=1).mean() > 0.18


def _z(held_out: np.ndarray, treated: np.ndarray, design: Design) -> np.ndarray:
    """The pooled z-test of what has converted among those who are there."""
    weeks = np.full(WEEKS, WEEKS) if design.sticky else np.arange(1, WEEKS + 1)
    n = design.accounts / WEEKS * weeks
    ours, theirs = n * (1 - design.share), n * design.share
    pooled = (held_out + treated) / n
    spread = np.sqrt(np.maximum(pooled * (1 - pooled) * (1 / ours + 1 / theirs), 1e-12))
    found: np.ndarray = np.abs(treated / ours - held_out / theirs) / spread
    return found


def test_chance_by_each_conversion_is_fair_whatever_came_before():
    """The expected evidence after the next conversion is the evidence now: exactly, for every past of 12."""
    for share in (0.05, 0.5):
        for held in range(13):
            now = Converted(share, held, 12 - held)
            after = share * exp(evidence([now.more(1, 0)])) + (1 - share) * exp(evidence([now.more(0, 1)]))
            assert after == pytest.approx(exp(evidence([now])), rel=1e-9)


def test_groups_with_different_shares_are_fair_together():
    one, other = Converted(0.1, 2, 9), Converted(0.25, 3, 4)
    after = 0.25 * exp(evidence([one, other.more(1, 0)])) + 0.75 * exp(evidence([one, other.more(0, 1)]))
    assert after == pytest.approx(exp(evidence([one, other])), rel=1e-9)


# --- the interval -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "lift"), [("B", 1.0), ("D", 1.4), ("E", 1.0), ("A", 1.5)])
def test_the_true_ratio_lies_within_at_all_looks(name: str, lift: float):
    """A ratio is refused exactly where it lies outside, which the next test holds."""
    design = DESIGNS[name]
    held_out, treated = design.looks(2_000, seed=7, lift=lift)
    inside = (_vectorised(held_out, treated, design.share, lift) < LIMIT).all(axis=1)
    assert inside.mean() >= 0.95


@given(st.integers(0, 60), st.integers(0, 600), st.floats(0.02, 0.6), st.floats(0.1, 10))
def test_what_lies_within_is_what_is_not_refused(held: int, treated: int, share: float, ratio: float):
    conversions = [Converted(share, held, treated)]
    found, strength = always_valid(conversions), evidence(conversions, ratio)
    if abs(strength - LIMIT) > 1e-6:
        assert (ratio in found) == (strength < LIMIT)


def test_without_a_conversion_on_one_side_it_is_open_there():
    assert always_valid([Converted(0.1, 0, 0)]) == Interval(0, inf)
    assert always_valid([Converted(0.1, 0, 40)]).high == inf
    assert always_valid([Converted(0.1, 9, 0)]).low == 0


def test_looks_together_allow_what_each_of_them_allows():
    assert over_looks([Interval(0.5, 3), Interval(0.8, 4), Interval(0.7, 2.5)]) == Interval(0.8, 2.5)
    assert over_looks([Interval(0.5, 0.9), Interval(1.1, 2)]) is None
    assert over_looks([]) == Interval(0, inf)


# --- how long it takes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("design", "lift"),
    [
        (Design(104_000, 0.5, 0.01, sticky=False), 1.3),
        (Design(104_000, 0.2, 0.02, sticky=False), 1.3),
        (Design(40_000, 0.1, 0.05, sticky=False), 1.6),
        (Design(40_000, 0.2, 0.05, sticky=False), 0.7),
    ],
)
def test_a_lift_is_found_within_the_time_it_says_in_four_of_five_histories(design: Design, lift: float):
    pace = design.accounts / WEEKS * design.rate * (design.share + (1 - design.share) * lift)
    weeks = weeks_until_told([Converted(design.share, 0, 0)], [pace], lift)
    assert weeks is not None and weeks <= WEEKS, "else the simulation is too short to see it"
    held_out, treated = design.looks(2_000, seed=3, lift=lift)
    found = (_vectorised(held_out, treated, design.share) >= LIMIT)[:, :weeks].any(axis=1).mean()
    assert 0.77 <= found <= 0.93


def test_what_has_been_counted_already_shortens_the_time():
    fresh = weeks_until_told([Converted(0.1, 0, 0)], [20], 1.3)
    begun = weeks_until_told([Converted(0.1, 40, 470)], [20], 1.3)
    assert fresh is not None and begun is not None and 0 < begun < fresh


def test_what_is_known_already_takes_no_more_weeks():
    assert weeks_until_told([Converted(0.5, 10, 90)], [1], 1.3) == 0


def test_the_smallest_lift_of_a_year_takes_a_year():
    begun = [Converted(0.1, 3, 25)]
    smallest = smallest_told(begun, [6], 52)
    assert smallest is not None and 1 < smallest < 3
    assert weeks_until_told(begun, [6], smallest) == 52
    assert smallest_told([Converted(0.05, 0, 1)], [0.1], 52) is None


def test_ten_years_that_are_not_enough_are_no_number_of_weeks():
    assert weeks_until_told([Converted(0.05, 0, 1)], [0.2], 1.3) is None
    assert weeks_until_told([Converted(0.05, 0, 0)], [0.0], 1.3) is None


def test_a_share_of_none_or_all_holds_nobody_out():
    with pytest.raises(ValueError, match="between none and all"):
        Converted(0, 1, 1)
