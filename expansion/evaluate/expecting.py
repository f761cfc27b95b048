"""How much of a source is expected: as it says of itself, as facts.yaml says, or half of what the same weekday brings.

A day is compared with the days before it of the same weekday: a Sunday with Sundays. Nobody can say what is usual in
the first four weeks, or where days without any rule differ; so what is not known to be wrong is taken to be right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from statistics import median

from expansion.contract import Expected
from expansion.language.model.expects import Expects
from expansion.language.model.facts import Facts
from expansion.language.model.values import Percent, Span
from expansion.usage.storage.volumes import is_far_by_chance

LIKE_IT = 8  # days of the same weekday that say what is usual: two months
ENOUGH = 3  # of them at least
# Days that differ by themselves (batches, a few busy people) say how far is far: so many times what half of them differ
# by. Eight of a weekday may be alike by chance, so those of all weekdays count, too: two months of them, and a working
# week at least.
_FAR_BY_HABIT = 6
ALL_DAYS, ENOUGH_DAYS = 56, 5


@dataclass(frozen=True)
class Bounds:
    """What is expected of one source. None: nothing is."""

    at_least: Fraction = Fraction(1, 2)  # of what is usual
    at_most: Fraction | None = None
    lag: timedelta | None = None
    unmatched: Fraction | None = None

    @classmethod
    def of(cls, declared: Expected) -> Bounds:
        return cls(declared.at_least, declared.at_most, declared.lag, declared.unmatched)

    def but(self, said: Expects) -> Bounds:
        """With what facts.yaml says instead."""
        shares = {"at_least": said.at_least, "at_most": said.at_most, "unmatched": said.unmatched}
        changed = {name: share.value for name, share in shares.items() if isinstance(share, Percent)}
        changed_lag = {"lag": _exactly(said.lag)} if said.lag else {}
        return replace(self, **changed, **changed_lag)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Expectations:
    """What is expected of each source, by the name that it has among those that bring events."""

    by_source: Mapping[str, Bounds] = field(default_factory=dict)
    answers: Mapping[str, timedelta] = field(default_factory=dict)  # of sources of facts: how old the last one may be

    @classmethod
    def of(cls, facts: Facts, declared: Mapping[str, Expected]) -> Expectations:
        found = {name: Bounds.of(one) for name, one in declared.items()}
        for events in facts.events:
            if events.expects is not None:
                found[events.from_] = found.get(events.from_, Bounds()).but(events.expects)
        answers = {name: _exactly(said.lag) for name, said in facts.expects.items()}
        return cls(found, answers)

    def __getitem__(self, source: str) -> Bounds:
        return self.by_source.get(source, Bounds())


def _exactly(span: Span) -> timedelta:
    """A day has 24 hours."""
    return span.exact or timedelta(days=span.days)


@dataclass(frozen=True)
class Usual:
    """What days of the same weekday bring: the counts of such days before, the newest last."""

    counts: tuple[int, ...]
    habit: Fraction = Fraction(0)  # half of the days of any weekday differ from what is usual by no more

    @classmethod
    def of(cls, counts: Sequence[int]) -> Usual | None:
        """A day without anything is no example, or an outage that lasts would become usual."""
        some = tuple(count for count in counts if count)[-LIKE_IT:]
        return cls(some) if len(some) >= ENOUGH else None

    def among(self, differed: Sequence[Fraction]) -> Usual | None:
        """By what days that were right differed from their usual, of any weekday; None where too few are known."""
        if len(differed) < ENOUGH_DAYS:
            return None
        return replace(self, habit=median(differed[-ALL_DAYS:]))

    def differs(self, count: int) -> Fraction:
        return abs(count - self.events)

    @property
    def events(self) -> Fraction:
        return Fraction(median(self.counts))

    @property
    def spread(self) -> Fraction:
        """Half of them differ from what is usual by no more."""
        return median(abs(count - self.events) for count in self.counts)

    def is_less(self, count: int, bounds: Bounds) -> bool:
        return count < bounds.at_least * self.events and self._is_far(count)

    def is_more(self, count: int, bounds: Bounds) -> bool:
        return bounds.at_most is not None and count > bounds.at_most * self.events and self._is_far(count)

    def _is_far(self, count: int) -> bool:
        """Further from usual than chance or habit explains."""
        away = self.differs(count)
        return away > _FAR_BY_HABIT * max(self.spread, self.habit) and is_far_by_chance(away, self.events)


__all__ = ["ENOUGH", "LIKE_IT", "Bounds", "Expectations", "Usual"]
