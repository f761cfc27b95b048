"""What has to become known before a line can be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from expansion.evaluate.engine import Engine
from expansion.evaluate.fact_values import NUMERIC
from expansion.evaluate.measures import EventMeasure, FactMeasure, Formula, LimitMeasure, Measure
from expansion.evaluate.tree import Group, Leaf, Line, Member, Node, Repeated, Returned, Test, Walked
from expansion.explain.turns.changing import events_of
from expansion.explain.turns.kinds import CANNOT_TELL, YES, Flip
from expansion.explain.turns.nearest import Nearest, Quantity
from expansion.language.check.kinds import CALLED
from expansion.language.model.models import MadeFact
from expansion.language.prose import narrowed, unit_of

_EVENTS = "all events of its time are known"


@dataclass(frozen=True)
class Missing:
    """Looks for what nobody knows of one subject."""

    engine: Engine
    index: int

    def of(self, node: Node) -> tuple[Flip, ...]:
        """What has to be known; and for a count of which only a part was seen, how many more would do in any case."""
        point = self._point(node)
        if isinstance(node, Group) and len(node.parts) == 1:
            return ()  # the line below says it
        if isinstance(node, Group):
            unclear = sum(int(self.engine.answer(part)[self.index]) == CANNOT_TELL for part in node.parts)
            which = "the one below that cannot be told is" if unclear == 1 else f"the {unclear} that cannot be told are"
            return (Flip("known", amount=unclear, said=f"once {which} known"),)
        clauses = list(dict.fromkeys(self._line(node, point)))
        if not clauses:
            return ()
        names = tuple(clause.split("`")[1] for clause in clauses if clause.startswith("`"))
        days = f", on each of the {node.points} days" if node.points > 1 else ""
        known = Flip("known", value=names, said=f"once {_and(clauses)}{days}")
        more = self._more(node) if isinstance(node, Leaf) and node.points == 1 else None
        return (known, more) if more else (known,)

    def _point(self, node: Node) -> int:
        """The newest day that cannot be told."""
        points = (point for point in range(node.points) if int(self.engine.at(node, point)[self.index]) == CANNOT_TELL)
        return next(points, 0)

    # --- lines --------------------------------------------------------------------------------------------------------

    def _line(self, line: Line, point: int) -> Iterator[str]:
        match line:
            case Leaf():
                yield from self._tests(line, point)
            case Repeated():
                for part in line.parts:
                    if int(self.engine.at(part, point)[self.index]) == CANNOT_TELL:
                        yield from self._tests(part, point)
            case Walked() | Returned():
                atoms = [column.atom for column in line.walk.columns] if isinstance(line, Walked) else [line.atom]
                clauses = [clause for atom in atoms if (clause := self.engine.unseen.clause(atom))]
                yield from clauses or [_EVENTS]
            case Member():
                pulled = self.engine.source.first_pull(line.pulls)
                if pulled is None or pulled > self.engine.as_of:
                    yield f"{line.pulls.partition(':')[0]} is pulled"
                elif self.engine.known.cohort_is_gone(line.measure, point):
                    yield f"{line.pulls.partition(':')[0]} has the cohort again"

    def _tests(self, leaf: Leaf, point: int) -> Iterator[str]:
        for test in leaf.tests:
            if int(self.engine.test(test, point)[self.index]) == CANNOT_TELL:
                yield from self._test(leaf, test, point)

    def _test(self, leaf: Leaf, test: Test, point: int) -> Iterator[str]:
        if test.peers is not None:
            accounts = self.engine.of_accounts or self.engine
            index = self.engine.account_place(self.index) if self.engine.of_accounts else self.index
            yield from Missing(accounts, index)._measure(test.peers, leaf.condition.of, point)
        found = list(self._measure(test.measure, leaf.condition.fact, point))
        if test.was is not None:
            found += self._measure(test.was, leaf.condition.fact, point)
            if not found:
                yield "there was more than 0 in the time before"
        yield from found

    # --- measures -----------------------------------------------------------------------------------------------------

    def _measure(self, measure: Measure, fact: str | None, point: int) -> Iterator[str]:
        match measure:
            case FactMeasure():
                yield from self._sourced(measure, point)
            case LimitMeasure():
                yield from self._limit(measure, point)
            case EventMeasure():
                yield from self._counted(measure, point)
            case Formula():
                yield from self._made(measure, fact, point)

    def _sourced(self, measure: FactMeasure, point: int) -> Iterator[str]:
        column = self.engine.known.column(measure, point)
        if column.value(self.index) is None:
            is_there = column.is_unreadable(self.index)
            yield f"`{measure.fact}` can be read as {CALLED[column.kind]}" if is_there else f"`{measure.fact}` is known"

    def _limit(self, measure: LimitMeasure, point: int) -> Iterator[str]:
        plan = self.engine.known.column(measure.plan, point).value(self.index)
        if plan is None:
            yield f"`{measure.plan.fact}` is known"
        elif all(name != plan for name, _ in measure.limits):
            yield f"plan {plan} has a limit {measure.name} in policy.yaml"

    def _counted(self, measure: EventMeasure, point: int) -> Iterator[str]:
        if self.engine.gap(measure, point):
            yield self.engine.unseen.clause(measure.atom, measure.prop) or _EVENTS
            return
        column = self.engine.column(measure, point)
        number = self.engine.number(measure, point) if column is None or column.kind in NUMERIC else None
        is_known = number.known[self.index] if number is not None else column and column.value(self.index) is not None
        if is_known:
            return
        events = narrowed(measure.atom.events or ("any event",), {})
        unread = measure.aggregate in ("sum", "average", "max")
        if unread and (measure.aggregate == "sum" or self.engine.counted.has_unread(measure, point, self.index)):
            yield f"every `{measure.prop}` in {events} is a number"
        else:
            yield f"there is a `{measure.prop}` in {events}"

    def _made(self, measure: Formula, fact: str | None, point: int) -> Iterator[str]:
        definition = self.engine.vocabulary.facts.facts.get(fact or "")
        names: Sequence[str | None] = definition.parts if isinstance(definition, MadeFact) else (None, None)
        ends = (measure.parts[0], measure.parts[-1])  # between them lies what it was, of a pace
        found = [clause for part, name in zip(ends, names, strict=True) for clause in self._measure(part, name, point)]
        found += [clause for part in measure.parts[1:-1] for clause in self._measure(part, names[0], point)]
        limit = self.engine.number(measure.parts[-1], point).at(self.index)
        if measure.word != "difference" and limit is not None and limit <= 0:
            found.append(f"`{names[1]}` is above 0")
        yield from found

    # --- what was seen in part ----------------------------------------------------------------------------------------

    def _more(self, leaf: Leaf) -> Flip | None:
        """So many more that it is yes whatever was not seen; for one count that has to be large."""
        test = leaf.main
        if len(leaf.tests) > 1 or test.word not in ("at_least", "more_than") or leaf.condition.fact:
            return None
        number = self.engine.number(test.measure, 0)
        now = number.at(self.index)
        if not number.least or now is None or not isinstance(test.measure, EventMeasure):
            return None
        value = Nearest(self.engine, test, self.index).value(Quantity(test.measure, now, Fraction(1)), YES)
        what = test.measure.aggregate
        if value is None or what not in ("times", "people", "days") or test.measure.window.shift:
            return None
        unit = events_of(leaf, int(value - now)) if what == "times" else unit_of(what, value - now)
        return Flip("more", amount=int(value - now), unit=unit, name=what)


def _and(clauses: Sequence[str]) -> str:
    *first, last = clauses
    return f"{', '.join(first)} and {last}" if first else last
