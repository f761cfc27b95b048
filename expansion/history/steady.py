"""Triggers whose answer about an account changes only when something it did enters a window or leaves one.

So at each moment only those accounts are asked of which a number changed, by the evaluator's engine over these alone;
of the others the answer of the moment before stands. Everybody is asked anew where it changes for everybody what is
known of events: a window is known whole from now on, a source stopped, an event came for the first time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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

Known = tuple[tuple[str | None, bool, bool], ...]  # of each number, see EngineThen.known_of


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
    known: Known | None = None

    @classmethod
    def of(cls, compiled: CompiledTrigger, size: int) -> Followed:
        fires, held = constant(NO, size), constant(NO, size)
        return cls(compiled, list(keys_of(compiled)), fires, held, np.zeros(size, dtype=np.int32))

    def take(self, engine: Engine, places: Array, some: Array) -> None:
        """The answers about some of those whom an engine was asked about; `places` are where all of them stand."""
        fires, held = engine.answer(self.compiled.fires)[some], engine.answer(self.compiled.holds_on)[some]
        at, ids = places[some], engine.subjects.ids
        before = self.fires[at]
        more, fewer = some[(fires == YES) & (before != YES)], some[(fires != YES) & (before == YES)]
        if len(more) or len(fewer):
            self.yes = (self.yes | {ids[one] for one in more.tolist()}) - {ids[one] for one in fewer.tolist()}
        self.fires[at], self.held[at], self.codes[at] = fires, held, 0
        if len(unclear := some[fires == CANNOT_TELL]):
            self.codes[places[unclear]] = self._causes(engine, unclear)

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

    def answers(self, engine: Engine, subjects: Subjects) -> Answers:
        size = subjects.size
        cleared = Chosen(subjects, self.held[:size] == NO)
        unknown = Unknown(subjects, self.codes[:size].copy(), self.texts)
        return Answers(self.compiled.name, engine.as_of, self.yes, cleared, unknown, size)


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
