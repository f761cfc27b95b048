"""What is learned from a simulated company whose reasons are known: found, calibrated, and nothing where is nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from expansion.measure.learners import Linear, Scale
from expansion.measure.model import Model, TooLittle, learn
from expansion.measure.panel import panel
from tests.measure.worlds import MONTH, NOISE, PEOPLE, SEATS, WINDOW, World, world


def _panel(one: World):
    return panel(one.observed, one.expansions, WINDOW, one.until)


@pytest.fixture(scope="module")
def learned() -> tuple[World, Model]:
    one = world(0)
    found = learn(_panel(one), WINDOW)
    assert isinstance(found, Model)
    return one, found


def test_what_causes_expansions_weighs_more_than_any_noise(learned):
    _, model = learned
    assert isinstance(model.learner, Linear)
    weights = {feature.key: abs(weight) for feature, weight in zip(model.features, model.learner.weights, strict=True)}
    assert min(weights[PEOPLE.key], weights[SEATS.key]) > 3 * max(weights[feature.key] for feature in NOISE)


def test_chances_of_later_months_are_within_3_points_of_what_came(learned):
    _, model = learned
    assert model.expansions >= 300
    assert model.judged.error < 0.03
    assert model.judged.all.said == pytest.approx(model.judged.all.came, abs=0.02)


def test_the_first_tenth_expands_more_than_twice_as_often_as_all(learned):
    _, model = learned
    assert model.judged.top_tenth.came > 2 * model.judged.all.came


def test_where_nothing_tells_no_chance_is_given():
    for seed in range(3):
        one = world(seed, effect=0.0, base=-3.5)
        found = learn(_panel(one), WINDOW)
        assert isinstance(found, TooLittle)
        assert "did not hold in later ones" in found.why


def test_boosted_trees_are_taken_where_a_line_finds_nothing():
    found = learn(_panel(world(0, bent=True, base=-5.5)), WINDOW)
    assert isinstance(found, Model)
    assert found.is_boosted
    assert found.judged.error < 0.03


def test_the_plain_model_stays_where_boosting_adds_nothing(learned):
    _, model = learned
    assert not model.is_boosted
    assert model.judged.boosted_gains is not None


def test_the_parts_of_a_chance_add_up_to_it(learned):
    one, model = learned
    values = np.column_stack([one.observed[-1].numbers[feature] for feature in model.features])
    whole = model.usual() + sum(model.parts(values).values())
    assert whole == pytest.approx(model.chances(values), abs=2e-3)


def test_the_same_history_teaches_the_same():
    one = _panel(world(4, accounts=400))
    first, second = learn(one, WINDOW), learn(one, WINDOW)
    assert isinstance(first, Model) and isinstance(second, Model)
    assert (first.chances(one.values) == second.chances(one.values)).all()


def test_one_wild_value_moves_no_chance_beyond_the_cap():
    values = np.linspace(0, 1, 1_000)[:, None]
    wild = np.vstack([values, [[1e12]]])
    assert Scale.of(wild)(wild).max() < 2


def test_a_flag_that_is_rare_is_no_flat_column():
    flag = np.zeros((1_000, 1))
    flag[:3] = 1.0
    assert Scale.of(flag)(flag)[0, 0] > 5


def test_what_nobody_knows_is_usual():
    scale = Scale.of(np.array([[1.0, np.nan], [3.0, np.nan]]))
    assert (scale(np.array([[np.nan, np.nan]])) == 0).all()


# --- too little -------------------------------------------------------------------------------------------------------


def test_under_50_expansions_nothing_is_learned(snapshot):
    one = world(1)
    few = replace(one, expansions=one.expansions[:30])
    assert learn(_panel(few), WINDOW) == snapshot


def test_a_window_longer_than_the_history_says_so(snapshot):
    one = world(1, accounts=50, months=1)
    long = timedelta(days=365)
    assert learn(panel(one.observed, one.expansions, long, one.until), long) == snapshot


def test_a_history_too_short_to_be_judged_says_so(snapshot):
    one = world(1, accounts=3_000, months=1)
    assert learn(_panel(replace(one, observed=one.observed[:2])), WINDOW) == snapshot


def test_no_outcomes_say_so(snapshot):
    assert learn(_panel(replace(world(1, accounts=50), expansions=[])), WINDOW) == snapshot


# --- rows -------------------------------------------------------------------------------------------------------------


def test_an_expansion_counts_once_however_many_months_come_before_it():
    one = world(2, accounts=100)
    rows = _panel(one)
    assert rows.happened.sum() > rows.expansions
    assert rows.expansions <= len(one.expansions)


def test_who_expanded_within_a_window_before_has_left():
    one = world(2, accounts=100)
    rows = _panel(one)
    names = sorted(one.observed[0].accounts)
    out = {(each.account_id, place) for each in one.expansions for place, at in enumerate(rows.moments)
           if at - WINDOW < each.at <= at}  # fmt: skip
    assert out
    here = {(names[account], moment) for account, moment in zip(rows.account, rows.moment, strict=True)}
    assert not out & here


def test_an_account_that_was_not_there_has_no_row():
    one = world(2, accounts=100)
    first, *rest = one.observed
    without = replace(first, accounts=first.accounts[1:], numbers={f: c[1:] for f, c in first.numbers.items()})
    rows = panel([without, *rest], [], WINDOW, one.until)
    assert ((rows.moment == 0) & (rows.account == 0)).sum() == 0
    assert ((rows.moment == 1) & (rows.account == 0)).sum() == 1


def test_what_becomes_known_later_changes_nothing():
    one = world(2, accounts=100)
    late = [replace(each, known_at=one.until + MONTH, account_id="a-0001") for each in one.expansions[:40]]
    before, after = _panel(one), _panel(replace(one, expansions=[*one.expansions, *late]))
    assert (before.happened == after.happened).all()


def test_moments_whose_window_is_not_over_are_not_learned_from():
    one = world(2, accounts=100)
    assert max(_panel(one).moments) + WINDOW <= one.until
