"""From conditions as written to the intermediate form: which measures each line needs, and at which points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from expansion.evaluate.measures import (
    EventMeasure,
    FactMeasure,
    Formula,
    LimitMeasure,
    Measure,
    Window,
    earlier,
)
from expansion.evaluate.numbers import as_limit
from expansion.evaluate.tree import Group, Leaf, Member, Node, Repeated, Returned, Test, Walk, Walked
from expansion.language.model.conditions import AllOf, AnyOf, Condition, NoneOf, SequenceStep, SomeOf
from expansion.language.model.models import (
    CountedFact,
    DifferenceFact,
    Facts,
    HeadroomFact,
    LimitFact,
    PaceFact,
    Plans,
    Policy,
    RatioFact,
    RuleCohort,
    SourcedFact,
    Trigger,
)
from expansion.language.model.values import Span, just_around
from expansion.usage.facts import cohort_field, cohort_key
from expansion.usage.storage.atoms import Atom, atom_of


@dataclass(frozen=True)
class Compiler:
    """Knows the vocabulary, which was checked before: unknown names and circles do not reach this point."""

    vocabulary: Facts
    policy: Policy
    triggers: Mapping[str, Trigger] = field(default_factory=dict)  # those that a condition may refer to

    # --- triggers and groups ------------------------------------------------------------------------------------------

    def trigger(self, trigger: Trigger) -> tuple[tuple[Node, ...], Group, tuple[Node, ...]]:
        """What a trigger asks: of which accounts, when, and unless."""
        cohort = (self.cohort(trigger.accounts),) if trigger.accounts else ()
        unless = (replace(self.clauses(trigger.unless), word="none_of"),) if trigger.unless else ()
        return cohort, self.clauses(trigger.when), unless

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

    def _condition(self, condition: Condition) -> Node:
        match condition.subject:
            case "cohort":
                return self.cohort(str(condition.cohort), condition)
            case "trigger":
                return self._reference(condition)
            case "sequence":
                return self._walked(condition)
        pattern = condition.pattern
        if pattern and pattern[0] == "came_back_after":
            return self._returned(condition, pattern[1])
        if condition.in_at_least:
            return self._repeated(condition)
        return Leaf(condition, tuple(self._tests(condition)), _points(condition))

    def cohort(self, name: str, condition: Condition | None = None) -> Node:
        """The accounts of a cohort."""
        condition = condition or Condition(cohort=name)
        points = _points(condition)
        definition = self.vocabulary.cohorts[name]
        if isinstance(definition, RuleCohort):
            return replace(self.clauses(definition.when), about=condition, points=points)
        key = cohort_key(definition.from_, definition.name)
        return Member(condition, FactMeasure(f"@{definition.from_}|{cohort_field(definition.name)}"), key, points)

    def _reference(self, condition: Condition) -> Group:
        """Another trigger's own conditions."""
        cohort, when, unless = self.trigger(self.triggers[str(condition.trigger)])
        return Group("all_of", (*cohort, when, *unless), about=condition, points=_points(condition))

    # --- facts --------------------------------------------------------------------------------------------------------

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
            case LimitFact():
                return self._limit(definition.limit_of)
            case RatioFact():
                return Formula("ratio", self._facts(definition.parts))
            case DifferenceFact():
                return Formula("difference", self._facts(definition.parts))
            case HeadroomFact():
                return Formula("headroom", self._facts(definition.parts))
            case PaceFact():
                used, limit = self._facts(definition.parts)
                pace = definition.pace_over
                return Formula("days_to_limit", (used, earlier(used, pace), limit), pace.days)
        raise TypeError(f"{name} is no kind of fact")

    def _facts(self, names: Sequence[str]) -> tuple[Measure, ...]:
        return tuple(self.fact(name) for name in names)

    def _limit(self, name: str) -> LimitMeasure:
        plans = self.policy.plans
        assert isinstance(plans, Plans), "a limit was checked to be in policy.yaml"
        limits = ((plan, as_limit(every[name])) for plan, every in plans.limits.items() if name in every)
        return LimitMeasure(FactMeasure(plans.fact), name, tuple(sorted(limits)))

    # --- conditions with a number -------------------------------------------------------------------------------------

    def _tests(self, condition: Condition) -> Iterator[Test]:
        """What must hold together; the first says what the condition is about."""
        pattern, span = condition.pattern or ("", None)
        if condition.subject == "fact":
            yield self._compared(condition, self.fact(str(condition.fact)))
            return
        atom, times = atom_of(condition.events, condition.where), Window(span)
        if pattern == "first_within":
            yield Test(EventMeasure(atom, "times", None, times), "at_least", 1)
            yield Test(EventMeasure(atom, "times", None, Window(None, (times.span,))), "is", 0, role="before")  # type: ignore[arg-type]
            return
        window = Window(condition.in_at_least.each if condition.in_at_least else condition.over)
        if pattern == "stopped_for":
            assert span is not None, "a pattern has its length"
            window = Window(condition.over, (span,))
        yield from self._counted(condition, atom, window)
        if pattern == "stopped_for":
            yield Test(EventMeasure(atom, "times", None, times), "at_most", 0, role="silence")

    def _counted(self, condition: Condition, atom: Atom, window: Window) -> Iterator[Test]:
        word, prop = condition.aggregate
        measure = EventMeasure(atom, word, prop, window)  # type: ignore[arg-type]  # the model knows the words
        if condition.has_comparison:
            yield self._compared(condition, measure)
        else:
            # People or days say all there is to say; how often it was is shown beside.
            yield Test(measure, "at_least", 0 if condition.by_at_least or condition.on_at_least else 1)
        for what, least in (("people", condition.by_at_least), ("days", condition.on_at_least)):
            if least:
                yield Test(replace(measure, aggregate=what, prop=None), "at_least", least.count, role=what)  # type: ignore[arg-type]

    def _compared(self, condition: Condition, measure: Measure) -> Test:
        word, wanted = condition.comparison()
        base = condition.from_at_least
        if condition.grows:
            # Of events counted in each of several weeks, the time before a week is the week before.
            by = condition.in_at_least.each if condition.in_at_least and condition.over is None else condition.over
            assert by is not None, "growth has a window"
            return Test(measure, word, wanted, was=earlier(measure, by), base=base)
        if word == "among_top":
            peers = self.fact(condition.of) if condition.of else None
            return Test(measure, word, wanted, base=base, peers=peers)
        return Test(measure, word, wanted)

    def _repeated(self, condition: Condition) -> Repeated:
        periods = condition.in_at_least
        assert periods is not None, "asked of several periods"
        tests = tuple(self._tests(condition))
        parts = [Leaf(condition, tests)]
        parts += [
            Leaf(condition, tuple(_asked_earlier(test, Span(number, periods.unit), condition) for test in tests))
            for number in range(1, periods.count)
        ]
        return Repeated(condition, tuple(parts), periods.need)

    # --- what happened one after the other ----------------------------------------------------------------------------

    def _walked(self, condition: Condition) -> Walked:
        assert condition.within is not None, "the model asks for it"
        excluded = condition.excluded
        walk = Walk(
            tuple(_atom(step) for step in condition.steps),
            condition.within,
            _atom(excluded) if excluded else None,
            condition.same_user,
        )
        people = condition.by_at_least.count if condition.by_at_least else 1
        return Walked(
            condition, walk, Window(condition.over or just_around(condition.within)), people, _points(condition)
        )

    def _returned(self, condition: Condition, silence: Span) -> Returned:
        atom = atom_of(condition.events, condition.where)
        return Returned(condition, atom, silence, Window(condition.over), _points(condition))


def _atom(step: SequenceStep) -> Atom:
    return atom_of(step.events, step.where)


def _points(condition: Condition) -> int:
    return condition.for_.days if condition.for_ else 1


def _asked_earlier(test: Test, by: Span, condition: Condition) -> Test:
    """The same test of an earlier period. Events that grow from the period before: that one lies a period more before
    the check, told at once, because a month before a month before is not always two months before."""
    was = test.was
    if isinstance(was, EventMeasure) and condition.over is None:
        was = replace(was, window=replace(was.window, shift=(Span(by.count + 1, by.unit),)))
    elif was is not None:
        was = earlier(was, by)
    return replace(test, measure=earlier(test.measure, by), was=was)
