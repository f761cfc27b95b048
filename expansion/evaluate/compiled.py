"""A trigger in the intermediate form: when it fires, and what keeps its episode open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from expansion.evaluate.compile import Compiler
from expansion.evaluate.tree import Group, Leaf, Node, Test, columns, lines
from expansion.language.model.conditions import Condition
from expansion.language.model.models import Trigger
from expansion.usage.storage.rollup import Column


@dataclass(frozen=True)
class CompiledTrigger:
    """`fires` says when to act; an open episode ends when `holds_on` is certainly not so."""

    name: str
    fires: Group
    holds_on: Group
    of_users: bool = False  # asked of each person, not of accounts

    def nodes(self) -> list[Node]:
        return [self.fires, self.holds_on]

    @classmethod
    def of(cls, trigger: Trigger, compiler: Compiler) -> CompiledTrigger:
        cohort, when, unless = compiler.trigger(trigger)
        fires = Group("all_of", (*cohort, when, *unless))
        hysteresis = _with_hysteresis(when)
        if hysteresis is None and _without_dwell(when) is when:
            return cls(trigger.trigger, fires, fires, trigger.who == "users")
        kept = (*cohort, hysteresis) if hysteresis is not None else (*cohort, _without_dwell(when), *unless)
        return cls(trigger.trigger, fires, Group("all_of", kept), trigger.who == "users")


def _with_hysteresis(node: Node) -> Node | None:
    """The lines that say `clears_below`, at that value; None where there are none. The others do not end an episode."""
    if isinstance(node, Group):
        parts = tuple(part for part in map(_with_hysteresis, node.parts) if part is not None)
        if not parts or node.word == "none_of" or node.about:
            return None
        return Group(node.word, parts, min(node.need, len(parts)))
    below = node.condition.clears_below
    if not isinstance(node, Leaf) or below is None:
        return None
    changes = {"at_least": below, "more_than": None, "for_": None, "clears_below": None}
    condition = Condition.model_construct(**{**dict(node.condition), **changes})
    return Leaf(condition, (Test(node.main.measure, "at_least", below),))


def _without_dwell(node: Node) -> Node:
    """An episode stays open while the conditions hold today. Dwell inside a cohort is part of what the cohort means.

    A node without dwell is handed back as it is: it is answered once.
    """
    if isinstance(node, Group) and not node.about:
        parts = tuple(map(_without_dwell, node.parts))
        return node if parts == node.parts else replace(node, parts=parts)
    return node if node.points == 1 else replace(node, points=1)


@dataclass
class Forms:
    """Triggers in their intermediate form, each made once: answers are kept by its nodes."""

    compiler: Compiler
    _made: dict[str, tuple[Trigger, CompiledTrigger]] = field(default_factory=dict)

    def of(self, trigger: Trigger) -> CompiledTrigger:
        known = self._made.get(trigger.trigger)
        if known is None or known[0] != trigger:
            known = trigger, CompiledTrigger.of(trigger, self.compiler)
            self._made[trigger.trigger] = known
        return known[1]


def rollup_columns(nodes: Iterable[Node]) -> set[Column]:
    """The rollup columns that these nodes read."""
    return {column for node in nodes for line, _ in lines(node) for column in columns(line)}
