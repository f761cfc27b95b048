"""Who counts on which side of a comparison, and what may be said of it when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from expansion.measure.intervals import Arm, Interval
from expansion.measure.lift import Bought, Fired, Lift, Side, as_json, lift

T0 = datetime(2026, 1, 5, tzinfo=UTC)
TENTH, FIFTH = Fraction(1, 10), Fraction(1, 5)
DAY = timedelta(days=1)


def fired(
    unit: str, day: float = 0, *, held_out: bool = False, acted: bool | None = None, share: Fraction = TENTH
) -> Fired:
    at = T0 + day * DAY
    return Fired(unit, at, at + 90 * DAY, held_out, not held_out if acted is None else acted, share)


def bought(unit: str, day: float, known: float | None = None) -> Bought:
    return Bought(unit, T0 + day * DAY, T0 + (day if known is None else known) * DAY)


def many(treated: int, held_out: int, of: tuple[int, int] = (900, 100), weeks: int = 20) -> Lift:
    """So many conversions on each side, spread over the weeks."""
    every = [fired(f"t{n}") for n in range(of[0])] + [fired(f"h{n}", held_out=True) for n in range(of[1])]
    sides = [("t", treated), ("h", held_out)]
    sold = [bought(f"{side}{n}", 1 + n * min(weeks * 7, 89) / count) for side, count in sides for n in range(count)]
    return lift(every, sold, T0 + weeks * 7 * DAY)


def test_an_account_counts_once_by_its_first_firing():
    found = lift([fired("a", 5, held_out=True), fired("a", 3), fired("b", 4)], [], T0 + 30 * DAY)
    assert (found.treated.fired, found.held_out.fired) == (2, 0)


def test_who_was_never_acted_on_counts_on_the_side_that_was_drawn_all_the_same():
    """The attention budget acts on the most valuable: without the others, the sides would not be alike."""
    every = [fired("a"), fired("b", acted=False), fired("c", held_out=True)]
    found = lift(every, [bought("b", 3)], T0 + 30 * DAY)
    assert found.treated == Side(None, fired=2, acted=1, converted=1)
    assert found.held_out == Side(None, fired=1, acted=0, converted=0)


def test_who_was_acted_on_at_a_later_firing_was_acted_on():
    found = lift([fired("a", 0, acted=False), fired("a", 9)], [], T0 + 30 * DAY)
    assert (found.treated.fired, found.treated.acted) == (1, 1)


@pytest.mark.parametrize(("day", "counts"), [(-1, 0), (0, 0), (0.5, 1), (90, 1), (90.5, 0)])
def test_only_what_is_bought_within_the_window_counts(day: float, counts: int):
    assert lift([fired("a")], [bought("a", day)], T0 + 100 * DAY).treated.converted == counts


def test_what_was_not_known_yet_does_not_count():
    late = [bought("a", 10, known=40)]
    assert lift([fired("a")], late, T0 + 39 * DAY).treated.converted == 0
    assert lift([fired("a")], late, T0 + 40 * DAY).treated.converted == 1


def test_an_account_that_buys_twice_has_converted_once():
    assert lift([fired("a")], [bought("a", 3), bought("a", 9)], T0 + 30 * DAY).treated.converted == 1


def test_what_fires_later_plays_no_part():
    assert lift([fired("a", 40)], [], T0 + 30 * DAY).verdict == "nothing"


def test_of_nobody_nothing_is_said():
    found = lift([], [], T0)
    assert (found.verdict, found.ratio, found.weeks, found.counted, found.one_look) == ("nothing",) + (None,) * 4


def test_under_five_conversions_held_out_no_ratio_is_named():
    found = many(50, 4)
    assert (found.verdict, found.counted, found.one_look) == ("too_few", None, None)
    assert found.ratio is not None and 1 in found.ratio


def test_with_five_it_is_named_with_its_intervals():
    found = many(50, 5)
    assert found.verdict == "not_yet"
    assert found.counted == pytest.approx(50 / 900 / (5 / 100))
    assert found.one_look is not None and found.one_look[0].low < 0 < found.one_look[0].high


def test_a_large_lift_is_told_and_takes_no_more_weeks():
    found = many(600, 15)
    assert found.verdict == "lift" and found.weeks is None
    assert found.ratio is not None and 1 < found.ratio.low < found.counted < found.ratio.high  # type: ignore[operator]  # counted


def test_harm_is_told_as_well():
    assert many(90, 60).verdict == "loss"


def test_weeks_to_go_follow_from_the_pace():
    slow, fast = many(300, 33, of=(3000, 330)), many(300, 33, of=(3000, 330), weeks=10)
    assert slow.weeks and fast.weeks and slow.a_week < fast.a_week and fast.weeks < slow.weeks


def test_a_lift_that_takes_more_than_ten_years_has_no_weeks():
    assert many(2, 0).weeks is None


def test_an_earlier_look_narrows_todays():
    """Looks are kept: what one of them has refused is not taken back by the next."""
    rng = np.random.default_rng(3)
    days = rng.uniform(1, 89, 400)
    every = [fired(f"t{n}") for n in range(2000)] + [fired(f"h{n}", held_out=True) for n in range(220)]
    sold = [bought(f"t{n}" if n % 12 else f"h{n}", float(day)) for n, day in enumerate(days[:220])]
    found = [lift(every, sold, T0 + week * 7 * DAY).ratio for week in range(2, 13)]
    for earlier, later in pairwise(found):
        assert earlier and later and earlier.low <= later.low and later.high <= earlier.high


def test_looks_that_contradict_each_other_are_said_and_only_the_last_stands():
    """First it helps greatly, then those who were left alone buy everything: not one ratio all the time."""
    every = [fired(f"t{n}") for n in range(900)] + [fired(f"h{n}", held_out=True) for n in range(900)]
    every = [replace(one, share=Fraction(1, 2)) for one in every]
    early = [bought(f"t{n}", 1 + n / 100) for n in range(100)]
    late = [bought(f"h{n}", 30 + n / 100) for n in range(600)]
    found = lift(every, [*early, *late], T0 + 60 * DAY)
    assert found.contradicts and found.verdict == "loss"
    assert not lift(every, early, T0 + 60 * DAY).contradicts


def test_triggers_with_other_shares_are_put_together_each_by_its_own():
    """A share of 10 % and one of 20 %: taken for one group of 15 %, the sides would not be compared fairly."""
    every = [fired(f"a{n}", held_out=n < 10) for n in range(100)]
    every += [fired(f"b{n}", held_out=n < 20, share=FIFTH) for n in range(100)]
    sold = [bought(f"{side}{n}", 5) for side in "ab" for n in range(0, 100, 5)]
    found = lift(every, sold, T0 + 30 * DAY)
    assert (found.held_out.converted, found.treated.converted) == (6, 34)
    assert found.verdict == "not_yet"


def test_all_that_could_fire_is_counted_beside_them():
    found = lift([fired("a")], [], T0 + DAY, eligible={False: 90, True: 10})
    assert (found.treated.eligible, found.held_out.eligible) == (90, 10)


def test_those_whose_window_goes_on_are_counted():
    every = [fired("a"), fired("b"), fired("c", 50)]
    assert lift(every, [bought("b", 3)], T0 + 60 * DAY).open == 2
    assert lift(every, [bought("b", 3)], T0 + 95 * DAY).open == 1


def test_accounts_that_all_fired_are_no_control():
    """The shortcut of comparing with all that could fire: nothing is gained by acting, and it says three times as much.

    A trigger finds accounts that buy more anyway; the held-out ones among them do as well.
    """
    rng = np.random.default_rng(8)
    good = rng.random(100_000) < 0.1
    sells = rng.random(100_000) < np.where(good, 0.06, 0.01)
    held = rng.random(100_000) < 0.1
    shortcut = sells[good & ~held].mean() / sells.mean()
    every = [fired(f"{n}", held_out=bool(held[n])) for n in np.flatnonzero(good)]
    found = lift(every, [bought(f"{n}", 5 + n / 1000) for n in np.flatnonzero(sells)], T0 + 89 * DAY)
    assert shortcut > 3
    assert found.verdict == "not_yet" and found.counted == pytest.approx(1, abs=0.3)


def test_what_is_open_above_is_null_for_scripts():
    assert as_json(Interval(0.5, float("inf"))) == {"low": 0.5, "high": None}
    assert as_json(None) is None
    assert Arm(10, 1).rate == 0.1
