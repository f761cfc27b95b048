"""Windows of calls: when a call counts no more, and how long there is to wait."""

from __future__ import annotations

from sandbox.kit.pages import page
from sandbox.kit.window import Window


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_call_counts_until_the_span_is_over_and_not_a_moment_longer() -> None:
    clock = Clock(100.0)
    window = Window(10, clock)
    assert window.wait(1) is None
    assert window.count() == 1
    clock.now = 109.5
    assert window.wait(1) == 0.5
    assert window.wait(2) is None
    clock.now = 110.0
    assert window.used == 0
    assert window.wait(1) is None


def test_by_the_clock_all_calls_are_forgotten_at_once() -> None:
    clock = Clock(109.0)
    window = Window(10, clock, by_clock=True)
    assert (window.count(), window.count(), window.ends, window.wait(2)) == (1, 2, 110, 1)
    clock.now = 110.0
    assert (window.used, window.ends) == (0, 120)


def test_a_call_that_was_refused_counts_where_it_is_counted() -> None:
    window = Window(10, Clock(0.0))
    assert [window.count() > 2 for _ in range(4)] == [False, False, True, True]


def test_the_last_page_has_none_after_it() -> None:
    assert page([1, 2, 3], 0, 2).next == 2
    last = page([1, 2, 3], 2, 2)
    assert (last.items, last.next) == ([3], None)
    assert page([1, 2], 0, 2).next is None
    assert page([1, 2], 5, 2).items == []
