"""Why it cannot be told: for each subject the first line that cannot, and what is missing there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from expansion.evaluate.came_back import last_before_silence
from expansion.evaluate.engine import Engine
from expansion.evaluate.fact_values import FactColumn
from expansion.evaluate.logic import CANNOT_TELL
from expansion.evaluate.logic import Answers as AnswerArray
from expansion.evaluate.measures import BEGINNING, EventMeasure, FactMeasure, LimitMeasure, Measure
from expansion.evaluate.tree import Group, Leaf, Line, Member, Node, Repeated, Returned, Test, Walked
from expansion.evaluate.untold import Untold
from expansion.language.model.models import DifferenceFact, HeadroomFact, MadeFact, PaceFact, RatioFact
from expansion.language.model.values import format_number
from expansion.usage.storage.marks import is_mark, mark, reason_of

_FIRST_EVER = "nobody knows whether it happened before"
_NO_RATE = "it was 0 or less in the time before, so there is no rate"


@dataclass(frozen=True)
class Causes:
    """Looks for causes in the answers of an engine, for one question: the answers may not change meanwhile."""

    engine: Engine
    ahead: bool = False  # see Untold
    _tested: dict[tuple[int, int], AnswerArray] = field(default_factory=dict, init=False, repr=False, compare=False)

    def of(self, node: Node, indexes: Iterable[int]) -> dict[int, str]:
        """Why a node cannot be told for these: for each, the first line below that cannot."""
        left = set(indexes)
        return self._of(node, 0, left) if left else {}

    def _of(self, node: Node, point: int, left: set[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for at in range(point, point + node.points):
            unclear = left & _unclear(self.engine.at(node, at))
            if isinstance(node, Group):
                for part in node.parts:
                    found |= self._inside(part, at, unclear)
                    unclear -= found.keys()
            else:
                found |= {index: self.of_line(node, index, at) for index in unclear}
            left = left - found.keys()
        return found

    def _inside(self, part: Node, point: int, unclear: set[int]) -> dict[int, str]:
        of_accounts = self.engine.of_accounts
        unclear = unclear & _unclear(self.engine.answer(part, point))
        if not unclear:
            return {}
        if of_accounts is None or not self.engine.is_of_accounts(part):
            return self._of(part, point, unclear)
        places = {index: self.engine.account_place(index) for index in unclear}
        causes = Causes(of_accounts, self.ahead)._of(part, point, set(places.values()))
        return {index: causes[place] for index, place in places.items()}

    # --- lines --------------------------------------------------------------------------------------------------------

    def of_line(self, line: Line, index: int, point: int = 0) -> str:
        """Why one line cannot be told for one subject."""
        engine = self.engine
        if engine.of_accounts and engine.is_of_accounts(line):
            return Causes(engine.of_accounts, self.ahead).of_line(line, engine.account_place(index), point)
        match line:
            case Member():
                return self._of_member(line, point)
            case Walked():
                return engine.walk_gap(line, point) or "a step may be missing"
            case Returned():
                return self._of_return(line, index, point)
            case Repeated():
                parts = (part for part in line.parts if engine.at(part, point)[index] == CANNOT_TELL)
                return self.of_line(next(parts), index, point)
            case Leaf():
                unclear = (test for test in line.tests if self._test(test, point)[index] == CANNOT_TELL)
                return self._of_test(next(unclear, line.main), line.condition.fact, index, point)
        raise TypeError(f"{line} is no line")

    def _test(self, test: Test, point: int) -> AnswerArray:
        """What `Engine.test` says, asked once: it answers for everybody, and causes are looked for one by one."""
        key = id(test), point
        if key not in self._tested:
            self._tested[key] = self.engine.test(test, point)
        return self._tested[key]

    def _of_member(self, member: Member, point: int) -> str:
        if self.engine.known.cohort_is_gone(member.measure, point):
            return reason_of(mark("no cohort"), member.pulls.partition(":")[0], member.condition.cohort or "")
        pulled = self.engine.source.first_pull(member.pulls)
        zone = self.engine.calendar.zone
        when = f"was first pulled on {pulled.astimezone(zone):%Y-%m-%d}" if pulled else "was never pulled"
        return f"cohort `{member.condition.cohort}` {when}"

    def _of_return(self, returned: Returned, index: int, point: int) -> str:
        gap = self.engine.unseen.cause(returned.atom) or self.engine.returning.cause(returned, point)
        if gap is not None:
            return gap
        first = self.engine.returning.days_of(returned.column, index)[0]
        before = last_before_silence(first, returned.silence)
        return self.engine.coverage.gap(returned.atom.events, BEGINNING, before) or _FIRST_EVER

    def _of_test(self, test: Test, fact: str | None, index: int, point: int) -> str:
        if test.word == "among_top" and test.peers is not None and (cause := self._of_peers(test.peers, index, point)):
            return cause
        found = self._of_measures([one for one in (test.measure, test.was) if one is not None], index, point)
        return found or self._no_divisor(fact, index, point) or _NO_RATE

    def _of_peers(self, peers: Measure, index: int, point: int) -> str | None:
        if self.engine.of_accounts:
            return Causes(self.engine.of_accounts, self.ahead)._of_peers(peers, self.engine.account_place(index), point)
        return self._of_measures([peers], index, point)

    # --- measures -----------------------------------------------------------------------------------------------------

    def of_fact(self, name: str, index: int) -> str | None:
        """Why a fact's value is not known for one subject."""
        return self._of_measures([self.engine.compiler.fact(name)], index, 0) or self._no_divisor(name, index, 0)

    def _of_measures(self, measures: Iterable[Measure], index: int, point: int) -> str | None:
        causes = (self._of_measure(measure, index, point) for measure in measures)
        return next((cause for cause in causes if cause), None)

    def _of_measure(self, measure: Measure, index: int, point: int) -> str | None:
        match measure:
            case FactMeasure():
                return self._of_sourced(measure, index, point)
            case EventMeasure():
                return self._of_events(measure, index, point)
            case LimitMeasure():
                return self._of_sourced(measure.plan, index, point) or self._no_limit(measure, index, point)
        return self._of_measures(measure.parts, index, point)

    def _of_sourced(self, measure: FactMeasure, index: int, point: int) -> str | None:
        known = self.engine.known
        column = known.column(measure, point)
        text, source = column.text(index), known.source_of(measure)
        if column.value(index) is not None:
            return None
        if text is None:
            return self.untold.of(measure, self.engine.subjects.ids[index], point)
        if is_mark(text):
            who = "person" if self.engine.of_accounts else "account"
            return reason_of(text, source, known.field_of(measure), who, self.engine.calendar.zone)
        return column.cause(index, measure.fact)

    @property
    def untold(self) -> Untold:
        return Untold(self.engine.known, self.engine.source, self.ahead)

    def _of_events(self, measure: EventMeasure, index: int, point: int) -> str | None:
        if gap := self.engine.gap(measure, point):
            return gap
        value = self.engine.counted.value(self.engine.counted.cell(measure, point))
        if isinstance(value, FactColumn):
            return None if value.value(index) is not None else f"no event in the window has a `{measure.prop}`"
        if value.known[index]:
            return None
        if measure.aggregate == "sum" or self.engine.counted.has_unread(measure, point, index):
            return f"a `{measure.prop}` in the window cannot be read as a number"
        return f"no event in the window has a `{measure.prop}`"

    def _no_limit(self, measure: LimitMeasure, index: int, point: int) -> str | None:
        plan = self.engine.known.column(measure.plan, point).value(index)
        if any(name == plan for name, _ in measure.limits):
            return None
        return f"plan {plan} has no limit `{measure.name}` in policy.yaml"

    def _no_divisor(self, fact: str | None, index: int, point: int) -> str | None:
        definition = self.engine.vocabulary.facts.facts.get(fact or "")
        if not isinstance(definition, MadeFact):
            return None
        used, by = definition.parts
        limit = self.engine.number(self.engine.compiler.fact(by), point).at(index)
        if isinstance(definition, RatioFact | HeadroomFact) and limit == 0:
            return f"`{by}` is 0, and nothing can be divided by it"
        if not isinstance(definition, DifferenceFact) and limit is not None and limit <= 0:
            return f"`{by}` is {format_number(limit)}, and a limit is above zero"
        if isinstance(definition, PaceFact) and limit is not None:
            return f"`{used}` fell in the last {definition.pace_over}: a number that starts anew has no pace"
        causes = (self._no_divisor(part, index, point) for part in definition.parts)
        return next((cause for cause in causes if cause), None)


def _unclear(answers: AnswerArray) -> set[int]:
    return set(np.flatnonzero(answers == CANNOT_TELL).tolist())
