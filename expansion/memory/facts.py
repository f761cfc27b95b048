"""Facts of one account, or of one of its people, from their changes in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from expansion.evaluate.fact_values import EMPTY, FactMeasuring
from expansion.evaluate.measures import FactMeasure
from expansion.memory.account import Account
from expansion.usage.facts import naive


@dataclass
class LiveFacts(FactMeasuring):
    """The facts of one subject."""

    account: Account | None = None
    user: str = ""

    def take(self, wanted: Iterable[tuple[FactMeasure, int]]) -> None:
        for measure, point in wanted:
            if (measure, point) not in self._taken:
                texts = [None, self._value(measure, self.calendar.end(point, measure.back))]
                column = self._read(measure.fact, np.ones(1, dtype=np.int64), texts, is_now=point == 0)
                self._taken[measure, point] = column

    def _value(self, measure: FactMeasure, moment: datetime) -> str | None:
        assert self.account is not None, "made for an account"
        wanted, by, arrived = self._where(measure.fact), naive(moment), naive(self.calendar.as_of)
        known = (
            (since, seen, value)
            for source, name, user, value, since, seen in self.account.changes
            if (source, name) == wanted and user == self.user and since <= by and seen <= arrived
        )
        newest = max(known, key=lambda change: change[:2], default=None)
        return None if newest is None else EMPTY if newest[2] is None else newest[2]
