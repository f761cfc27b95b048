"""The evaluator's engine, as of one of many moments: nothing of it differs but who is there, and what counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from expansion.evaluate.engine import Engine
from expansion.evaluate.numbers import Array
from expansion.evaluate.source import Asked, Measures, Over, by_sql
from expansion.evaluate.subjects import Subjects
from expansion.history.counting import Counts, HistoryMeasuring


@dataclass(frozen=True)
class SourceThen(Over):
    """The store as it was known at a moment, with counts that go on from the moment before."""

    counts: Counts
    number: int
    places: Array | slice

    def measures(self, asked: Asked) -> Measures:
        taking = by_sql(self.of, asked)
        rows, kept = self.rows(asked.calendar, None), (asked.calendar, asked.subjects)
        counted = HistoryMeasuring(rows, *kept, counts=self.counts, number=self.number, places=self.places)
        return replace(taking, counted=counted)


@dataclass
class EngineThen(Engine):
    """Answers about accounts that were there at its moment."""

    those: Subjects | None = None

    def _everybody(self) -> Subjects:
        assert self.those is not None, "it is told who was there"
        return self.those


__all__ = ["EngineThen", "SourceThen"]
