"""The evaluator's engine, as of one of many moments: nothing of it differs but who is there, and what counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from expansion.evaluate.coverage import Coverage
from expansion.evaluate.engine import Engine
from expansion.evaluate.source import Asked, Measures, Over, by_sql
from expansion.evaluate.subjects import Subjects
from expansion.history.counting import Giving, HistoryMeasuring, Key


@dataclass(frozen=True)
class SourceThen(Over):
    """The store as it was known at a moment, with numbers that go on from the moment before."""

    giving: Giving

    def measures(self, asked: Asked) -> Measures:
        taking = by_sql(self.of, asked)
        rows, kept = self.rows(asked.calendar, None), (asked.calendar, asked.subjects)
        return replace(taking, counted=HistoryMeasuring(rows, *kept, giving=self.giving))


@dataclass
class EngineThen(Engine):
    """Answers about those accounts that it is told. `beside`: another one of the same moment."""

    those: Subjects | None = None
    beside: EngineThen | None = None

    def _everybody(self) -> Subjects:
        assert self.those is not None, "it is told who is asked about"
        return self.those

    def _coverage(self) -> Coverage:
        return self.beside.coverage if self.beside else super()._coverage()

    def take(self, keys: Iterable[Key]) -> None:
        """Measure these numbers."""
        self._take(keys)

    def known_of(self, key: Key) -> tuple[str | None, bool, bool]:
        """Why a number is not known for its whole window, whether not even the least is, and whether it may be less."""
        measure, point = key
        gap = self.gap(measure, point)
        return gap, gap is not None and self._came_twice(measure, point), self.unseen.is_loose(measure.atom)


__all__ = ["EngineThen", "SourceThen"]
