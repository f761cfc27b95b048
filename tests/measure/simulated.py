"""Histories whose truth is known: a number that walks, and expansions that become likelier above a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from expansion.evaluate.logic import NO, YES
from expansion.evaluate.numbers import Array, Numbers
from expansion.measure.curves import Expansions, Judged, Lots
from expansion.measure.levels import met
from expansion.measure.onsets import Episodes
from expansion.measure.tune import DAY
from expansion.measure.turned import PerSetting, Turned

WINDOW = 60  # days
_MONTHLY = 0.015  # of all accounts expand in a month, whatever they do
SETTINGS = tuple(Fraction(one, 100) for one in range(50, 100, 5))


@dataclass(frozen=True)
class History:
    """Per cent of seats in use, on each day and for each account; and on which days an account expanded."""

    usage: Array
    expanded: Array

    @classmethod
    def of(cls, seed: int, *, planted: int | None, accounts: int = 2_000, days: int = 400, times: float = 8) -> History:
        """Seats fill up, in some accounts soon and in others hardly; who expands has room again. `planted`: from there
        on an expansion is so many times likelier; None: use has nothing to do with it."""
        rng = np.random.default_rng(seed)
        usage, expanded = np.empty((days, accounts), dtype=np.int64), np.zeros((days, accounts), dtype=bool)
        now = rng.uniform(30, 100, accounts)
        pace = rng.exponential(0.12, accounts)  # points a day
        for day in range(days):
            now = np.clip(now + pace + rng.normal(0, 0.2, accounts), 20, 100)
            usage[day] = np.rint(now)
            hot = usage[day] >= planted if planted is not None else np.zeros(accounts, dtype=bool)
            expanded[day] = rng.random(accounts) < np.where(hot, times, 1) * _MONTHLY / 30
            now = np.where(expanded[day], now * rng.uniform(0.5, 0.8, accounts), now)
        return cls(usage, expanded)

    def judged(self, settings: tuple[Fraction, ...] = SETTINGS) -> Judged:
        days, accounts = self.usage.shape
        episodes = Episodes(len(settings), [day + 1 for day in range(days)])
        ids = [f"a{n}" for n in range(accounts)]
        around = np.tile(np.array([NO, 1, YES], dtype=np.int8), (accounts, 1))
        for day in range(days):
            numbers = Numbers(self.usage[day], 100, np.ones(accounts, dtype=bool))
            answers = PerSetting(met(numbers, "at_least", settings), around, len(settings))
            episodes.play(day, ids, Turned(answers, answers))
        day, account = np.nonzero(self.expanded)
        at = day * DAY + DAY // 2
        moments = np.arange(days) * DAY
        known = Expansions.of(account, at, at + WINDOW * DAY)
        weekly = np.repeat(moments[::7], accounts)
        lots = Lots.of(weekly, weekly + WINDOW * DAY, np.tile(np.arange(accounts), len(moments[::7])), known)
        ends = moments + WINDOW * DAY
        return Judged.of(episodes.result(), np.arange(accounts), moments, ends, known, len(settings), lots)

    @property
    def last(self) -> int:
        return (len(self.usage) - 1) * DAY
