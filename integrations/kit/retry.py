"""The one way all systems repeat a call."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import tenacity

from expansion.contract import NotItsTurn, TryLater

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """How one integration repeats a call within a minute or two. What lasts longer is the flow's business."""

    tries: int = 4
    first_wait: float = 0.5  # seconds; doubles each time, with jitter
    longest_wait: float = 30.0  # one wait; a server that asks for more is not obeyed by sleeping, the call gives up
    total: float = 90.0  # seconds, all tries together
    sleep: Callable[[float], None] = time.sleep

    def run(self, call: Callable[[], T], *, repeatable: bool) -> T:
        """Call; repeat after TryLater when that is safe. Raises the last Failure.

        Safe means: the call may be repeated anyway, or the failure says that it certainly did not happen.
        """

        def again(state: tenacity.RetryCallState) -> bool:
            error = state.outcome.exception() if state.outcome else None
            if not isinstance(error, TryLater) or (error.maybe_done and not repeatable):
                return False
            if isinstance(error, NotItsTurn):  # it has waited as long as it may
                return False
            return error.wait is None or error.wait <= self.longest_wait

        backoff = tenacity.wait_exponential_jitter(
            multiplier=self.first_wait, max=self.longest_wait, jitter=self.first_wait
        )

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            said = error.wait if isinstance(error, TryLater) else None
            return backoff(state) if said is None else said

        return tenacity.Retrying(
            retry=again,
            wait=wait,
            stop=tenacity.stop_after_attempt(self.tries) | tenacity.stop_before_delay(self.total),
            sleep=self.sleep,
            reraise=True,
        )(call)
