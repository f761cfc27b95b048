"""Counts calls over a span of time, for limits that a vendor keeps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Window:
    """The calls of the last `seconds`; or, `by_clock`, those since the clock came to a whole number of them.

    How many there may be is asked each time: a test may change it. Whether a refused call counts is the vendor's.
    """

    def __init__(self, seconds: float, now: Callable[[], float], *, by_clock: bool = False) -> None:
        self._seconds, self._now, self._by_clock = seconds, now, by_clock
        self._calls: deque[float] = deque()

    def count(self) -> int:
        """One more call: how many there are with it."""
        self._calls.append(self._now())
        return self.used

    @property
    def used(self) -> int:
        self._forget()
        return len(self._calls)

    def wait(self, most: int) -> float | None:
        """Seconds until one more of `most` has room; None where it has."""
        if self.used < most:
            return None
        return self._over(self._calls[0]) - self._now()

    @property
    def ends(self) -> float:
        """When the one under way is over, `by_clock`."""
        return self._over(self._now())

    def _forget(self) -> None:
        while self._calls and self._over(self._calls[0]) <= self._now():
            self._calls.popleft()

    def _over(self, at: float) -> float:
        """When a call of that time counts no more."""
        return (at // self._seconds + 1) * self._seconds if self._by_clock else at + self._seconds
