"""A few accounts as the engine's source: what is measured of them, or of their people, is in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from expansion.evaluate.silence import Silence
from expansion.evaluate.source import Asked, Measures, Over
from expansion.evaluate.subjects import account_of, user_of
from expansion.evaluate.told import Told
from expansion.memory.account import Account
from expansion.memory.facts import LiveFacts
from expansion.memory.measuring import LiveMeasuring, LiveReturning, LiveWalking, Whose


@dataclass(frozen=True)
class InMemory(Over):
    """A source of which some accounts are in memory. It is asked about those alone, or about their people."""

    account: Account
    told: Told | None = None  # what sources told, where somebody has read it before
    others: Sequence[Account] = ()

    def of_account(self, account_id: str) -> Account:
        """One of those in memory."""
        return next(one for one in (self.account, *self.others) if one.account_id == account_id)

    def measures(self, asked: Asked) -> Measures:
        """Nothing is asked by SQL."""
        held = {one.account_id: one for one in (self.account, *self.others)}
        whose = [Whose(held[account_of(one)], user_of(one) or None) for one in asked.subjects.ids]
        rows, kept = self.rows(asked.calendar, []), (asked.calendar, asked.subjects)
        told = self.told or Told(self.con, self.facts, asked.calendar.as_of)
        silence = Silence(asked.lags, self.last_pull)
        return Measures(
            LiveMeasuring(rows, *kept, whose=whose),
            LiveFacts(self.con, self.facts, asked.facts, *kept, told, silence, whose=whose),
            LiveWalking(rows, *kept, whose=whose),
            LiveReturning(rows, *kept, asked.gap, whose=whose),
        )
