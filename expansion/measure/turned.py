"""One trigger at one moment, at every setting of one of its numbers: measured once, however many settings there are.

The rest of the trigger is asked three times: with the turned line a no, a cannot tell and a yes. Which of the three
counts for an account at a setting is what its line answers there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from expansion.evaluate import logic
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.engine import Engine
from expansion.evaluate.logic import Answers as AnswerArray
from expansion.evaluate.numbers import Array, Numbers
from expansion.evaluate.tree import Group, Leaf, Node, Repeated, Test
from expansion.measure.dials import HARDER_ABOVE, Dial
from expansion.measure.levels import Levels, all_met, enough_met, growth, growth_met, met, run_length

_ROLES = {"by_at_least": "people", "on_at_least": "days"}
_THREE = (logic.NO, logic.CANNOT_TELL, logic.YES)


@dataclass(frozen=True)
class Turning:
    """A dial of a trigger and the settings to try, from the easiest to the hardest to meet."""

    compiled: CompiledTrigger
    dial: Dial
    settings: tuple[Fraction, ...]

    @classmethod
    def of(cls, compiled: CompiledTrigger, dial: Dial, settings: Sequence[Fraction]) -> Turning:
        ordered = sorted(set(settings), reverse=not HARDER_ABOVE[dial.word])
        return cls(compiled, dial, tuple(ordered))

    def nodes(self) -> list[Node]:
        """What has to be measured: the trigger, and its line for as long as the longest dwell."""
        if self.dial.word != "for":
            return self.compiled.nodes()
        return [*self.compiled.nodes(), replace(self.line(), points=int(max(self.settings)))]

    def at(self, engine: Engine) -> Turned:
        """Every setting at the moment of an engine, which has measured the nodes."""
        size, compiled = len(self.settings), self.compiled
        fires = PerSetting(*self._asked(engine, compiled.fires), size)
        holds = (
            fires if compiled.holds_on is compiled.fires else PerSetting(*self._asked(engine, compiled.holds_on), size)
        )
        return Turned(fires, holds)

    def _asked(self, engine: Engine, root: Group) -> tuple[Levels, AnswerArray]:
        line = _find(root, self.dial)
        if line is None:  # such as after `clears_below`: what keeps an episode open is not turned
            fixed = engine.answer(root)
            return Levels.constant(fixed, len(self.settings)), np.stack([fixed] * 3, axis=1)
        around = [_with(engine, root, line, logic.constant(one, engine.size)) for one in _THREE]
        return self._levels(engine, line), np.stack(around, axis=1)

    def line(self) -> Leaf | Repeated:
        """The line that the dial is of."""
        line = _find(self.compiled.fires, self.dial)
        assert line is not None, "a dial is of a line of the trigger"
        return line

    def matters(self, engine: Engine) -> Array:
        """For whom the line decides: with it a yes the trigger is one, with it a no it is none, or the other way."""
        _, around = self._asked(engine, self.compiled.fires)
        return np.asarray((around[:, 0] == logic.YES) != (around[:, 2] == logic.YES))

    def numbers(self, engine: Engine, leaf: Leaf) -> Iterator[Numbers]:
        """What the dial is compared with, today; of growth the rate."""
        for test in leaf.tests:
            if test.role == self._role:
                number = engine.number(test.measure, 0)
                yield number if test.was is None else growth(number, engine.number(test.was, 0), test.word)

    @property
    def _role(self) -> str:
        return _ROLES.get(self.dial.word, "main")

    def _levels(self, engine: Engine, line: Leaf | Repeated) -> Levels:
        if self.dial.word == "for":
            if line.points == 1:  # an episode goes on while it holds today
                return Levels.constant(engine.at(line, 0), len(self.settings))
            longest = int(max(self.settings))
            return run_length([engine.at(line, point) for point in range(longest)], [int(one) for one in self.settings])
        points = [self._at_point(engine, line, point) for point in range(line.points)]
        return all_met(points)

    def _at_point(self, engine: Engine, line: Leaf | Repeated, point: int) -> Levels:
        if isinstance(line, Repeated):
            return enough_met([self._leaf(engine, part, point) for part in line.parts], line.need)
        return self._leaf(engine, line, point)

    def _leaf(self, engine: Engine, leaf: Leaf, point: int) -> Levels:
        return all_met([self._test(engine, test, point, turned=test.role == self._role) for test in leaf.tests])

    def _test(self, engine: Engine, test: Test, point: int, *, turned: bool) -> Levels:
        if not turned:
            return Levels.constant(engine.test(test, point), len(self.settings))
        number = engine.number(test.measure, point)
        if test.was is not None:
            return growth_met(number, engine.number(test.was, point), test.word, self.settings, test.base)
        return met(number, test.word, self.settings)


@dataclass(frozen=True)
class PerSetting:
    """What is answered at each setting: what the line answers there, and `around` it, for each account, the answer with
    the line a no, a cannot tell and a yes."""

    line: Levels
    around: AnswerArray
    settings: int

    def answers(self, places: Array) -> AnswerArray:
        found: AnswerArray = np.take_along_axis(self.around[places], self.line.answers(places, self.settings), axis=1)
        return found

    def some_yes(self) -> Array:
        """For whom it is a yes at one setting at least: answers only move one way along the settings."""
        everybody = np.arange(len(self.around))
        first = (self.line.sure > 0).astype(np.int8) + (self.line.perhaps > 0)
        last = (self.line.sure >= self.settings).astype(np.int8) + (self.line.perhaps >= self.settings)
        ends = np.maximum(self.around[everybody, first], self.around[everybody, last])
        return np.asarray(ends == logic.YES)


@dataclass(frozen=True)
class Turned:
    """Every setting at one moment: when it fires, and whether an open episode goes on."""

    fires: PerSetting
    holds: PerSetting


def _find(node: Node, dial: Dial) -> Leaf | Repeated | None:
    if isinstance(node, Group):
        inside = () if node.about else node.parts
        return next((found for part in inside if (found := _find(part, dial)) is not None), None)
    return node if isinstance(node, Leaf | Repeated) and node.condition is dial.condition else None


def _with(engine: Engine, node: Node, line: Node, answer: AnswerArray) -> AnswerArray:
    """What a node answers where one line below it is answered so."""
    if node is line:
        return answer
    if not isinstance(node, Group) or not _holds(node, line):
        return engine.answer(node)
    parts = [_with(engine, part, line, answer) for part in node.parts]
    match node.word:
        case "all_of":
            return logic.all_of(parts, engine.size)
        case "any_of":
            return logic.any_of(parts, engine.size)
        case "none_of":
            return logic.negate(logic.any_of(parts, engine.size))
    return logic.some_of(parts, node.need, engine.size)


def _holds(node: Node, line: Node) -> bool:
    return node is line or (isinstance(node, Group) and any(_holds(part, line) for part in node.parts))
