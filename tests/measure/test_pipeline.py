"""What open conversations promise: chances as they were known, an account once, and errors of forecasts like it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from expansion.measure.forecast import Stretch
from expansion.measure.pipeline import Pipeline, Sale, Talk

START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
NEXT_MONTH = Stretch(0, 30)


def talk(account: str, day: float = 0, tier: str = "seats", worth: float | None = 1000, likely: float = 0.3) -> Talk:
    at = START + day * DAY
    return Talk(account, tier, at, at + 90 * DAY, worth, likely)


def sale(
    account: str, day: float, tier: str | None = None, amount: float | None = None, known: float | None = None
) -> Sale:
    return Sale(account, tier, START + day * DAY, START + (day if known is None else known) * DAY, amount)


def at(day: float) -> datetime:
    return START + day * DAY


def test_before_enough_are_over_the_chance_is_the_estimate_of_the_policy():
    found = Pipeline([talk("a")], []).chances(at(10))["seats"]
    assert (found.share, found.measured, found.over) == (0.3, False, 0)


def test_once_enough_are_over_it_is_measured():
    talks = [talk(f"a{n}") for n in range(40)]
    sales = [sale(f"a{n}", 9 + n) for n in range(10)]
    assert not Pipeline(talks, sales).chances(at(89))["seats"].measured
    found = Pipeline(talks, sales).chances(at(90))["seats"]
    assert (found.share, found.measured, found.won, found.over) == (0.25, True, 10, 40)


def test_a_yes_that_was_not_known_yet_is_none():
    talks = [talk(f"a{n}") for n in range(40)]
    sales = [sale(f"a{n}", 9, known=120) for n in range(10)]
    assert Pipeline(talks, sales).chances(at(119))["seats"].won == 0
    assert Pipeline(talks, sales).chances(at(120))["seats"].won == 10


@pytest.mark.parametrize(
    ("day", "tier", "counts"), [(0, None, 0), (1, None, 1), (90, "seats", 1), (91, None, 0), (5, "add_on", 0)]
)
def test_a_sale_is_a_conversations_doing_within_its_window_and_of_its_tier(day: float, tier: str | None, counts: int):
    pipeline = Pipeline([talk("a")], [sale("a", day, tier)])
    assert (pipeline.won(talk("a"), at(200)) is not None) == bool(counts)


def test_an_account_counts_once_with_what_promises_most():
    talks = [talk("a", worth=1000), talk("a", 2, tier="plan", worth=9000), talk("b", worth=None)]
    found = Pipeline(talks, []).expected(at(3), NEXT_MONTH)
    assert sorted((one.talk.account, one.talk.tier) for one in found) == [("a", "plan"), ("b", "seats")]
    assert [one.worth for one in found if one.talk.account == "b"] == [0.0], "what is not known is not made up"


def test_who_has_bought_or_whose_window_is_over_is_not_open_any_more():
    pipeline = Pipeline([talk("a"), talk("b"), talk("c", 30)], [sale("a", 10)])
    assert {one.talk.account for one in pipeline.expected(at(20), NEXT_MONTH)} == {"b"}
    assert {one.talk.account for one in pipeline.expected(at(95), NEXT_MONTH)} == {"c"}


def test_the_chances_of_all_the_stretches_of_a_window_are_the_whole_chance():
    pipeline = Pipeline([talk("a")], [])
    parts = [pipeline.expected(at(0), Stretch(day, day + 30))[0].chance for day in (0, 30, 60)]
    assert sum(parts) == pytest.approx(0.3) and parts[0] == pytest.approx(parts[2])


def test_a_conversation_that_has_gone_on_without_a_yes_promises_less():
    """Of 100, 30 say yes evenly over 90 days, 10 of them in the first third: of the 90 that are left 20 will."""
    [found] = Pipeline([talk("a")], []).expected(at(30), Stretch(0, 60))
    assert found.chance == pytest.approx(20 / 90)


def test_yeses_that_come_early_are_expected_early():
    talks = [talk(f"a{n}") for n in range(40)] + [talk("new", 100)]
    early = Pipeline(talks, [sale(f"a{n}", 2) for n in range(10)])
    [soon], [late] = (early.expected(at(100), stretch) for stretch in (Stretch(0, 10), Stretch(30, 60)))
    assert (soon.chance, late.chance) == (0.25, 0.0)


def _history(seed: int, weeks: int = 130, chance: float = 0.25, growth: float = 2.0) -> Pipeline:
    """Conversations that begin each week, more and more of them, and end in a yes some time in their window."""
    rng = np.random.default_rng(seed)
    talks, sales = [], []
    for week in range(weeks):
        for n in range(rng.poisson(8 * growth ** (week / weeks) * rng.gamma(20, 1 / 20))):
            one = talk(f"{week}-{n}", week * 7 + float(rng.random()), worth=float(rng.choice([500, 1000, 4000])))
            talks.append(one)
            if rng.random() < chance:
                sales.append(
                    sale(one.account, (one.at - START) / DAY + 90 * float(rng.beta(1.5, 2.5)), amount=one.worth)
                )
    return Pipeline(talks, sales)


def test_the_interval_of_open_conversations_holds_what_came_of_them():
    hits = {"number": [0, 0], "money": [0, 0]}
    for seed in range(8):
        full = _history(seed)
        for day in (700, 770, 840):
            expected = full.expected(at(day), NEXT_MONTH)
            won = [full.won(one.talk, at(10_000)) for one in expected]
            came = [one for one in won if one and at(day) < one.at <= at(day + 30)]
            number, money = full.forecasts(at(day), NEXT_MONTH)[None]
            assert number.interval and money.interval
            for name, found, truth in (
                ("number", number.interval, len(came)),
                ("money", money.interval, sum(one.amount or 0 for one in came)),
            ):
                hits[name][0] += truth in found
                hits[name][1] += 1
    for held, every in hits.values():
        assert 0.8 <= held / every <= 1, "90 %, and 24 forecasts can be two standard errors of five points off"


def test_what_is_planted_later_changes_no_forecast_of_before():
    full = _history(1)
    known = Pipeline(
        [one for one in full.talks if one.at <= at(600)], [one for one in full.sales if one.known_at <= at(600)]
    )
    assert full.forecasts(at(600), NEXT_MONTH) == known.forecasts(at(600), NEXT_MONTH)


def test_without_a_past_there_is_a_number_and_no_interval():
    found, money = Pipeline([talk("a"), talk("b")], []).forecasts(at(1), Stretch(0, 90))[None]
    assert found.interval is None and found.held is None and money.expected > 0
    assert Pipeline([], []).forecasts(at(1), NEXT_MONTH)[None][0].expected == 0
