"""The evaluator: one meaning of a trigger for the run, the plan, the explanation and the cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import duckdb
import numpy as np

from expansion.evaluate import logic
from expansion.evaluate.comparing import growth_answers, number_answers, value_answers
from expansion.evaluate.compile import Compiler, Group, Leaf, Member, Node, leaves
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.coverage import Coverage
from expansion.evaluate.factual import NUMERIC, FactColumn, FactMeasuring
from expansion.evaluate.logic import CANNOT_TELL, NO, YES
from expansion.evaluate.logic import Answers as AnswerArray
from expansion.evaluate.measures import (
    Calendar,
    EventMeasure,
    FactMeasure,
    Measure,
    RatioMeasure,
    basic_measures,
)
from expansion.evaluate.measuring import Cell, EventMeasuring, Relations, register_accounts
from expansion.evaluate.numbers import Numbers, divide
from expansion.evaluate.results import Answer, Answers
from expansion.language.models import Facts, Policy, RatioFact, Trigger
from expansion.usage.duck import quote
from expansion.usage.facts import naive
from expansion.usage.spans import Spans


class Source(Relations, Protocol):
    """What the engine reads: see relations.StoreRelations."""

    @property
    def facts(self) -> str: ...

    def spans(self, source: str | None) -> Spans: ...

    def first_pull(self, key: str) -> datetime | None: ...

    def accounts(self) -> str: ...

    def again(self) -> Source:
        """The same view on a connection of its own."""
        ...


@dataclass(frozen=True)
class Vocabulary:
    """What the words mean: facts.yaml and policy.yaml."""

    facts: Facts
    policy: Policy


@dataclass
class Engine:
    """Answers as of one moment for a set of accounts (all known ones unless named)."""

    source: Source
    vocabulary: Vocabulary
    as_of: datetime
    only: Sequence[str] | None = None
    accounts: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.calendar = Calendar(self.as_of, ZoneInfo(self.vocabulary.policy.time_zone))
        self.compiler = Compiler(self.vocabulary.facts)
        self.accounts = self._known_accounts() if self.only is None else sorted(set(self.only))
        self.size = len(self.accounts)
        self._index = {account: i for i, account in enumerate(self.accounts)}
        register_accounts(self.con, self.accounts)
        self.counted = EventMeasuring(self.source, self.calendar, self.size, self.only is not None)
        self.known = FactMeasuring(self.con, self.source.facts, self.vocabulary.facts, self.calendar, self.size)
        # Events come from the sources that facts.yaml names; where it names none, from anywhere.
        sources = [events.from_ for events in self.vocabulary.facts.events]
        spans = {name: self.source.spans(name) for name in sources} or {"": self.source.spans(None)}
        self.coverage = Coverage.of(spans, self.vocabulary.policy, self.calendar)
        self._gaps: dict[Cell, str | None] = {}
        self._ratios: dict[tuple[RatioMeasure, int], Numbers] = {}
        self._compiled: dict[str, tuple[Trigger, CompiledTrigger]] = {}
        self._answered: dict[tuple[int, int], tuple[Node, AnswerArray]] = {}

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        return self.source.con

    @property
    def unreadable(self) -> Mapping[str, int]:
        """Facts whose value could not be read as their kind, and for how many accounts; for the run's report."""
        return self.known.unreadable

    def index_of(self, account_id: str) -> int:
        """Where an account stands in the arrays; KeyError for one that is not asked about."""
        return self._index[account_id]

    def knows(self, account_id: str) -> bool:
        return account_id in self._index

    def _known_accounts(self) -> list[str]:
        moment = quote(str(naive(self.as_of)))
        rows = self.con.execute(
            f"SELECT DISTINCT account_id FROM {self.source.accounts()} "
            f"WHERE first_seen <= TIMESTAMP {moment} ORDER BY 1"
        )
        return [account for (account,) in rows.fetchall()]

    # --- questions ----------------------------------------------------------------------------------------------------

    def answers(self, triggers: Sequence[Trigger]) -> dict[str, Answers]:
        """Every trigger for every account, measured together."""
        compiled = {trigger.trigger: self.compiled(trigger) for trigger in triggers}
        self.measure([node for one in compiled.values() for node in one.nodes()])
        return {name: self._summary(one) for name, one in compiled.items()}

    def compiled(self, trigger: Trigger) -> CompiledTrigger:
        """A trigger's intermediate form, made once: answers are kept by its nodes."""
        known = self._compiled.get(trigger.trigger)
        if known is None or known[0] != trigger:
            known = trigger, CompiledTrigger.of(trigger, self.compiler)
            self._compiled[trigger.trigger] = known
        return known[1]

    def _summary(self, compiled: CompiledTrigger) -> Answers:
        fires = self.answer(compiled.fires)
        held = self.answer(compiled.holds_on)
        unknown = np.flatnonzero(fires == CANNOT_TELL)
        return Answers(
            compiled.name,
            self.as_of,
            frozenset(self.accounts[i] for i in np.flatnonzero(fires == YES)),
            frozenset(self.accounts[i] for i in np.flatnonzero(held == NO)),
            {self.accounts[i]: cause for i, cause in self.causes(compiled.fires, unknown.tolist()).items()},
            self.size,
        )

    def holds(self, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, Answer]:
        """All the clauses together, for each account; accounts nobody has heard of cannot be told about."""
        node = self.compiler.clauses(clauses)
        self.measure([node])
        answers = self.answer(node)
        return {
            account: logic.MEANING[int(answers[self._index[account]])] if account in self._index else Answer.CANNOT_TELL
            for account in account_ids
        }

    # --- measuring ----------------------------------------------------------------------------------------------------

    def measure(self, nodes: Iterable[Node]) -> None:
        """Take every measure that these nodes need, at each of their points."""
        self._take(
            (basic, point)
            for node in nodes
            for leaf, points in leaves(node)
            for measure in leaf.measures()
            for basic in basic_measures(measure)
            for point in range(points)
        )

    def measure_now(self, measure: Measure) -> None:
        """Take a measure at the moment of the check."""
        self._take((basic, 0) for basic in basic_measures(measure))

    def _take(self, wanted: Iterable[tuple[EventMeasure | FactMeasure, int]]) -> None:
        facts: list[tuple[FactMeasure, int]] = []
        cells: set[Cell] = set()
        for basic, point in wanted:
            if isinstance(basic, FactMeasure):
                facts.append((basic, point))
            else:
                cells.add(self.counted.cell(basic, point))
        self._gaps |= {cell: self.coverage.gap(cell.first, cell.last) for cell in cells - self._gaps.keys()}
        self.counted.take(cells, {cell for cell in cells if self._gaps[cell] is None})
        self.known.take(facts)

    # --- answering ----------------------------------------------------------------------------------------------------

    def answer(self, node: Node, point: int = 0) -> AnswerArray:
        """The answers of a node at a point; with dwell, yes only if yes at each of its points."""
        points = range(point, point + node.points)
        return logic.all_of([self.at(node, p) for p in points], self.size)

    def at(self, node: Node, point: int) -> AnswerArray:
        """Answers at one point, computed once; nodes are kept with their answers, so that their ids stay theirs."""
        key = (id(node), point)
        if key not in self._answered:
            self._answered[key] = (node, self._compute(node, point))
        return self._answered[key][1]

    def _compute(self, node: Node, point: int) -> AnswerArray:
        match node:
            case Leaf():
                return self._leaf(node, point)
            case Member():
                return self._member(node, point)
        parts = [self.answer(part, point) for part in node.parts]
        match node.word:
            case "all_of":
                return logic.all_of(parts, self.size)
            case "any_of":
                return logic.any_of(parts, self.size)
            case "none_of":
                return logic.negate(logic.any_of(parts, self.size))
        return logic.some_of(parts, node.need, self.size)

    def _leaf(self, leaf: Leaf, point: int) -> AnswerArray:
        parts = []
        if leaf.people and leaf.condition.by_at_least:
            parts.append(number_answers(self.number(leaf.people, point), "at_least", leaf.condition.by_at_least.count))
        if leaf.days and leaf.condition.on_at_least:
            parts.append(number_answers(self.number(leaf.days, point), "at_least", leaf.condition.on_at_least.count))
        if leaf.condition.has_comparison:
            parts.append(self._compared(leaf, point))
        return logic.all_of(parts, self.size)

    def _compared(self, leaf: Leaf, point: int) -> AnswerArray:
        word, wanted = leaf.condition.comparison()
        if word == "exists":
            return self._exists(leaf.measure, wanted, point)
        if leaf.was is not None:
            now, was = self.number(leaf.measure, point), self.number(leaf.was, point)
            return growth_answers(now, was, word, wanted.value, leaf.condition.from_at_least)
        column = self.column(leaf.measure, point)
        if column is None or column.kind in NUMERIC:
            return number_answers(self.number(leaf.measure, point), word, wanted)
        if isinstance(leaf.measure, EventMeasure) and self._gap(leaf.measure, point):
            return logic.constant(CANNOT_TELL, self.size)  # what was not seen may be newer
        return value_answers(column, word, wanted, self.calendar)

    def _exists(self, measure: Measure, wanted: bool, point: int) -> AnswerArray:
        """A value is there, or certainly none is: where nobody looked, it cannot be told."""
        column = self.column(measure, point)
        known = self.number(measure, point).known if column is None else column.known
        return logic.from_bool(known == wanted, known | self._was_there(measure, point))

    def _was_there(self, measure: Measure, point: int) -> bool:
        """True when what a measure is taken from was there: events for the whole window, sources pulled by then."""
        basics = basic_measures(measure)
        return all(
            self._pulled(basic, point) if isinstance(basic, FactMeasure) else not self._gap(basic, point)
            for basic in basics
        )

    def _pulled(self, measure: FactMeasure, point: int) -> bool:
        pulled = self.source.first_pull(self.known.source_of(measure))
        return pulled is not None and pulled <= self.calendar.end(point, measure.back)

    def _gap(self, measure: EventMeasure, point: int) -> str | None:
        return self._gaps[self.counted.cell(measure, point)]

    def _member(self, member: Member, point: int) -> AnswerArray:
        """In the cohort at its last pull; nobody can be told before the first one."""
        pulled = self.source.first_pull(member.pulls)
        if pulled is None or pulled > self.calendar.end(point, None):
            return logic.constant(CANNOT_TELL, self.size)
        truth = self.known.column(member.measure, point).where(lambda value: value is True)
        return logic.from_bool(truth, np.ones(self.size, dtype=bool))

    # --- values -------------------------------------------------------------------------------------------------------

    def column(self, measure: Measure, point: int) -> FactColumn | None:
        """The column of a measure that is a sourced fact, or the newest value of a property; None for counts."""
        match measure:
            case FactMeasure():
                return self.known.column(measure, point)
            case EventMeasure():
                value = self.counted.value(self.counted.cell(measure, point))
                return value if isinstance(value, FactColumn) else None
        return None

    def number(self, measure: Measure, point: int) -> Numbers:
        """A measure as exact numbers."""
        match measure:
            case RatioMeasure():
                if (measure, point) not in self._ratios:
                    ratio = divide(self.number(measure.of, point), self.number(measure.by, point))
                    self._ratios[measure, point] = ratio
                return self._ratios[measure, point]
            case FactMeasure():
                return self.known.column(measure, point).numbers
        value = self.counted.value(self.counted.cell(measure, point))
        assert isinstance(value, Numbers), "only `latest` gives text"
        return value

    # --- why it cannot be told ----------------------------------------------------------------------------------------

    def causes(self, node: Node, indexes: Iterable[int]) -> dict[int, str]:
        """Why a node cannot be told for these accounts: for each, the first line below that cannot."""
        return self._causes(node, 0, set(indexes))

    def _causes(self, node: Node, point: int, left: set[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for at in range(point, point + node.points):
            unclear = left & self._unclear(self.at(node, at))
            if isinstance(node, Group):
                for part in node.parts:
                    of_part = unclear & self._unclear(self.answer(part, at))
                    found |= self._causes(part, at, of_part)
                    unclear -= of_part
            else:
                found |= {index: self.leaf_cause(node, index, at) for index in unclear}
            left = left - found.keys()
        return found

    def _unclear(self, answers: AnswerArray) -> set[int]:
        return set(np.flatnonzero(answers == CANNOT_TELL).tolist())

    def leaf_cause(self, leaf: Leaf | Member, index: int, point: int = 0) -> str:
        """Why one line cannot be told for one account."""
        if isinstance(leaf, Member):
            pulled = self.source.first_pull(leaf.pulls)
            when = (
                f"was first pulled on {pulled.astimezone(self.calendar.zone):%Y-%m-%d}"
                if pulled
                else "was never pulled"
            )
            return f"cohort `{leaf.condition.cohort}` {when}"
        found = self._measures_cause(leaf.measures(), index, point)
        divisor = self._zero_divisor(leaf.condition.fact, index, point)
        return found or divisor or "it was 0 or less in the time before, so there is no rate"

    def fact_cause(self, name: str, index: int) -> str | None:
        """Why a fact's value is not known for one account."""
        return self._measures_cause([self.compiler.fact(name)], index, 0) or self._zero_divisor(name, index, 0)

    def _measures_cause(self, measures: Iterable[Measure], index: int, point: int) -> str | None:
        basics = (basic for measure in measures for basic in basic_measures(measure))
        causes = (self._measure_cause(basic, index, point) for basic in basics)
        return next((cause for cause in causes if cause), None)

    def _zero_divisor(self, fact: str | None, index: int, point: int) -> str | None:
        definition = self.vocabulary.facts.facts.get(fact or "")
        if not isinstance(definition, RatioFact):
            return None
        of, by = definition.ratio
        if self.number(self.compiler.fact(by), point).at(index) == 0:
            return f"`{by}` is 0, and nothing can be divided by it"
        return self._zero_divisor(of, index, point) or self._zero_divisor(by, index, point)

    def _measure_cause(self, measure: FactMeasure | EventMeasure, index: int, point: int) -> str | None:
        if isinstance(measure, FactMeasure):
            cause = self.known.column(measure, point).cause(index, measure.fact)
            never = cause is not None and self.source.first_pull(self.known.source_of(measure)) is None
            return f"{self.known.source_of(measure)} was never pulled" if never else cause
        gap, value = self._gap(measure, point), self.counted.value(self.counted.cell(measure, point))
        if gap is not None:
            return gap
        if isinstance(value, FactColumn):
            return None if value.value(index) is not None else f"no event in the window has a `{measure.prop}`"
        return None if value.known[index] else f"a `{measure.prop}` in the window cannot be read as a number"


__all__ = ["CompiledTrigger", "Engine", "Source", "Vocabulary"]
