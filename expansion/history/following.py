"""Steady triggers from moment to moment, together: see steady.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.numbers import Array, Flags
from expansion.evaluate.results import Answers
from expansion.evaluate.subjects import Subjects
from expansion.history.counting import Counts, Kept, Key
from expansion.history.engine import EngineThen
from expansion.history.population import Population
from expansion.history.steady import Followed, Known, is_steady, keys_of

Asking = Callable[[Array, Subjects, EngineThen | None], EngineThen]  # an engine about those at some places


@dataclass
class Following:
    """Those of some triggers that are steady, with what they were answered last."""

    population: Population
    every: Sequence[Followed]
    kept: Mapping[Key, Kept]

    @classmethod
    def of(cls, triggers: Sequence[CompiledTrigger], counts: Counts, population: Population) -> Following:
        counts.take(key for one in triggers if is_steady(one) for key in keys_of(one))
        steady = [one for one in triggers if is_steady(one) and all(counts.kept[key] for key in keys_of(one))]
        keys = {key for one in steady for key in keys_of(one)}
        kept = {key: found for key in keys if (found := counts.kept[key]) is not None}
        return cls(population, [Followed.of(one, population.size) for one in steady], kept)

    @property
    def names(self) -> set[str]:
        return {one.compiled.name for one in self.every}

    def answers(self, number: int, asking: Asking) -> dict[str, Answers]:
        """At the next moment."""
        if not self.every:
            return {}
        subjects, places = self.population.subjects(number), self._changed(number)
        few = asking(places, self.population.some(places), None)
        few.take(self.kept)
        known = {key: few.known_of(key) for key in self.kept}
        woken = [one for one in self.every if one.known != _known(one, known)]
        for one in self.every:
            if one not in woken:
                one.take(few, places, self._of(one, number, places))
        self._ask_all(woken, subjects, asking, few)
        for one in woken:
            one.known = _known(one, known)
        return {one.compiled.name: one.answers(few.as_of, subjects) for one in self.every}

    def _ask_all(self, woken: Sequence[Followed], subjects: Subjects, asking: Asking, few: EngineThen) -> None:
        if woken:
            places = np.arange(subjects.size)
            everyone = asking(places, subjects, few)
            everyone.take(key for one in woken for key in one.keys)
            for one in woken:
                one.take(everyone, places, places)

    def _changed(self, number: int) -> Array:
        """The places of those who came, or of whom a number changed."""
        for kept in self.kept.values():
            kept.go_to(number)
        return np.flatnonzero(self._flags(self.kept.values(), number))

    def _of(self, one: Followed, number: int, places: Array) -> Array:
        """Which of those are to be asked about a trigger."""
        return np.flatnonzero(self._flags((self.kept[key] for key in one.keys), number)[places])

    def _flags(self, kept: Iterable[Kept], number: int) -> Flags:
        sizes = self.population.sizes
        flags = np.zeros(int(sizes[number]), dtype=bool)
        flags[int(sizes[number - 1]) if number else 0 :] = True
        for places in (some for one in kept for some in one.changed(number)):
            flags[places[places < len(flags)]] = True
        return flags


def _known(one: Followed, known: dict[Key, tuple[str | None, bool, bool]]) -> Known:
    return tuple(known[key] for key in one.keys)
