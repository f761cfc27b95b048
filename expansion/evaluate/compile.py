"""From conditions as written to the intermediate form: which measures each line needs, and at which points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from expansion.evaluate.measures import EventMeasure, FactMeasure, Measure, RatioMeasure, Window
from expansion.language.conditions import AllOf, AnyOf, Condition, NoneOf, SomeOf
from expansion.language.models import CountedFact, Facts, RatioFact, RuleCohort, SourcedFact
from expansion.usage.atoms import atom_of
from expansion.usage.facts import cohort_field, cohort_key


@dataclass(frozen=True)
class Leaf:
    """One condition: what is measured now, against what (growth), and what else must hold of the same events."""

    condition: Condition
    measure: Measure
    was: Measure | None = None
    people: EventMeasure | None = None
    days: EventMeasure | None = None
    points: int = 1  # dwell: true at each of so many points

    def measures(self) -> Iterator[Measure]:
        yield from (m for m in (self.measure, self.was, self.people, self.days) if m is not None)


@dataclass(frozen=True)
class Member:
    """Membership of a cohort that another system keeps."""

    condition: Condition
    measure: FactMeasure
    pulls: str  # the key under which its pulls are noted
    points: int = 1

    def measures(self) -> Iterator[Measure]:
        yield self.measure


@dataclass(frozen=True)
class Group:
    """`all_of`, `any_of`, `none_of` or `some_of`; a cohort made of conditions is an `all_of` with a name."""

    word: str
    parts: tuple[Node, ...]
    need: int = 0
    name: str | None = None
    points: int = 1


Node = Leaf | Member | Group


@dataclass(frozen=True)
class Compiler:
    """Knows the vocabulary. `Facts` was checked before: unknown names and cycles do not reach this point."""

    vocabulary: Facts

    def clauses(self, clauses: Sequence[Any]) -> Group:
        """A list of clauses: all of them."""
        return Group("all_of", tuple(self.node(clause) for clause in clauses))

    def node(self, clause: Any) -> Node:
        match clause:
            case AllOf():
                return self.clauses(clause.all_of)
            case AnyOf():
                return replace(self.clauses(clause.any_of), word="any_of")
            case NoneOf():
                return replace(self.clauses(clause.none_of), word="none_of")
            case SomeOf():
                group = self.clauses(clause.some_of.of)
                return replace(group, word="some_of", need=clause.some_of.need)
            case Condition():
                return self._condition(clause)
        raise TypeError(f"{type(clause).__name__} is no clause")

    def cohort(self, name: str, condition: Condition | None = None) -> Node:
        """The accounts of a cohort."""
        condition = condition or Condition(cohort=name)
        points = _points(condition)
        definition = self.vocabulary.cohorts[name]
        if isinstance(definition, RuleCohort):
            return replace(self.clauses(definition.when), name=name, points=points)
        key = cohort_key(definition.from_, definition.name)
        return Member(condition, FactMeasure(f"@{definition.from_}|{cohort_field(definition.name)}"), key, points)

    def fact(self, name: str) -> Measure:
        """What a fact's value is made of."""
        definition = self.vocabulary.facts[name]
        match definition:
            case SourcedFact():
                return FactMeasure(name)
            case CountedFact():
                word, events = definition.counted
                atom = atom_of(events, definition.where)
                return EventMeasure(atom, word, None, Window(definition.over))  # type: ignore[arg-type]  # word is one
            case RatioFact():
                of, by = definition.ratio
                return RatioMeasure(self.fact(of), self.fact(by))
        raise TypeError(f"{name} is no kind of fact")

    def _condition(self, condition: Condition) -> Node:
        match condition.subject:
            case "cohort":
                return self.cohort(str(condition.cohort), condition)
            case "fact":
                return self._fact_leaf(condition)
        return self._event_leaf(condition)

    def _fact_leaf(self, condition: Condition) -> Leaf:
        now = self.fact(str(condition.fact))
        grows = condition.grew_at_least or condition.fell_at_least
        was = _earlier(now, condition) if grows else None
        return Leaf(condition, now, was, points=_points(condition))

    def _event_leaf(self, condition: Condition) -> Leaf:
        assert condition.over is not None, "the model asks for a window"
        atom = atom_of(condition.events, condition.where)
        word, prop = condition.aggregate
        now = EventMeasure(atom, word, prop, Window(condition.over))  # type: ignore[arg-type]  # the model knows the words
        grows = condition.grew_at_least or condition.fell_at_least
        return Leaf(
            condition,
            now,
            _earlier(now, condition) if grows else None,
            replace(now, aggregate="people", prop=None) if condition.by_at_least else None,
            replace(now, aggregate="days", prop=None) if condition.on_at_least else None,
            _points(condition),
        )


def _points(condition: Condition) -> int:
    return condition.for_.days if condition.for_ else 1


def _earlier(measure: Measure, condition: Condition) -> Measure:
    """The same measure, `over` earlier."""
    assert condition.over is not None, "growth has a window"
    match measure:
        case FactMeasure():
            return replace(measure, back=condition.over)
        case EventMeasure():
            return replace(measure, window=replace(measure.window, shift=condition.over))
        case RatioMeasure():
            return RatioMeasure(_earlier(measure.of, condition), _earlier(measure.by, condition))


def leaves(node: Node, points: int = 1) -> Iterator[tuple[Leaf | Member, int]]:
    """All conditions below a node, each with the number of points it is asked at; dwell within dwell adds up."""
    points += node.points - 1
    if isinstance(node, Group):
        for part in node.parts:
            yield from leaves(part, points)
    else:
        yield node, points
