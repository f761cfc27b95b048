"""Facts of a few accounts, or of some of their people, from what was said of them in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from expansion.evaluate.fact_states import EMPTY, EPOCH, microseconds
from expansion.evaluate.fact_values import FactMeasuring
from expansion.evaluate.measures import FactMeasure
from expansion.memory.beside import Beside
from expansion.memory.measuring import Whose
from expansion.memory.stated import Said
from expansion.usage.storage.fact_relations import Field
from expansion.usage.storage.marks import ended, mark

_Order = tuple[int, int, int]


@dataclass
class LiveFacts(FactMeasuring):
    """The facts of a few subjects."""

    whose: Sequence[Whose] = ()

    def take(self, wanted: Iterable[tuple[FactMeasure, int]]) -> None:
        for measure, point in wanted:
            if (measure, point) not in self._taken:
                moment = self._moment(measure, point)
                silent = self.silence.mark(self._where(measure.fact)[0], moment)
                texts = [None, *(silent or self._value(one, measure, moment) for one in self.whose)]
                column = self._column(measure.fact, np.arange(1, len(texts), dtype=np.int64), texts)
                self._taken[measure, point] = column
                if point == 0:
                    self._note_unreadable(measure.fact, column)

    def _value(self, one: Whose, measure: FactMeasure, moment: datetime) -> str | None:
        where, by, account = self._where(measure.fact), self.calendar.as_of, one.account
        return value_of(account.said, account.beside, where, account.account_id, one.user or "", moment, by)


def value_of(
    every: Iterable[Said], beside: Beside, where: Field, account: str, user: str, moment: datetime, known_by: datetime
) -> str | None:
    """What holds of a field at a moment, as it was known by another; see usage/storage/fact_relations.py."""
    source, name = where
    by, known = microseconds(moment), microseconds(known_by)
    found: list[tuple[_Order, int, Said]] = []
    for said in every:
        if said.source == source and name in said.values and (row := said.newest(user, by, known)) is not None:
            found.append(((int(said.order[0][row]), int(said.order[1][row]), int(said.order[2][row])), row, said))
    if not found:
        return None
    order, row, said = max(found, key=lambda one: one[0])
    if beside.moved(source, account, user, moment, known_by):
        return mark("moved")
    if beside.is_gone(where, order, by, known, of_people=bool(user)):
        return mark("gone")
    until = int(said.until[row])
    return ended(EPOCH + timedelta(microseconds=until)) if until <= by else said.values[name][row] or EMPTY
