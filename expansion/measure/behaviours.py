"""What accounts may have done: every event counted four ways over several windows, and facts that are numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from expansion.evaluate.compile import Compiler
from expansion.evaluate.engine import Engine
from expansion.evaluate.measures import Measure
from expansion.evaluate.numbers import Array
from expansion.evaluate.tree import Leaf
from expansion.language.model.conditions import Condition
from expansion.language.model.facts import RatioFact, SourcedFact
from expansion.language.model.models import Facts

WINDOWS = (7, 14, 28, 90)  # days
GROWN = (14, 28)  # days: against as many before
_HOW = ("times", "people", "days")
_GREW = (25, 50, 100)  # per cent
_BASE = 5  # from so many on a rise is growth
_SHARES = (70, 80, 85, 90, 95)  # per cent, of facts that are shares
_COUNTS = (1.0, 2.0, 3.0, 5.0)  # of events
_HIGH = (75, 90, 95)  # per cent of accounts lie below, of counts and other numbers
_RAREST = 30  # account-months
_COMMONEST = 0.5  # of them: what most do tells nobody apart


@dataclass(frozen=True)
class Number:
    """One number of an account: what is asked of the evaluator, with a comparison that only names it."""

    subject: str  # the event, or the fact
    asked: tuple[tuple[str, Any], ...]  # the words of its condition, but for the comparison
    is_fact: bool = False
    is_share: bool = False
    grows: bool = False

    def condition(self) -> Condition:
        word = {"grew_at_least": "50%", "from_at_least": _BASE} if self.grows else {"at_least": 1}
        return Condition.model_validate({**dict(self.asked), **word})


@dataclass(frozen=True)
class Behaviour:
    """A number that is large: one condition of a trigger."""

    number: Number
    least: float  # of a share or growth: a hundredth is 0.01

    @property
    def words(self) -> dict[str, Any]:
        """As a trigger has it."""
        asked = dict(self.number.asked)
        if self.number.grows:
            return {**asked, "grew_at_least": f"{self.least:.0%}", "from_at_least": _BASE}
        if self.number.is_share:
            return {**asked, "at_least": f"{self.least:.0%}"}
        if asked.pop("count", None) == "people":
            return {**asked, "by_at_least": f"{self.least:.0f} {'person' if self.least == 1 else 'people'}"}
        if self.number.is_fact or dict(self.number.asked).get("count") is None:
            return {**asked, "at_least": int(self.least) if float(self.least).is_integer() else self.least}
        return {**asked, "on_at_least": f"{self.least:.0f} {'day' if self.least == 1 else 'days'}"}


def numbers(facts: Facts, events: Sequence[str], windows: Sequence[int]) -> Iterator[Number]:
    """Everything that is tried."""
    for event in events:
        for days in windows:
            for how in _HOW:
                counted = {} if how == "times" else {"count": how}
                yield Number(event, tuple({"event": event, **counted, "over": f"{days} days"}.items()))
        for days in (one for one in GROWN if 2 * one <= max(windows, default=0)):
            yield Number(event, (("event", event), ("over", f"{days} days")), grows=True)
    for name, fact in facts.facts.items():
        if isinstance(fact, RatioFact) or (isinstance(fact, SourcedFact) and fact.kind in ("number", "percent")):
            share = isinstance(fact, RatioFact) or getattr(fact, "kind", None) == "percent"
            if not facts.of_users(name):
                yield Number(name, (("fact", name),), is_fact=True, is_share=share)


@dataclass(frozen=True)
class Asked:
    """All numbers, ready to be measured by an engine."""

    numbers: tuple[Number, ...]
    leaves: tuple[Leaf, ...]

    @classmethod
    def of(cls, wanted: Sequence[Number], compiler: Compiler) -> Asked:
        found = [compiler.node(one.condition()) for one in wanted]
        return cls(tuple(wanted), tuple(one for one in found if isinstance(one, Leaf)))

    def values(self, engine: Engine) -> Array:
        """Accounts x numbers; NaN where one is not known. Floats: they are counted with, not printed."""
        engine.measure(self.leaves)
        return np.stack([_value(engine, leaf) for leaf in self.leaves], axis=1).astype(np.float32)


def _value(engine: Engine, leaf: Leaf) -> Array:
    test = leaf.main
    now = _floats(engine, test.measure)
    if test.was is None:
        return now
    was = _floats(engine, test.was)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(was >= _BASE, now / was - 1, np.where(np.isnan(was), np.nan, 0))


def _floats(engine: Engine, measure: Measure) -> Array:
    number = engine.number(measure, 0)
    den = np.where(number.known, number.den, 1).astype(float)
    return np.where(number.known, number.num.astype(float) / den, np.nan)


def behaviours(number: Number, values: Array) -> list[Behaviour]:
    """The levels that are worth trying: each shown by some account-months, and not by most."""
    known = values[~np.isnan(values)]
    tried = [Behaviour(number, level) for level in sorted(set(_levels(number, known)))]
    return [one for one in tried if _RAREST <= shows(one, known).sum() <= _COMMONEST * len(known)]


def shows(behaviour: Behaviour, values: Array) -> Array:
    """Whether each number is as large; not where it is not known."""
    with np.errstate(invalid="ignore"):
        return np.asarray(values >= np.float32(behaviour.least))


def _levels(number: Number, known: Array) -> list[float]:
    if number.grows:
        return [one / 100 for one in _GREW]
    if number.is_share:
        return [one / 100 for one in _SHARES]
    some = known[known > 0]
    if not len(some):
        return []
    high = [_two_digits(float(one)) for one in np.percentile(some, _HIGH)]
    return high if number.is_fact else [*high, *_COUNTS]


def _two_digits(value: float) -> float:
    """Rounded to two digits, whole from one on: what a person would write."""
    digits = 1 - int(np.floor(np.log10(value))) if value > 0 else 0
    return float(round(value, min(digits, 0) if value >= 1 else digits))
