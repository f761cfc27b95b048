"""Which rows triggers read, and how far back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from expansion.evaluate.engine import Engine
from expansion.evaluate.measures import BEGINNING, EventMeasure, FactMeasure, Measure, Window, basic_measures
from expansion.evaluate.tree import Line, Node, Returned, Walked, columns, lines, measures
from expansion.usage.storage.fact_relations import Field
from expansion.usage.storage.rollup import Column


@dataclass(frozen=True)
class Reach:
    """The columns that are read by day, from a day on, and those that are read by moment, after a moment; and the
    fields of facts that are read, as they were from a moment on.
    """

    by_day: frozenset[Column]
    by_moment: frozenset[Column]
    first: date
    after: datetime | None
    facts: frozenset[Field] = frozenset()
    facts_from: datetime = datetime.max

    @classmethod
    def of(cls, engine: Engine, nodes: Iterable[Node], also: Iterable[Measure] = ()) -> Reach:
        """For these nodes; `also`: and for these measures at the moment of the check."""
        by_day: set[Column] = set()
        by_moment: set[Column] = set()
        firsts, afters = [engine.calendar.today], []
        fields: set[Field] = set()
        read_from = [engine.as_of]
        for line, points in (each for node in nodes for each in lines(node)):
            by_day.update(columns(line))
            for measure in _counted(line):
                if measure.window.is_hourly:
                    by_moment.update(measure.columns)
                    afters.append(engine.calendar.moments(measure.window, points - 1)[0])
            for fact in _known(line):
                fields.add((engine.known.source_of(fact), engine.known.field_of(fact)))
                read_from.append(engine.calendar.end(points - 1, fact.back))
            firsts += [BEGINNING] if isinstance(line, Returned) else []
            firsts += [engine.first_of(window, points - 1) for window in _windows(line)]
        for basic in (basic for measure in also for basic in basic_measures(measure)):
            if isinstance(basic, FactMeasure):
                fields.add((engine.known.source_of(basic), engine.known.field_of(basic)))
                read_from.append(engine.calendar.end(0, basic.back))
                continue
            if basic.window.is_hourly:
                by_moment.update(basic.columns)
                afters.append(engine.calendar.moments(basic.window, 0)[0])
            else:
                by_day.update(basic.columns)
                firsts.append(engine.first_of(basic.window, 0))
        return cls(
            frozenset(by_day),
            frozenset(by_moment),
            min(firsts),
            min(afters, default=None),
            frozenset(fields),
            min(read_from),
        )


def _counted(line: Line) -> Iterator[EventMeasure]:
    """The measures of events that a line is made of."""
    return (one for one in _basics(line) if isinstance(one, EventMeasure))


def _known(line: Line) -> Iterator[FactMeasure]:
    """The facts that a line is made of, and by which peers are told."""
    return (one for one in _basics(line) if isinstance(one, FactMeasure))


def _basics(line: Line) -> Iterator[EventMeasure | FactMeasure]:
    return (basic for measure in measures(line) for basic in basic_measures(measure))


def _windows(line: Line) -> Iterator[Window]:
    """The windows whose rows are read by day. Those of a sequence are, also where they are of hours."""
    if isinstance(line, Walked):
        yield line.window
    yield from (measure.window for measure in _counted(line) if not measure.window.is_hourly)
