"""The engine over one account, or one of its people, that is held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from expansion.evaluate.engine import Engine
from expansion.evaluate.fact_values import EMPTY, FactMeasuring
from expansion.evaluate.measures import FactMeasure
from expansion.evaluate.subjects import Subject, Subjects, UserOf
from expansion.memory.account import Account
from expansion.memory.measuring import LiveMeasuring, LiveReturning, LiveWalking
from expansion.usage.facts import naive


@dataclass
class LiveFacts(FactMeasuring):
    """The facts of one subject, from their changes in memory."""

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


@dataclass
class LiveEngine(Engine):
    """Answers about the one subject of `only`, of whom everything is in memory."""

    account: Account | None = None

    def _those(self, only: Sequence[Subject]) -> Subjects:
        return Subjects(self.con, only, self.of_accounts is not None)  # no table: nothing is asked by SQL

    def _prepare(self) -> None:
        (subject,) = self.subjects.ids
        user = subject.user_id if isinstance(subject, UserOf) else None
        rows = self.source.rows(self.calendar, [])  # not asked: everything is in memory
        kept = (self.calendar, self.subjects)
        self.counted = LiveMeasuring(rows, *kept, account=self.account, user=user)
        self.walking = LiveWalking(rows, *kept, account=self.account, user=user)
        self.returning = LiveReturning(rows, *kept, self.coverage.gap, account=self.account, user=user)
        self.known = LiveFacts(
            self.con, self.source.facts, self.vocabulary.facts, *kept, account=self.account, user=user or ""
        )
