"""Facts of one account, or of one of its people, from what was said of it in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from expansion.evaluate.fact_states import EMPTY, EPOCH, microseconds
from expansion.evaluate.fact_values import FactMeasuring
from expansion.evaluate.measures import FactMeasure
from expansion.memory.account import Account
from expansion.memory.stated import Said
from expansion.usage.marks import ended, mark

_Order = tuple[int, int, int]


@dataclass
class LiveFacts(FactMeasuring):
    """The facts of one subject."""

    account: Account | None = None
    user: str = ""
    _newest: dict[tuple[int, datetime], int | None] = field(default_factory=dict)

    def take(self, wanted: Iterable[tuple[FactMeasure, int]]) -> None:
        for measure, point in wanted:
            if (measure, point) not in self._taken:
                texts = [None, self._value(measure, self._moment(measure, point))]
                column = self._column(measure.fact, np.ones(1, dtype=np.int64), texts)
                self._taken[measure, point] = column
                if point == 0:
                    self._note_unreadable(measure.fact, column)

    def _value(self, measure: FactMeasure, moment: datetime) -> str | None:
        assert self.account is not None, "made for an account"
        source, name = self._where(measure.fact)
        found: list[tuple[_Order, int, Said]] = []
        for said in self.account.said:
            if said.source == source and name in said.values and (row := self._row(said, moment)) is not None:
                since, known, by = (int(part[row]) for part in said.order)
                found.append(((since, known, by), row, said))
        if not found:
            return None
        order, row, said = max(found, key=lambda one: one[0])
        return self._ended(source, name, moment, order, int(said.until[row])) or said.values[name][row] or EMPTY

    def _ended(self, source: str, name: str, moment: datetime, order: _Order, until: int) -> str | None:
        """A mark, where what was said does not hold any more."""
        assert self.account is not None, "made for an account"
        beside, by, known_by = self.account.beside, microseconds(moment), microseconds(self.calendar.as_of)
        if beside.moved(source, self.account.account_id, self.user, moment, self.calendar.as_of):
            return mark("moved")
        if beside.is_gone((source, name), order, by, known_by, of_people=bool(self.user)):
            return mark("gone")
        return ended(EPOCH + timedelta(microseconds=until)) if until <= by else None

    def _row(self, said: Said, moment: datetime) -> int | None:
        key = (id(said), moment)
        if key not in self._newest:
            by, known_by = microseconds(moment), microseconds(self.calendar.as_of)
            self._newest[key] = said.newest(self.user, by, known_by)
        return self._newest[key]
