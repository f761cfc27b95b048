"""A number for each place that goes on from moment to moment: what comes in is added, what goes out taken away."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from expansion.evaluate.numbers import Array
from expansion.history.spans import Counted


@dataclass(frozen=True)
class Steps:
    """What changes at each moment: places and by how much, moment by moment in one array."""

    place: Array
    value: Array
    begins: Array  # where each moment begins, and the end

    @classmethod
    def of(cls, moment: Array, place: Array, value: Array, count: int) -> Steps:
        order = np.argsort(moment.astype(np.int16 if count < 1 << 15 else np.int64), kind="stable")
        begins = np.searchsorted(moment[order], np.arange(count + 1))
        return cls(place[order], _small(value)[order], begins)

    def at(self, number: int) -> slice:
        return slice(int(self.begins[number]), int(self.begins[number + 1]))


def _small(values: Array) -> Array:
    """In a byte each where they fit: most are 1, and there are many."""
    fits = values.size == 0 or (values.min() >= -128 and values.max() <= 127)
    return values.astype(np.int8) if fits else values


@dataclass
class Running:
    """The numbers at one moment, the first one to begin with."""

    now: Array
    added: Steps
    taken: Steps
    _next: int = field(default=0)

    @classmethod
    def of(cls, counted: Counted, size: int, count: int) -> Running:
        added = Steps.of(counted.on, counted.place, counted.value, count)
        taken = Steps.of(counted.off, counted.place, counted.value, count)
        return cls(np.zeros(size, dtype=np.int64), added, taken)

    def go_to(self, number: int) -> None:
        """On to a moment; there is no way back."""
        assert number + 1 >= self._next, "moments are asked in order"
        while self._next <= number:
            for steps, change in ((self.added, np.add), (self.taken, np.subtract)):
                some = steps.at(self._next)
                # Of these kinds NumPy adds in place; of smaller ones it first looks at each (three times as long).
                change.at(self.now, steps.place[some].astype(np.intp), steps.value[some].astype(np.int64))
            self._next += 1

    def changed(self, number: int) -> list[Array]:
        """The places whose number may differ from that of the moment before."""
        return [steps.place[steps.at(number)] for steps in (self.added, self.taken)]
