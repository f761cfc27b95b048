"""Steady triggers over many moments, together: see steady.py.

The engine is asked about several moments at once, of one account as often as a number of it changed. That gives the
same, as all that such a trigger depends on besides is alike at these moments; where it changes, others begin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.numbers import Array, Flags
from expansion.evaluate.results import Answers
from expansion.evaluate.subjects import Subjects
from expansion.history.counting import Counts, Given, Giving, Kept, Key
from expansion.history.engine import EngineThen
from expansion.history.moments import Moments
from expansion.history.population import Population
from expansion.history.steady import Changes, Followed, Known, is_steady, keys_of

Asking = Callable[[int, Giving, Subjects, EngineThen | None], EngineThen]  # an engine of a moment, by its number
_AT_ONCE = 24  # moments: with more, arrays no longer fit the caches


@dataclass(frozen=True)
class Gathered:
    """Numbers that were put together beforehand."""

    given: Mapping[Key, Given]

    def take(self, keys: Iterable[Key]) -> None:
        """They are there."""

    def of(self, key: Key) -> Given | None:
        return self.given[key]


@dataclass
class Gathering:
    """What a trigger has to be asked about several moments: whose numbers changed at which, and to what."""

    keys: Sequence[Key]
    kept: Mapping[Key, Kept]
    places: list[Array] = field(default_factory=list)  # of each moment
    numbers: list[list[list[Array]]] = field(default_factory=list)  # of each moment, key and part

    def add(self, places: Array) -> None:
        self.places.append(places)
        self.numbers.append([[part.now[places] for part in self.kept[key].parts] for key in self.keys])

    def given(self) -> Gathered:
        of_keys = zip(self.keys, zip(*self.numbers, strict=True), strict=True)
        joined = {key: [np.concatenate(part) for part in zip(*some, strict=True)] for key, some in of_keys}
        return Gathered({key: (parts, self.kept[key].den) for key, parts in joined.items()})


@dataclass
class Following:
    """Those of some triggers that are steady, with what they were answered last."""

    population: Population
    moments: Moments
    every: Sequence[Followed]
    kept: Mapping[Key, Kept]
    asking: Asking

    @classmethod
    def of(
        cls,
        triggers: Sequence[CompiledTrigger],
        counts: Counts,
        population: Population,
        moments: Moments,
        asking: Asking,
    ) -> Following:
        counts.take(key for one in triggers if is_steady(one) for key in keys_of(one))
        steady = [one for one in triggers if is_steady(one) and all(counts.kept[key] for key in keys_of(one))]
        keys = {key for one in steady for key in keys_of(one)}
        kept = {key: found for key in keys if (found := counts.kept[key]) is not None}
        return cls(population, moments, [Followed.of(one, population.size) for one in steady], kept, asking)

    @property
    def names(self) -> set[str]:
        return {one.compiled.name for one in self.every}

    def answers(self) -> Iterator[dict[str, Answers]]:
        """At each moment."""
        for block, engine, known in self._blocks():
            changes = self._changes(block, engine, known)
            for place, number in enumerate(block):
                at, subjects = self.moments.every[number], self.population.subjects(number)
                yield {
                    one.compiled.name: one.answers(at, subjects, changes[n], place) for n, one in enumerate(self.every)
                }

    # --- moments at which as much is known ----------------------------------------------------------------------------

    def _blocks(self) -> Iterator[tuple[list[int], EngineThen, dict[Key, Known]]]:
        """Moments one after another, with an engine of the first and what is known of each number at all of them."""
        block: list[int] = []
        first, known = self._known(0)
        for number in range(len(self.moments.every)):
            engine, then = self._known(number) if number else (first, known)
            if block and (then != known or len(block) == _AT_ONCE):
                yield block, first, known
                block, first, known = [], engine, then
            block.append(number)
        yield block, first, known

    def _known(self, number: int) -> tuple[EngineThen, dict[Key, Known]]:
        nobody = np.zeros(0, dtype=np.int64)
        nothing: dict[Key, Given] = {key: ([nobody] * len(kept.parts), kept.den) for key, kept in self.kept.items()}
        engine = self.asking(number, Gathered(nothing), Subjects(self.population.con, ()), None)
        engine.take(self.kept)
        return engine, {key: engine.known_of(key) for key in self.kept}

    # --- what changes at them -----------------------------------------------------------------------------------------

    def _changes(self, block: Sequence[int], engine: EngineThen, known: Mapping[Key, Known]) -> list[Changes]:
        """For each trigger."""
        gathering = [Gathering(one.keys, self.kept) for one in self.every]
        woken = [one.wakes(known) for one in self.every]
        for number in block:
            for kept in self.kept.values():
                kept.go_to(number)
            for one, some, wakes in zip(self.every, gathering, woken, strict=True):
                everybody = wakes and number == block[0]
                some.add(np.arange(int(self.population.sizes[number])) if everybody else self._changed(one, number))
        asked = zip(self.every, gathering, strict=True)
        return [self._asked(one, some, block[0], engine) for one, some in asked]

    def _asked(self, one: Followed, some: Gathering, number: int, beside: EngineThen) -> Changes:
        many = Subjects(self.population.con, [""] * sum(map(len, some.places)))  # nobody asks who they are
        engine = self.asking(number, some.given(), many, beside)
        engine.take(one.keys)
        return one.asked(engine, some.places)

    def _changed(self, one: Followed, number: int) -> Array:
        """The places of those who came, or of whom a number changed."""
        size, before = self.population.sizes[number], self.population.sizes[number - 1] if number else 0
        flags: Flags = np.zeros(self.population.size, dtype=bool)
        flags[before:size] = True
        for places in (some for key in one.keys for some in self.kept[key].changed(number)):
            flags[places] = True
        return np.flatnonzero(flags[:size])
