"""Scores become chances that hold, also where a rank is read: at the top. Truth is simulated, so it is known."""

from __future__ import annotations

import numpy as np
import pytest

from expansion.measure.calibration import BetaCalibration, calibration_error, held, sigmoid, top


def _world(seed: int, positives: int, base: float = 0.05):
    """Scores that order accounts well and say too much: true chances, scores and what came true.

    About `positives` of the rows came true.
    """
    draw = np.random.default_rng(seed)
    rows = round(positives / base)
    merit = draw.normal(size=6 * rows) * 1.2
    shift = _shift(merit, base)
    true = sigmoid(merit + shift)
    scores = sigmoid(2.2 * (merit + shift) + 5.5)  # overconfident, and far too high
    happened = draw.random(len(true)) < true
    return true, scores, happened, rows


def _shift(merit, base):
    """By which the mean chance is the base rate, found by halving."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sigmoid(merit + middle).mean() < base else (low, middle)
    return (low + high) / 2


def _fitted(seed: int, positives: int):
    """Calibrated by the first rows, judged on the rest."""
    true, scores, happened, rows = _world(seed, positives)
    chances = BetaCalibration.fit(scores[:rows], happened[:rows]).chances(scores[rows:])
    return chances, true[rows:], happened[rows:]


def test_with_300_positives_chances_are_within_3_points_of_the_truth_and_on_average_within_1():
    errors = [calibration_error(chances, true) for chances, true, _ in (_fitted(seed, 300) for seed in range(20))]
    assert max(errors) < 0.03
    assert np.mean(errors) < 0.012


def test_scores_as_they_are_would_be_far_off():
    true, scores, _, _ = _world(1, 300)
    assert calibration_error(scores, true) > 0.1


@pytest.mark.parametrize("positives", [60, 300])
def test_the_top_hundredth_is_not_overstated(positives):
    gaps = []
    for seed in range(100):
        chances, true, _ = _fitted(seed, positives)
        first = np.argsort(-chances, kind="stable")[: len(chances) // 100]
        gaps.append(chances[first].mean() - true[first].mean())
    assert abs(np.mean(gaps)) < 0.03  # isotonic regression: +4 to +10 points in such worlds


@pytest.mark.parametrize("positives", [20, 60, 300])
def test_no_chance_is_nought_or_one(positives):
    _, scores, happened, rows = _world(3, positives)
    chances = BetaCalibration.fit(scores[:rows], happened[:rows]).chances(np.array([0.0, 1e-300, 0.5, 1.0]))
    assert (chances > 0).all() and (chances < 1).all()


def test_the_order_of_scores_is_kept():
    draw = np.random.default_rng(5)
    scores = draw.random(400)
    backwards = draw.random(400) < 1 - scores  # the higher the score, the rarer: nothing to be learned but the rate
    found = BetaCalibration.fit(scores, backwards).chances(np.sort(scores))
    assert (np.diff(found) >= 0).all()
    assert found[0] == pytest.approx(backwards.mean(), abs=0.01)


def test_it_is_the_logistic_regression_that_scikit_learn_finds():
    from sklearn.linear_model import LogisticRegression

    _, scores, happened, rows = _world(7, 300)
    scores, happened = scores[:rows], happened[:rows]
    columns = np.column_stack([np.log(scores), -np.log1p(-scores)])
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(columns, happened)
    assert (theirs.coef_ > 0).all(), "no slope had to be held at nought in this world"
    ours = BetaCalibration.fit(scores, happened).chances(scores)
    assert ours == pytest.approx(theirs.predict_proba(columns)[:, 1], abs=1e-4)


def test_where_all_or_none_came_true_nothing_is_calibrated():
    with pytest.raises(ValueError, match="nothing to calibrate by"):
        BetaCalibration.fit(np.array([0.2, 0.4]), np.array([True, True]))


def test_the_error_is_the_distance_between_what_was_said_and_what_came():
    chances = np.array([0.1, 0.1, 0.5, 0.5])
    assert calibration_error(chances, np.array([False, False, True, False]), bins=2) == pytest.approx(0.05)


def test_the_top_is_a_share_of_all_and_one_row_at_least():
    chances, happened = np.array([0.1, 0.9, 0.5]), np.array([False, True, False])
    assert top(chances, happened, 0.01) == held(np.array([0.9]), np.array([True]))
    assert top(chances, happened, 0.67).said == pytest.approx(0.7)
