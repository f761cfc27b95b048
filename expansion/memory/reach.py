"""Which rows triggers read, and how far back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from expansion.evaluate.engine import Engine
from expansion.evaluate.measures import BEGINNING, EventMeasure, Window, basic_measures
from expansion.evaluate.tree import Line, Node, Returned, Walked, columns, lines, measures
from expansion.usage.rollup import Column


@dataclass(frozen=True)
class Reach:
    """The columns that are read by day, from a day on, and those that are read by moment, after a moment."""

    by_day: frozenset[Column]
    by_moment: frozenset[Column]
    first: date
    after: datetime | None

    @classmethod
    def of(cls, engine: Engine, nodes: Iterable[Node]) -> Reach:
        by_day: set[Column] = set()
        by_moment: set[Column] = set()
        firsts, afters = [engine.calendar.today], []
        for line, points in (each for node in nodes for each in lines(node)):
            by_day.update(columns(line))
            for measure in _counted(line):
                if measure.window.is_hourly:
                    by_moment.update(measure.columns)
                    afters.append(engine.calendar.moments(measure.window, points - 1)[0])
            firsts += [BEGINNING] if isinstance(line, Returned) else []
            firsts += [engine.first_of(window, points - 1) for window in _windows(line)]
        return cls(frozenset(by_day), frozenset(by_moment), min(firsts), min(afters, default=None))


def _counted(line: Line) -> Iterator[EventMeasure]:
    """The measures of events that a line is made of."""
    every = (basic for measure in measures(line) for basic in basic_measures(measure))
    return (one for one in every if isinstance(one, EventMeasure))


def _windows(line: Line) -> Iterator[Window]:
    """The windows whose rows are read by day. Those of a sequence are, also where they are of hours."""
    if isinstance(line, Walked):
        yield line.window
    yield from (measure.window for measure in _counted(line) if not measure.window.is_hourly)
