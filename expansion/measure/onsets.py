"""Episodes at every setting at once: begun, over, and not begun again before their time, as decide.episodes has them.

What is true on the first day is noted and counts nowhere, since nobody knows when it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from expansion.evaluate.logic import NO, YES
from expansion.evaluate.numbers import Array
from expansion.evaluate.subjects import Subject
from expansion.measure.turned import Turned


@dataclass(frozen=True)
class Onsets:
    """Every firing: its moment, its subject and its setting, as places. The first day is not among them."""

    moment: Array
    subject: Array
    setting: Array
    subjects: tuple[Subject, ...]


@dataclass
class Episodes:
    """Played moment by moment. `ready`: for a firing at each moment, the first moment at which it may fire again."""

    settings: int
    ready: Sequence[int]
    _index: dict[Subject, int] = field(default_factory=dict)
    _open: Array = field(init=False)
    _ready: Array = field(init=False)
    _waiting: Array = field(init=False)  # left alone so far: acted on once nothing stands in the way
    _begun: list[tuple[Array, Array, Array]] = field(default_factory=list)
    _asked: tuple[Sequence[Subject], Array] | None = None

    def __post_init__(self) -> None:
        self._open = np.zeros((0, self.settings), dtype=bool)
        self._ready = np.zeros((0, self.settings), dtype=np.int32)
        self._waiting = np.zeros((0, self.settings), dtype=bool)

    def play(self, moment: int, subjects: Sequence[Subject], turned: Turned, left_alone: Array | None = None) -> None:
        """One moment. `left_alone`: whether a subject would have been. Its episode begins all the same, and counts as
        fired once it is left alone no more while the trigger still holds."""
        rows = self._rows(subjects)
        busy = np.flatnonzero(turned.fires.some_yes() | self._open[rows].any(axis=1))
        mine, fires, holds = rows[busy], turned.fires.answers(busy), turned.holds.answers(busy)
        still_open = self._open[mine]
        begins = (fires == YES) & ~still_open & (self._ready[mine] <= moment)
        over = still_open & (holds == NO) & (fires == NO)
        self._open[mine] = (still_open | begins) & ~over
        self._ready[mine] = np.where(begins, self.ready[moment], self._ready[mine])
        heard = begins if moment else np.zeros_like(begins)
        if left_alone is not None:
            due = heard | (self._waiting[mine] & still_open & (fires == YES))
            heard = due & ~left_alone[busy, None]
            self._waiting[mine] = (due | self._waiting[mine]) & ~heard & self._open[mine]
        places, setting = np.nonzero(heard)
        self._begun.append((np.full(len(places), moment), mine[places], setting))

    def result(self) -> Onsets:
        empty = np.zeros(0, dtype=np.int64)
        moment, subject, setting = (np.concatenate([empty, *(one[part] for one in self._begun)]) for part in range(3))
        return Onsets(moment, subject, setting, tuple(self._index))

    def _rows(self, subjects: Sequence[Subject]) -> Array:
        """Where each stands in what is kept; mostly they are those of the moment before."""
        if self._asked is None or self._asked[0] != subjects:
            rows = np.array([self._index.setdefault(one, len(self._index)) for one in subjects], dtype=np.int64)
            more = len(self._index) - len(self._open)
            if more > 0:
                self._open = np.concatenate([self._open, np.zeros((more, self.settings), dtype=bool)])
                self._ready = np.concatenate([self._ready, np.zeros((more, self.settings), dtype=np.int32)])
                self._waiting = np.concatenate([self._waiting, np.zeros((more, self.settings), dtype=bool)])
            self._asked = subjects, rows
        return self._asked[1]
