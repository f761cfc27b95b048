"""Keeps calls under a vendor's limits: a call waits its turn, or is told how long it would have to.

What is left is asked of an `Allowance`. The one of the ledger's database is shared by all workers, and then calls are
taken in small blocks, so that one question to the database serves several calls. Without one a process counts alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from expansion.contract import NotItsTurn, TryLater
from expansion.deliver.sending import refuse_unless_ours
from expansion.limits import Allowance, Entered, Limit, Taken, Windows, block_of
from expansion.text.addresses import without_secrets

# The least that anybody sleeps: a rest of a millionth, left by the arithmetic, would be asked for without end.
_LEAST_SLEEP = 0.001
_LOOK_AGAIN = 1.0  # seconds: a place of several may be given back at any moment


class Clock(Protocol):
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class Alone:
    """The allowance of one process that shares with nobody."""

    def __init__(self, clock: Clock = time) -> None:
        self._clock = clock
        self._budgets: dict[str, Windows] = {}
        self._lock = threading.Lock()

    def take(self, budget: str, limits: Sequence[Limit], wanted: int) -> Taken:
        """One call: asking costs nothing here."""
        with self._lock:
            return self._of(budget).take(limits, 1, self._clock.monotonic())

    def left(self, budget: str, limits: Sequence[Limit]) -> int:
        """How many calls fit right now."""
        with self._lock:
            return self._of(budget).left(limits, self._clock.monotonic())

    def hold(self, budget: str, seconds: float) -> None:
        """No call for so long."""
        with self._lock:
            self._of(budget).hold(seconds, self._clock.monotonic())

    def enter(self, budget: str, places: int, lasts: float) -> Entered:
        """A place among so many at once."""
        with self._lock:
            return self._of(budget).enter(places, lasts, self._clock.monotonic())

    def leave(self, budget: str, token: str) -> None:
        """Give the place back."""
        with self._lock:
            self._of(budget).leave(token)

    def _of(self, budget: str) -> Windows:
        return self._budgets.setdefault(budget, Windows())


class Budget:
    """The calls of one name under one or more limits, of different windows. Threads may share it.

    `patience` is the longest wait, in seconds, that a call accepts; beyond it `NotItsTurn` is raised before anything is
    sent, and also where the claim on what is sent ran out meanwhile. `place` says whose limit it is, where several are
    shared: a vendor's address.
    """

    def __init__(
        self,
        name: str,
        *limits: Limit,
        patience: float = 60.0,
        clock: Clock = time,
        allowance: Allowance | None = None,
        place: str = "",
    ) -> None:
        self.name, self.limits, self.patience = name, limits, patience
        self._clock = clock
        self._allowance = allowance or Alone(clock)
        self._shared_name = f"{name} {without_secrets(place)}".strip()  # it stands in the ledger
        self._in_hand = _Block(limits, clock)
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait for a place and take it."""
        self._in_hand.asked()
        while (wait := self._try()) > 0:
            if wait > self.patience:
                raise NotItsTurn(f"{self.name}: the limit leaves no call for {wait:.0f} seconds", wait=wait)
            self._clock.sleep(max(wait, _LEAST_SLEEP))
        refuse_unless_ours()
        self._in_hand.used()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Around one call: its turn, and no call for as long as the server says in the failure of this one."""
        self.take()
        try:
            yield
        except TryLater as busy:
            if busy.wait:
                self.hold(busy.wait)
            raise

    def left(self) -> int:
        """How many calls fit right now."""
        with self._lock:
            return self._in_hand.left() + self._allowance.left(self._shared_name, self.limits)

    def hold(self, seconds: float) -> None:
        """The server said to stop: no call for so long, for anybody who shares the budget."""
        with self._lock:
            self._in_hand.drop()
            self._allowance.hold(self._shared_name, seconds)

    def _try(self) -> float:
        with self._lock:
            if self._in_hand.one():
                return 0.0
            asked_at = self._clock.monotonic()
            taken = self._allowance.take(self._shared_name, self.limits, self._in_hand.wanted)
            if not taken.calls:
                return taken.wait
            self._in_hand.fill(taken.calls - 1, asked_at + taken.lasts)
            return 0.0


class _Block:
    """Calls that were taken and not made yet. They lapse soon: whoever shares the budget counts on that."""

    def __init__(self, limits: Sequence[Limit], clock: Clock) -> None:
        self._clock = clock
        self._most, self._lasts = block_of(limits)
        self._calls, self._until = 0, 0.0
        self._last_use: float | None = None
        self.wanted = 1

    def one(self) -> bool:
        """Use one, if there is one that has not lapsed."""
        if self.left() < 1:
            return False
        self._calls -= 1
        return True

    def left(self) -> int:
        return self._calls if self._clock.monotonic() < self._until else 0

    def fill(self, calls: int, until: float) -> None:
        """They lapse from the moment of asking on, which is before they were given."""
        self._calls, self._until = calls, until

    def drop(self) -> None:
        self._calls = 0

    def asked(self) -> None:
        """Want as many as will be used before they lapse, judged by how long the caller took for its last call."""
        if self._last_use is not None:
            gap = self._clock.monotonic() - self._last_use
            self.wanted = self._most if gap <= 0 else max(1, min(self._most, int(self._lasts / gap)))

    def used(self) -> None:
        """A call goes out now."""
        self._last_use = self._clock.monotonic()


class Places:
    """So many at once, over all who share the allowance. `of` says what, for the sentence.

    A place that is not given back, because its process was killed, is free again after `lasts` seconds.
    """

    def __init__(
        self,
        name: str,
        most: int,
        *,
        of: str,
        lasts: float,
        patience: float = 60.0,
        clock: Clock = time,
        allowance: Allowance | None = None,
        place: str = "",
    ) -> None:
        self.name, self.most, self.of, self.patience = name, most, of, patience
        self._lasts, self._clock = lasts, clock
        self._allowance = allowance or Alone(clock)
        self._shared_name = f"{name} at once {place}".strip()

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place; `NotItsTurn` where none gets free within the patience."""
        token = self._enter()
        try:
            yield
        finally:
            self._allowance.leave(self._shared_name, token)

    def _enter(self) -> str:
        waited = 0.0
        while (entered := self._allowance.enter(self._shared_name, self.most, self._lasts)).token is None:
            if waited >= self.patience:
                sentence = f"{self.name}: {self.most} {self.of} are running already, and none has ended"
                raise NotItsTurn(f"{sentence} for {waited:.0f} seconds", wait=entered.wait)
            wait = max(min(entered.wait, _LOOK_AGAIN, self.patience - waited), _LEAST_SLEEP)
            self._clock.sleep(wait)
            waited += wait
        return entered.token
