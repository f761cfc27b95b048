"""Triggers whose answer about an account changes only when something it did enters a window or leaves one.

So at each moment only those accounts are asked of which a number changed, by the evaluator's engine over these alone;
of the others the answer of the moment before stands. Everybody is asked anew where it changes for everybody what is
known of events: a window is known whole from now on, a source stopped, an event came for the first time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from expansion.evaluate.causes import Causes
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.engine import Engine
from expansion.evaluate.logic import CANNOT_TELL, NO, YES, constant
from expansion.evaluate.measures import EventMeasure, basic_measures
from expansion.evaluate.numbers import Array
from expansion.evaluate.results import Answers
from expansion.evaluate.subjects import Chosen, Subject, Subjects
from expansion.evaluate.tree import Leaf, Line, Repeated, lines, measures
from expansion.history.counting import Key, is_kept

Known = tuple[str | None, bool, bool]  # of a number, see EngineThen.known_of


_PACKED = 16  # answers in one number, beside a number for all those before


@dataclass(frozen=True, eq=False)
class Unknown(Mapping[Subject, str]):
    """About whom it cannot be told, and why, by numbers: nobody has to list the many of whom too little is known."""

    subjects: Subjects
    codes: Array  # 0 where it can be told
    texts: Sequence[str]

    def __getitem__(self, subject: Subject) -> str:
        code = int(self.codes[self.subjects.index[subject]])
        if not code:
            raise KeyError(subject)
        return self.texts[code]

    def __iter__(self) -> Iterator[Subject]:
        ids = self.subjects.ids
        return (ids[place] for place in np.flatnonzero(self.codes).tolist())

    def __len__(self) -> int:
        return int(np.count_nonzero(self.codes))


@dataclass(frozen=True)
class Changes:
    """What a trigger is answered at some moments one after another, about those of whom that may have changed."""

    begins: Sequence[int]  # where each moment begins, and the end
    places: Array
    fires: Array
    held: Array
    codes: Array

    def at(self, number: int) -> Changes:
        """Those of one moment."""
        some = slice(self.begins[number], self.begins[number + 1])
        return Changes(
            (0, some.stop - some.start), *(part[some] for part in (self.places, self.fires, self.held, self.codes))
        )


@dataclass
class Followed:
    """A trigger, and what it was answered last."""

    compiled: CompiledTrigger
    keys: Sequence[Key]
    fires: Array
    held: Array
    codes: Array  # of causes
    texts: list[str] = field(default_factory=lambda: [""])
    yes: frozenset[Subject] = frozenset()
    known: Sequence[Known] | None = None

    @classmethod
    def of(cls, compiled: CompiledTrigger, size: int) -> Followed:
        fires = constant(NO, size)
        held = fires if compiled.holds_on is compiled.fires else constant(NO, size)
        return cls(compiled, list(keys_of(compiled)), fires, held, np.zeros(size, dtype=np.int32))

    def wakes(self, known: Mapping[Key, Known]) -> bool:
        """Whether everybody is to be asked anew, as more or less is known of the numbers than before."""
        before, self.known = self.known, [known[key] for key in self.keys]
        return before != self.known

    def asked(self, engine: Engine, places: Sequence[Array]) -> Changes:
        """What an engine says about those at these places, of each moment, one after another."""
        begins = [0, *np.cumsum([len(some) for some in places]).tolist()]
        fires, held = engine.answer(self.compiled.fires), engine.answer(self.compiled.holds_on)
        codes = np.zeros(len(fires), dtype=np.int32)
        if len(unclear := np.flatnonzero(fires == CANNOT_TELL)):
            codes[unclear] = self._causes(engine, unclear)
        return Changes(begins, np.concatenate(places), fires, held, codes)

    def answers(self, as_of: datetime, subjects: Subjects, changes: Changes, number: int) -> Answers:
        """At the next moment, the one with this number among those of the changes."""
        self._take(changes.at(number), subjects.ids)
        size = subjects.size
        cleared = Chosen(subjects, self.held[:size] == NO)
        unknown = Unknown(subjects, self.codes[:size].copy(), self.texts)
        return Answers(self.compiled.name, as_of, self.yes, cleared, unknown, size)

    def _take(self, now: Changes, ids: Sequence[Subject]) -> None:
        before = self.fires[now.places]
        other = np.flatnonzero(now.fires != before)
        more, fewer = other[now.fires[other] == YES], other[before[other] == YES]
        if len(more) or len(fewer):
            more, fewer = now.places[more].tolist(), now.places[fewer].tolist()
            self.yes = (self.yes | {ids[one] for one in more}) - {ids[one] for one in fewer}
        self.fires[now.places], self.codes[now.places] = now.fires, now.codes
        if self.held is not self.fires:
            self.held[now.places] = now.held

    def _causes(self, engine: Engine, unclear: Array) -> Array:
        """A number for each cause. Those who are answered alike line by line have the same one."""
        _, first, which = np.unique(self._seen(engine, unclear), return_index=True, return_inverse=True)
        causes = Causes(engine).of(self.compiled.fires, unclear[first].tolist())
        codes = [self._code(causes[place]) for place in unclear[first].tolist()]
        return np.array(codes, dtype=np.int32)[which]

    def _seen(self, engine: Engine, places: Array) -> Array:
        """A number for all that a cause depends on: what each line was answered, and which amounts are known."""
        seen, parts = np.zeros(len(places), dtype=np.int64), 0
        for line, points in lines(self.compiled.fires):
            for part in (part for point in range(points) for part in _parts(engine, line, point)):
                seen, parts = seen * 4 + part[places], parts + 1
                if parts % _PACKED == 0:
                    seen = np.unique(seen, return_inverse=True)[1]
        return seen

    def _code(self, cause: str) -> int:
        if cause not in self.texts[1:]:
            self.texts.append(cause)
        return self.texts.index(cause, 1)


def _parts(engine: Engine, line: Line, point: int) -> Iterator[Array]:
    yield engine.at(line, point)
    for test in line.tests if isinstance(line, Leaf) else ():
        yield engine.test(test, point)
        for measure in (one for one in test.measures() for one in basic_measures(one)):
            assert isinstance(measure, EventMeasure), "steady triggers are about events alone"
            yield engine.number(measure, point).known + 2 * engine.counted.unread(measure, point)


# --- which triggers these are -----------------------------------------------------------------------------------------


def is_steady(compiled: CompiledTrigger) -> bool:
    """Of events alone, counted by day, each account by itself."""
    return all(_is_steady(line) for node in compiled.nodes() for line, _ in lines(node))


def _is_steady(line: Line) -> bool:
    if line.condition.fact is not None or not isinstance(line, Leaf | Repeated):
        return False
    basics = [basic for one in measures(line) for basic in basic_measures(one)]
    ranked = isinstance(line, Leaf) and any(test.word == "among_top" for test in line.tests)
    return not ranked and all(isinstance(one, EventMeasure) and is_kept(one) for one in basics)


def keys_of(compiled: CompiledTrigger) -> Iterable[Key]:
    """The numbers that a trigger is answered by."""
    found: dict[Key, None] = {}
    for line, points in (each for node in compiled.nodes() for each in lines(node)):
        for basic in (basic for one in measures(line) for basic in basic_measures(one)):
            if isinstance(basic, EventMeasure):
                found |= dict.fromkeys((basic, point) for point in range(points))
    return found
