"""The evaluator: one meaning of a trigger for the run, the plan, the explanation and the cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import duckdb
import numpy as np

from expansion.evaluate import logic
from expansion.evaluate.comparing import as_fraction, growth_answers, number_answers, value_answers
from expansion.evaluate.compile import Compiler, Group, Leaf, Member, Node, leaves
from expansion.evaluate.factual import NUMERIC, FactColumn, FactMeasuring
from expansion.evaluate.logic import CANNOT_TELL, NO, YES
from expansion.evaluate.logic import Answers as AnswerArray
from expansion.evaluate.measures import Calendar, EventMeasure, FactMeasure, Measure, RatioMeasure
from expansion.evaluate.measuring import Cell, EventMeasuring, Relations, Text, register_accounts
from expansion.evaluate.numbers import Numbers, divide
from expansion.evaluate.results import Answer, Answers
from expansion.language.conditions import Condition
from expansion.language.models import Facts, Policy, Trigger
from expansion.usage.duck import quote
from expansion.usage.rollup import Column

_LATE_AFTER = timedelta(days=2)  # where policy.yaml says nothing


class Source(Relations, Protocol):
    """What the engine reads: see relations.StoreRelations."""

    @property
    def facts(self) -> str: ...

    @property
    def spans(self) -> list[tuple[datetime, datetime]]: ...

    @property
    def observed(self) -> Mapping[str, str]: ...

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
        self._complete: dict[Cell, bool] = {}
        self._compiled: dict[str, CompiledTrigger] = {}
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

    def _known_accounts(self) -> list[str]:
        moment = quote(self.as_of.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" "))
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
        if trigger.trigger not in self._compiled:
            self._compiled[trigger.trigger] = CompiledTrigger.of(trigger, self.compiler)
        return self._compiled[trigger.trigger]

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
        """Take every measure that these nodes need."""
        cells: list[Cell] = []
        facts: list[tuple[FactMeasure, int]] = []
        for node in nodes:
            for leaf, points in leaves(node):
                for measure in leaf.measures():
                    for basic in _basic(measure):
                        for point in range(points):
                            if isinstance(basic, FactMeasure):
                                facts.append((basic, point))
                            else:
                                cells.append(self.counted.cell(basic, point))
        self._complete |= {cell: self.complete(cell) for cell in cells}
        self.counted.take(cells, self._complete)
        self.known.take(facts)

    def measure_these(self, measures: Iterable[Measure]) -> None:
        """Take measures at the moment of the check."""
        basics = [basic for measure in measures for basic in _basic(measure)]
        cells = [self.counted.cell(basic, 0) for basic in basics if isinstance(basic, EventMeasure)]
        self._complete |= {cell: self.complete(cell) for cell in cells}
        self.counted.take(cells, self._complete)
        self.known.take((basic, 0) for basic in basics if isinstance(basic, FactMeasure))

    def value_cause(self, measure: Measure, index: int) -> str:
        """Why a value is not known for one account."""
        causes = (self._measure_cause(basic, index, 0) for basic in _basic(measure))
        return next((cause for cause in causes if cause), "it would be divided by zero")

    def complete(self, cell: Cell) -> bool:
        """True when events are known for the whole window: some span covers it, and the source is not late."""
        freshness = self.vocabulary.policy.events
        late = timedelta(days=freshness.late_after.days) if freshness else _LATE_AFTER
        if freshness and freshness.late_after.exact is not None:
            late = freshness.late_after.exact
        return any(self._covers(span, cell, late) for span in self.source.spans)

    def _covers(self, span: tuple[datetime, datetime], cell: Cell, late: timedelta) -> bool:
        first, last = span
        if isinstance(cell.first, datetime):
            return first <= cell.first and isinstance(cell.last, datetime) and last + late >= cell.last
        # A day whose first event came at ten past is a covered day.
        ends = self.calendar.end_of(cell.last)
        return first.astimezone(self.calendar.zone).date() <= cell.first and last + late >= ends

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
        if leaf.was is not None:
            base = leaf.condition.from_at_least
            now, was = self.number(leaf.measure, point), self.number(leaf.was, point)
            return growth_answers(now, was, word, wanted.value, None if base is None else as_fraction(base))
        column = self.column(leaf.measure, point)
        if column is not None and column.kind not in NUMERIC:
            return value_answers(column, word, wanted, self.calendar)
        return number_answers(self.number(leaf.measure, point), word, wanted)

    def _member(self, member: Member, point: int) -> AnswerArray:
        """In the cohort at its last pull; nobody can be told before the first one."""
        column = self.known.column(member.measure, point)
        pulled = self.source.observed.get(member.observed)
        if pulled is None or datetime.fromisoformat(pulled) > self.as_of:
            return logic.constant(CANNOT_TELL, self.size)
        truth = np.array([value is True for value in column.values], dtype=bool)
        return logic.from_bool(truth, np.ones(self.size, dtype=bool))

    # --- values -------------------------------------------------------------------------------------------------------

    def column(self, measure: Measure, point: int) -> FactColumn | None:
        """The column of a measure that is a sourced fact, or the newest value of a property; None for counts."""
        if isinstance(measure, FactMeasure):
            return self.known.column(measure, point)
        if isinstance(measure, EventMeasure) and measure.aggregate == "latest":
            text = self.counted.value(self.counted.cell(measure, point))
            assert isinstance(text, Text), "latest gives text"
            return FactColumn("text", text.values, list(text.values))
        return None

    def number(self, measure: Measure, point: int) -> Numbers:
        """A measure as exact numbers."""
        match measure:
            case RatioMeasure():
                return divide(self.number(measure.of, point), self.number(measure.by, point))
            case FactMeasure():
                return self.known.column(measure, point).numbers()
        value = self.counted.value(self.counted.cell(measure, point))
        assert isinstance(value, Numbers), "only `latest` gives text"
        return value

    def causes(self, node: Node, indexes: Iterable[int]) -> dict[int, str]:
        """Why a node cannot be told for these accounts: for each, the first line below that cannot."""
        left = set(indexes)
        found: dict[int, str] = {}
        for leaf, points in leaves(node):
            for point in range(points):
                unclear = left.intersection(np.flatnonzero(self.at(leaf, point) == CANNOT_TELL).tolist())
                found |= {index: self.leaf_cause(leaf, index, point) for index in unclear}
                left -= unclear
        return found

    def leaf_cause(self, leaf: Leaf | Member, index: int, point: int = 0) -> str:
        """Why one line cannot be told for one account."""
        if isinstance(leaf, Member):
            return f"cohort `{leaf.condition.cohort}` has not been pulled yet"
        for measure in leaf.measures():
            for basic in _basic(measure):
                if reason := self._measure_cause(basic, index, point):
                    return reason
        return "there is nothing to compare with: the earlier value or the divisor is zero"

    def _measure_cause(self, measure: FactMeasure | EventMeasure, index: int, point: int) -> str | None:
        if isinstance(measure, FactMeasure):
            return self.known.column(measure, point).cause(index, measure.fact)
        cell = self.counted.cell(measure, point)
        if not self._complete[cell]:
            return f"events are not known for all of {_spoken(cell)}"
        value = self.counted.value(cell)
        if not value.known[index]:
            return f"no readable value of `{measure.prop}` in the window"
        return None


@dataclass(frozen=True)
class CompiledTrigger:
    """A trigger in the intermediate form: when it fires, and what keeps its episode open."""

    name: str
    fires: Group
    holds_on: Group

    def nodes(self) -> list[Node]:
        return [self.fires, self.holds_on]

    @classmethod
    def of(cls, trigger: Trigger, compiler: Compiler) -> CompiledTrigger:
        cohort = (compiler.cohort(trigger.accounts),) if trigger.accounts else ()
        when = compiler.clauses(trigger.when)
        unless = (Group("none_of", compiler.clauses(trigger.unless).parts),) if trigger.unless else ()
        fires = Group("all_of", (*cohort, when, *unless))
        if any(leaf.condition.clears_below is not None for leaf, _ in leaves(when)):
            return cls(trigger.trigger, fires, Group("all_of", (*cohort, _with_hysteresis(when))))
        return cls(trigger.trigger, fires, Group("all_of", (*cohort, _without_dwell(when), *unless)))


_ALWAYS = Group("all_of", ())


def _with_hysteresis(node: Node) -> Node:
    """What keeps an episode open: only the lines that say `clears_below`, at that value; the others do not end it."""
    if isinstance(node, Group):
        return Group(node.word, tuple(_with_hysteresis(part) for part in node.parts), node.need, node.name)
    below = node.condition.clears_below
    if isinstance(node, Member) or below is None:
        return _ALWAYS
    kept = Condition.model_construct(
        **{**dict(node.condition), "at_least": below, "more_than": None, "for_": None, "clears_below": None}
    )
    return Leaf(kept, node.measure)


def _without_dwell(node: Node) -> Node:
    """An episode stays open while the conditions hold today."""
    if isinstance(node, Group):
        return Group(node.word, tuple(_without_dwell(part) for part in node.parts), node.need, node.name)
    if isinstance(node, Member):
        return Member(node.condition, node.measure, node.observed)
    return Leaf(node.condition, node.measure, node.was, node.people, node.days)


def _basic(measure: Measure) -> list[FactMeasure | EventMeasure]:
    """The measures that a measure is made of."""
    if isinstance(measure, RatioMeasure):
        return [*_basic(measure.of), *_basic(measure.by)]
    return [measure]


def rollup_columns(nodes: Iterable[Node]) -> set[Column]:
    """The rollup columns that these nodes read; windows of hours read events instead."""
    columns = set()
    for node in nodes:
        for leaf, _ in leaves(node):
            for measure in leaf.measures():
                for basic in _basic(measure):
                    if isinstance(basic, EventMeasure) and basic.window.span.exact is None:
                        kind = basic.aggregate
                        of_property = kind in ("sum", "distinct", "latest")
                        columns.add(Column(basic.atom, kind if of_property else "times", basic.prop))  # type: ignore[arg-type]
    return columns


def _spoken(cell: Cell) -> str:
    first, last = cell.first, cell.last
    if isinstance(first, datetime):
        return f"the hours from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
    return f"the days from {first} to {last}" if first != last else f"{first}"


__all__ = ["CompiledTrigger", "Engine", "Source", "Vocabulary", "rollup_columns"]
