"""The numbers themselves at many moments: for curves over thresholds, and for what came before an expansion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from expansion.evaluate.engine import Engine, Vocabulary
from expansion.evaluate.measures import EventMeasure, Measure, basic_measures
from expansion.evaluate.numbers import Numbers
from expansion.evaluate.source import Source
from expansion.evaluate.subjects import Subject
from expansion.history.over import engines_over


@dataclass(frozen=True)
class Values:
    """What some measures came to at a moment, for all accounts that were there: exact, in the order of `ids`."""

    ids: Sequence[Subject]
    numbers: Mapping[Measure, Numbers]
    gaps: Mapping[Measure, str]  # why the events of a measure are not known for its whole window, where they are not


def values_over(
    source: Callable[[datetime], Source],
    vocabulary: Vocabulary,
    measures: Sequence[Measure],
    moments: Sequence[datetime],
) -> Iterator[tuple[datetime, Values]]:
    """Their values at each of these moments, which ascend. They are those of a trigger's tests (`CompiledTrigger`, then
    `tree.lines` and `tree.measures`), or made by a `Compiler`."""
    for moment, engine in engines_over(source, vocabulary, moments):
        for measure in measures:
            engine.measure_now(measure)
        gaps = {measure: gap for measure in measures if (gap := _gap(engine, measure))}
        yield moment, Values(engine.subjects.ids, {one: _own(engine.number(one, 0)) for one in measures}, gaps)


def _gap(engine: Engine, measure: Measure) -> str | None:
    counted = (one for one in basic_measures(measure) if isinstance(one, EventMeasure))
    return next((gap for one in counted if (gap := engine.gap(one, 0))), None)


def _own(numbers: Numbers) -> Numbers:
    """A copy: the arrays of an engine go on to the next moment."""
    den = numbers.den if isinstance(numbers.den, int) else numbers.den.copy()
    return Numbers(numbers.num.copy(), den, numbers.known.copy(), numbers.least)


__all__ = ["Values", "values_over"]
