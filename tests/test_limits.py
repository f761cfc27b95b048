"""Windows: never more than a limit allows in any window, and little less; on a time axis that never goes back."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expansion.limits import Axis, Instant, Limit, Windows, block_of

PAGE = "a page of the vendor"
HUBSPOT = [Limit(190, 10, PAGE)]
GAINSIGHT = [Limit(100, 60, PAGE), Limit(50_000, 86_400, PAGE)]  # a minute, a day
AMPLITUDE = [Limit(500, 31 * 86_400, PAGE)]  # a month
SLACK = [Limit(1, 1, PAGE)]
SEVERAL = [Limit(3, 1, PAGE), Limit(10, 10, PAGE), Limit(24, 60, PAGE), Limit(50, 3600, PAGE)]


def most_in(calls: list[float], seconds: float) -> int:
    """The most calls in any window of that length, open at its start."""
    calls, first, most = sorted(calls), 0, 0
    for number, at in enumerate(calls):
        while calls[first] <= at - seconds + 1e-6:
            first += 1
        most = max(most, number - first + 1)
    return most


def assert_within(calls: list[float], limits: list[Limit]) -> None:
    for limit in limits:
        assert most_in(calls, limit.seconds) <= limit.calls, limit


steps = st.tuples(
    st.sampled_from([0.0, 0.001, 0.02, 0.3, 1.0, 7.0, 61.0, 3000.0]),  # seconds that pass before the taker asks
    st.integers(1, 12),  # calls it wants
    st.floats(0, 1),  # how late in the time it has for a block each call is made
)


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=120), st.sampled_from([HUBSPOT, GAINSIGHT, SLACK, SEVERAL, [Limit(5, 1, PAGE, 0.2)]]))
def test_no_window_of_any_limit_ever_holds_too_many(asked: list[tuple[float, int, float]], limits: list[Limit]) -> None:
    windows, now, calls = Windows(), 0.0, []
    for passed, wanted, late in asked:
        now += passed
        taken = windows.take(limits, wanted, now)
        assert 0 <= taken.calls <= wanted
        assert (taken.wait > 0) == (taken.calls == 0)
        calls += [now + late * taken.lasts] * taken.calls
        windows = Windows.of_data(windows.as_data())
    assert_within(calls, limits)


@pytest.mark.no_cover  # a million times the lines that the others reach
@pytest.mark.parametrize(
    ("limits", "wanted", "seconds"),
    [
        (HUBSPOT, 9, 300.0), (HUBSPOT, 1, 100.0), (SLACK, 1, 100.0), (SEVERAL[:3], 1, 600.0),
        (GAINSIGHT, 3, 2 * 86_400.0), (AMPLITUDE, 1, 124 * 86_400.0), ([Limit(60, 3600, PAGE)], 1, 86_400.0),
    ],
)  # fmt: skip
def test_a_taker_that_never_rests_gets_nine_tenths_and_never_too_much(
    limits: list[Limit], wanted: int, seconds: float
) -> None:
    """Calls of a block are made as late as they may be; whole windows are counted, after the first has filled."""
    windows, now, calls = Windows(), 0.0, []
    while now < seconds:
        taken = windows.take(limits, wanted, now)
        calls += [now + taken.lasts] * taken.calls
        now += max(taken.wait, 1e-6)
    assert_within(calls, limits)
    allowed = min(limit.calls * seconds / limit.seconds for limit in limits)
    assert len(calls) >= 0.9 * allowed


def test_the_wait_is_no_longer_than_it_has_to_be() -> None:
    windows = Windows()
    for at in (0.0, 2.0, 3.0):
        assert windows.take([Limit(3, 10, PAGE)], 1, at).calls == 1
    assert windows.take([Limit(3, 10, PAGE)], 1, 4.0).wait == pytest.approx(6.0)
    assert windows.take([Limit(3, 10, PAGE)], 1, 10.0).calls == 1


@pytest.mark.no_cover
def test_fifty_thousand_calls_a_day_are_few_numbers() -> None:
    windows = Windows()
    for number in range(50_000):
        windows.take([Limit(50_000, 86_400, PAGE)], 1, number * 1.7)
    assert len(windows.taken["86400"]) <= 101


def test_a_limit_that_was_lowered_counts_what_was_taken_before() -> None:
    windows = Windows()
    for at in range(10):
        windows.take([Limit(10, 100, PAGE)], 1, float(at))
    assert windows.left([Limit(4, 100, PAGE)], 10.0) == -6
    assert windows.take([Limit(4, 100, PAGE)], 1, 10.0).wait == pytest.approx(6 + 100 - 10)


def test_held_means_no_call_at_all() -> None:
    windows = Windows()
    windows.hold(30, 5.0)
    windows.hold(10, 6.0)  # the longer one counts
    assert windows.take(HUBSPOT, 1, 10.0).wait == pytest.approx(25.0)
    assert windows.left(HUBSPOT, 10.0) == 0
    assert windows.take(HUBSPOT, 1, 35.0).calls == 1


def test_a_place_is_free_when_it_is_given_back_or_its_time_is_over() -> None:
    windows = Windows()
    tokens = [windows.enter(2, 60, at).token for at in (0.0, 10.0)]
    assert windows.enter(2, 60, 20.0).wait == pytest.approx(40.0)
    windows.leave(str(tokens[1]))
    assert windows.enter(2, 60, 20.0).token not in {None, *tokens}
    assert windows.enter(2, 60, 30.0).token is None
    assert windows.enter(2, 60, 60.0).token is not None  # the first never came back
    windows.leave("unknown")


@pytest.mark.parametrize(
    ("limits", "most"), [(HUBSPOT, 5), (SLACK, 1), ([Limit(60, 3600, PAGE)], 1), ([Limit(1600, 10, PAGE)], 48)]
)
def test_a_block_is_a_small_part_of_the_shortest_window(limits: list[Limit], most: int) -> None:
    calls, lasts = block_of(limits)
    assert calls == most
    assert lasts <= min(1.0, 0.03 * limits[0].seconds)


# --- time -------------------------------------------------------------------------------------------------------------


def test_ticks_of_the_same_machine_are_believed_whatever_the_wall_clock_says() -> None:
    axis = Axis().moved(Instant(wall=1e9, ticks=50, ticker="a"))
    assert axis.seconds == 0
    assert axis.moved(Instant(wall=1e9 + 86_400, ticks=53, ticker="a")).seconds == 3
    assert axis.moved(Instant(wall=1e9 - 86_400, ticks=53, ticker="a")).seconds == 3


def test_after_a_restart_or_on_another_machine_the_wall_clock_counts_and_only_forward() -> None:
    axis = Axis().moved(Instant(wall=1e9, ticks=50, ticker="a"))
    assert axis.moved(Instant(wall=1e9 + 60, ticks=1, ticker="b")).seconds == 60
    back = axis.moved(Instant(wall=1e9 - 3600, ticks=1, ticker="b"))
    assert back.seconds == 0
    assert back.moved(Instant(wall=1e9 - 3590, ticks=9, ticker="c")).seconds == 10  # and from there it goes on


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 3), st.floats(-5000, 0), st.sampled_from("ab")), max_size=60))
def test_clocks_that_are_set_back_never_let_too_many_through(moves: list[tuple[float, float, str]]) -> None:
    """Truth passes; the wall clock is set back at times; two machines take in turn. What they make is within limits."""
    limits, windows, axis = SEVERAL[:2], Windows(), Axis()
    truth, off, calls, seen = 0.0, 0.0, [], [0.0]
    for passed, jump, machine in moves:
        truth, off = truth + passed, off + (jump if jump < -4000 else 0.0)
        axis = axis.moved(Instant(1e9 + truth + off, truth + (500 if machine == "a" else 70), machine))
        seen.append(axis.seconds)
        calls += [truth] * windows.take(limits, 1, axis.seconds).calls
    assert all(later >= earlier for earlier, later in pairwise(seen))
    assert_within(calls, limits)
