"""A trigger played over history at every setting of one number, measured once for all of them.

As in a replay (replay.py), but for what one number cannot change or what rests on other triggers: no flood brake, no
holdout, and of the suppressions those that ask conditions (`when`), not `coming_up` and `acted_on_within`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from expansion.calendar.spans import start_of_day_after
from expansion.evaluate.compile import Compiler
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.engine import Engine, Vocabulary
from expansion.evaluate.logic import YES, any_of
from expansion.evaluate.numbers import Array
from expansion.evaluate.subjects import account_of
from expansion.evaluate.tree import Leaf, Node
from expansion.language.model.models import Suppression, Trigger
from expansion.language.model.values import Span
from expansion.measure.dials import Dial, NothingToTune
from expansion.measure.onsets import Episodes, Onsets
from expansion.measure.settings import seen_in, settings
from expansion.measure.turned import Turning

Then = tuple[datetime, Engine]  # the trigger's engine of a moment: over accounts, or over their people


@dataclass(frozen=True)
class Played:
    """The firings at each setting, and who could have been asked: places of moments beside account ids."""

    turning: Turning
    moments: tuple[datetime, ...]
    onsets: Onsets
    lots: tuple[tuple[int, tuple[str, ...]], ...] = field(repr=False)


@dataclass(frozen=True)
class Game:
    """A trigger and one of its numbers, with what is asked beside it."""

    trigger: Trigger
    dial: Dial
    compiled: CompiledTrigger
    cohort: Node | None  # whom it may ask about
    left_alone: tuple[Node, ...]
    zone: ZoneInfo

    @classmethod
    def of(cls, vocabulary: Vocabulary, trigger: Trigger, dial: Dial) -> Game:
        compiler = Compiler(vocabulary.facts, vocabulary.policy, vocabulary.triggers)
        cohort = compiler.cohort(trigger.accounts) if trigger.accounts else None
        alone = tuple(compiler.clauses(one.when) for one in vocabulary.policy.suppress if _is_asked(one))
        zone = ZoneInfo(vocabulary.policy.time_zone)
        return cls(trigger, dial, CompiledTrigger.of(trigger, compiler), cohort, alone, zone)

    def settings(self, some: Iterable[Then]) -> tuple[Fraction, ...]:
        """Settings worth trying, by what accounts have at a few moments."""
        seen: list[float] = []
        for _, engine in some:
            seen += self._seen(engine)
        return settings(self.dial, seen)

    def play(self, turning: Turning, engines: Iterable[Then], moments: Sequence[datetime], every: int = 7) -> Played:
        """Day by day. Who could be asked is noted at every so many moments."""
        episodes = Episodes(len(turning.settings), ready(moments, self.trigger.quiet_for, self.zone))
        lots = []
        for place, (_, engine) in enumerate(engines):
            self._measure(engine, turning.nodes())
            episodes.play(place, engine.subjects.ids, turning.at(engine), self._left_alone(engine))
            if place % every == 0:
                lots.append((place, self._could_be_asked(engine)))
        return Played(turning, tuple(moments), episodes.result(), tuple(lots))

    def _measure(self, engine: Engine, nodes: Sequence[Node]) -> None:
        engine.measure([*nodes, *([self.cohort] if self.cohort else [])])
        (engine.of_accounts or engine).measure(self.left_alone)

    def _left_alone(self, engine: Engine) -> Array | None:
        if not self.left_alone:
            return None
        asked = engine.of_accounts or engine
        alone = np.asarray(any_of([asked.answer(node) for node in self.left_alone], asked.size) == YES)
        return alone[[engine.account_place(one) for one in range(engine.size)]] if engine.of_accounts else alone

    def _could_be_asked(self, engine: Engine) -> tuple[str, ...]:
        ids = engine.subjects.ids
        asked = np.ones(engine.size, dtype=bool) if self.cohort is None else engine.answer(self.cohort) == YES
        there: list[int] = np.flatnonzero(asked).tolist()
        return tuple(dict.fromkeys(account_of(ids[one]) for one in there))

    def _seen(self, engine: Engine) -> list[float]:
        turning = Turning.of(self.compiled, self.dial, [self.dial.value])
        line = turning.line()
        if engine.is_of_accounts(line):
            raise NothingToTune(
                f"`{self.dial.name}` asks about the account of a person, and `{self.trigger.trigger}` about each person"
                "\n\nhint: name a number of its conditions about people"
            )
        self._measure(engine, turning.nodes())
        if self.dial.word == "for":
            return []
        found: list[float] = []
        matter = turning.matters(engine)
        for leaf in (line,) if isinstance(line, Leaf) else line.parts[:1]:
            for number in turning.numbers(engine, leaf):
                found += seen_in(number, matter)
        return found


def ready(moments: Sequence[datetime], quiet_for: Span | None, zone: ZoneInfo) -> list[int]:
    """For a firing at each moment: the first moment at which the same account may fire again."""
    if any(after <= before for before, after in pairwise(moments)):
        raise ValueError("moments have to ascend")
    found, place = [], 0
    for at in moments:
        until = at if quiet_for is None else start_of_day_after(at, quiet_for, zone)
        while place < len(moments) and moments[place] < until:
            place += 1
        found.append(place)
    return found


def spread(moments: Sequence[datetime], few: int = 6) -> Iterator[datetime]:
    """A few moments, evenly over all."""
    yield from (moments[one] for one in sorted(set(np.linspace(0, len(moments) - 1, few).round().astype(int).tolist())))


def _is_asked(suppression: Suppression) -> bool:
    return bool(suppression.when) and not (suppression.coming_up or suppression.acted_on_within)
