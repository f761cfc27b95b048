"""What a system is connected in: time, and the calls that all workers share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from expansion.limits import Allowance
from integrations.kit.budgets import Clock
from integrations.kit.retry import RetryPolicy


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class World:
    """As it is, but for `allowance`; tests bring their own time, and less patience."""

    allowance: Allowance | None = None  # None: each connection counts its calls alone
    clock: Clock = time  # by which limits are kept
    now: Callable[[], datetime] = _utc_now
    sleep: Callable[[float], None] | None = None  # between two tries of a call
    retry: RetryPolicy | None = None  # in place of the system's own
    timeout: float | None = None  # seconds for an answer, in place of the system's own

    def retries(self, own: RetryPolicy) -> RetryPolicy:
        """How a system that declares `own` repeats a call here."""
        policy = self.retry or own
        return replace(policy, sleep=self.sleep) if self.sleep else policy

    def seconds(self, own: float) -> float:
        """How long a system that waits `own` seconds for an answer waits here."""
        return own if self.timeout is None else self.timeout


IN_LIFE = World()
