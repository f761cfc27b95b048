"""One account as the engine's source: what is measured of it, or of one of its people, is in memory."""

from __future__ import annotations

from dataclasses import dataclass

from expansion.evaluate.source import Asked, Measures, Over
from expansion.evaluate.subjects import UserOf
from expansion.evaluate.told import Told
from expansion.memory.account import Account
from expansion.memory.facts import LiveFacts
from expansion.memory.measuring import LiveMeasuring, LiveReturning, LiveWalking


@dataclass(frozen=True)
class InMemory(Over):
    """A source of which one account is in memory. It is asked about that account alone, or about one of its people."""

    account: Account
    told: Told | None = None  # what sources told, where somebody has read it before

    def measures(self, asked: Asked) -> Measures:
        """Nothing is asked by SQL."""
        (subject,) = asked.subjects.ids
        user = subject.user_id if isinstance(subject, UserOf) else None
        rows = self.rows(asked.calendar, [])
        kept, account = (asked.calendar, asked.subjects), self.account
        told = self.told or Told(self.con, self.facts, asked.calendar.as_of)
        return Measures(
            LiveMeasuring(rows, *kept, account=account, user=user),
            LiveFacts(self.con, self.facts, asked.facts, *kept, told, account=account, user=user or ""),
            LiveWalking(rows, *kept, account=account, user=user),
            LiveReturning(rows, *kept, asked.gap, account=account, user=user),
        )
