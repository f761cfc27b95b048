"""Where there certainly is no value: somebody looked, and there was none. Where nobody looked, it cannot be told."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from expansion.evaluate.fact_values import FactColumn, FactMeasuring
from expansion.evaluate.measures import EventMeasure, FactMeasure, LimitMeasure, Measure, basic_measures
from expansion.evaluate.measuring import EventMeasuring
from expansion.evaluate.numbers import Flags, Numbers
from expansion.language.model.models import Policy


class Measured(Protocol):
    """What is read of an engine."""

    known: FactMeasuring
    counted: EventMeasuring

    @property
    def policy(self) -> Policy: ...

    def gap(self, measure: EventMeasure, point: int) -> str | None: ...

    def column(self, measure: Measure, point: int) -> FactColumn | None: ...

    def number(self, measure: Measure, point: int) -> Numbers: ...


def known_values(engine: Measured, measure: Measure, point: int) -> Flags:
    """Where a value is there, and could be read."""
    column = engine.column(measure, point)
    return engine.number(measure, point).known if column is None else column.known


def nothing(engine: Measured, measure: Measure, point: int) -> Flags:
    """Where somebody looked, and there certainly is no value.

    Of a fact that is when the record of the account, or person, was answered with that field empty; of events, when all
    of the window are known and each could be read.
    """
    match measure:
        case FactMeasure():
            return engine.known.column(measure, point).empty
        case LimitMeasure():
            return engine.known.column(measure.plan, point).empty | _without_limit(engine, measure, point)
        case EventMeasure():
            return _seen_whole(engine, measure, point) & ~known_values(engine, measure, point)
    missing: Flags = np.logical_or.reduce([nothing(engine, part, point) for part in measure.parts])
    counted = (one for one in basic_measures(measure) if isinstance(one, EventMeasure))
    if any(engine.gap(one, point) for one in counted):
        return missing
    parts = [known_values(engine, part, point) for part in measure.parts]
    undivided: Flags = np.logical_and.reduce(parts) & ~known_values(engine, measure, point)  # by 0
    return missing | undivided


def _without_limit(engine: Measured, measure: LimitMeasure, point: int) -> Flags:
    """Where the plan is one of policy.yaml, which gives it no such limit; another may be misspelt."""
    plans = engine.policy.plans
    listed, limits = set(plans.limits if plans else ()), dict(measure.limits)
    return engine.known.column(measure.plan, point).where(lambda plan: plan in listed and plan not in limits)


def _seen_whole(engine: Measured, measure: EventMeasure, point: int) -> Flags:
    unread = engine.counted.unread(measure, point)
    return np.zeros(len(unread), dtype=bool) if engine.gap(measure, point) else ~unread
