"""A trigger in the intermediate form: when it fires, and what keeps its episode open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from expansion.evaluate.compile import Compiler, Group, Leaf, Member, Node, leaves
from expansion.evaluate.measures import EventMeasure, basic_measures
from expansion.language.conditions import Condition
from expansion.language.models import Trigger
from expansion.usage.rollup import Column


@dataclass(frozen=True)
class CompiledTrigger:
    """`fires` says when to act; an open episode ends when `holds_on` is certainly not so."""

    name: str
    fires: Group
    holds_on: Group

    def nodes(self) -> list[Node]:
        return [self.fires, self.holds_on]

    @classmethod
    def of(cls, trigger: Trigger, compiler: Compiler) -> CompiledTrigger:
        cohort = (compiler.cohort(trigger.accounts),) if trigger.accounts else ()
        when = compiler.clauses(trigger.when)
        unless = (replace(compiler.clauses(trigger.unless), word="none_of"),) if trigger.unless else ()
        fires = Group("all_of", (*cohort, when, *unless))
        hysteresis = _with_hysteresis(when)
        if hysteresis is not None:
            return cls(trigger.trigger, fires, Group("all_of", (*cohort, hysteresis)))
        return cls(trigger.trigger, fires, Group("all_of", (*cohort, _without_dwell(when), *unless)))


def _with_hysteresis(node: Node) -> Node | None:
    """The lines that say `clears_below`, at that value; None where there are none. The others do not end an episode."""
    if isinstance(node, Group):
        parts = tuple(part for part in map(_with_hysteresis, node.parts) if part is not None)
        if not parts or node.word == "none_of" or node.name:
            return None
        return Group(node.word, parts, min(node.need, len(parts)))
    below = node.condition.clears_below
    if isinstance(node, Member) or below is None:
        return None
    changes = {"at_least": below, "more_than": None, "for_": None, "clears_below": None}
    return Leaf(Condition.model_construct(**{**dict(node.condition), **changes}), node.measure)


def _without_dwell(node: Node) -> Node:
    """An episode stays open while the conditions hold today. Dwell inside a cohort is part of what the cohort means."""
    if isinstance(node, Group) and not node.name:
        return replace(node, parts=tuple(map(_without_dwell, node.parts)), points=1)
    return replace(node, points=1)


def rollup_columns(nodes: Iterable[Node]) -> set[Column]:
    """The rollup columns that these nodes read; windows of hours read events instead."""
    basics = (
        basic
        for node in nodes
        for leaf, _ in leaves(node)
        for measure in leaf.measures()
        for basic in basic_measures(measure)
    )
    return {basic.column for basic in basics if isinstance(basic, EventMeasure) and basic.window.span.exact is None}
