"""The evaluator: one meaning of a trigger for the run, the plan, the explanation and the cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import duckdb
import numpy as np

from expansion.contract import Expected
from expansion.evaluate import logic
from expansion.evaluate.comparing import growth_answers, number_answers, value_answers
from expansion.evaluate.compile import Compiler
from expansion.evaluate.compiled import CompiledTrigger, Forms
from expansion.evaluate.coverage import Coverage
from expansion.evaluate.expecting import Expectations
from expansion.evaluate.fact_values import NUMERIC, FactColumn
from expansion.evaluate.formulas import formula
from expansion.evaluate.logic import CANNOT_TELL
from expansion.evaluate.logic import Answers as AnswerArray
from expansion.evaluate.measures import (
    Calendar,
    EventMeasure,
    FactMeasure,
    Formula,
    LimitMeasure,
    Measure,
    Window,
    basic_measures,
)
from expansion.evaluate.measuring import Cell
from expansion.evaluate.nothing import known_values, nothing
from expansion.evaluate.numbers import Array, Flags, Numbers
from expansion.evaluate.ranking import Peers, top_answers
from expansion.evaluate.source import Asked, Source
from expansion.evaluate.subjects import Subject, Subjects, account_of, everybody
from expansion.evaluate.tree import (
    Group,
    Leaf,
    Line,
    Member,
    Node,
    Repeated,
    Returned,
    Test,
    Walk,
    Walked,
    lines,
    measures,
)
from expansion.evaluate.unseen import Unseen
from expansion.language.model.models import Facts, Policy, Trigger
from expansion.usage.facts import naive
from expansion.usage.forms.duck import quote
from expansion.usage.identity.members import still_there


@dataclass(frozen=True)
class Vocabulary:
    """What the words mean: facts.yaml and policy.yaml, and the triggers that others may refer to."""

    facts: Facts
    policy: Policy
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    expected: Mapping[str, Expected] = field(default_factory=dict)  # what sources say of themselves

    @cached_property
    def expectations(self) -> Expectations:
        """What is expected of each source of events."""
        return Expectations.of(self.facts, self.expected)


@dataclass
class Engine:
    """Answers as of one moment about accounts (all known ones unless named); or about people, beside an engine that
    answers what is asked of their accounts.
    """

    source: Source
    vocabulary: Vocabulary
    as_of: datetime
    only: Sequence[Subject] | None = None
    of_accounts: Engine | None = None  # for people: answers about their accounts
    among: Engine | Literal["everybody", "those asked"] = "everybody"  # an account is large or small among these
    forms: Forms | None = None  # of an engine before this one, with the same vocabulary

    def __post_init__(self) -> None:
        self.calendar = Calendar(self.as_of, ZoneInfo(self.vocabulary.policy.time_zone))
        self.compiler = Compiler(self.vocabulary.facts, self.vocabulary.policy, self.vocabulary.triggers)
        self._forms = self.forms or Forms(self.compiler)
        self.subjects = self._everybody() if self.only is None else self._those(self.only)
        self.coverage = self._coverage()
        self.unseen = Unseen(self.source.names(), self.as_of, self.vocabulary.facts)
        taking = self.source.measures(self._asked())
        self.counted, self.known = taking.counted, taking.known
        self.walking, self.returning = taking.walking, taking.returning
        self._gaps: dict[Cell, str | None] = {}
        self._numbers: dict[tuple[Measure, int], Numbers] = {}
        self._walked_from: dict[Walk, date] = {}
        self._answered: dict[tuple[int, int], tuple[Node, AnswerArray]] = {}

    def _asked(self) -> Asked:
        lags = self.vocabulary.expectations.answers
        return Asked(self.calendar, self.subjects, self.few, self.vocabulary.facts, self.coverage.gap, lags)

    @property
    def few(self) -> list[str] | None:
        """The accounts that are asked about, or whose people are; None for all."""
        return None if self.only is None else sorted({account_of(one) for one in self.subjects.ids})

    def _coverage(self) -> Coverage:
        """Events come from tables of files, and from the sources that facts.yaml names, or from anywhere."""
        sources = [events.from_ for events in self.vocabulary.facts.events]
        vocabulary, bringing = self.vocabulary, self.source.bringing(sources)
        return Coverage.of(bringing, sources, vocabulary.policy, self.calendar, vocabulary.expectations)

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        return self.source.con

    @property
    def size(self) -> int:
        return self.subjects.size

    @property
    def unreadable(self) -> Mapping[str, int]:
        """Facts and properties whose value could not be read as their kind, and of how many; for the run's report."""
        return {**self.known.unreadable, **self.counted.unreadable}

    def knows(self, subject: Subject) -> bool:
        return subject in self.subjects.index

    def _everybody(self) -> Subjects:
        known = self.source.accounts() if self.of_accounts is None else self.source.users()
        by_now = f"SELECT * FROM {known} WHERE first_seen <= TIMESTAMP {quote(str(naive(self.as_of)))}"
        if self.of_accounts is not None:
            by_now += f" AND {still_there(self.source.facts, self.as_of)}"
        return everybody(self.con, by_now, of_users=self.of_accounts is not None)

    def _those(self, only: Sequence[Subject]) -> Subjects:
        return Subjects(self.con, sorted(set(only)), self.of_accounts is not None)

    @cached_property
    def population(self) -> Engine:
        """The engine over those among whom ranks are: all, and not those asked about, unless it was told otherwise."""
        if isinstance(self.among, Engine):
            return self.among
        if self.only is None or self.among == "those asked":
            return self
        of_accounts = self.of_accounts.population if self.of_accounts else None
        return Engine(self.source.again(), self.vocabulary, self.as_of, of_accounts=of_accounts)

    @property
    def policy(self) -> Policy:
        return self.vocabulary.policy

    # --- questions ----------------------------------------------------------------------------------------------------

    def compiled(self, trigger: Trigger) -> CompiledTrigger:
        """A trigger's intermediate form, made once."""
        return self._forms.of(trigger)

    # --- measuring ----------------------------------------------------------------------------------------------------

    def measure(self, nodes: Iterable[Node]) -> None:
        """Take every measure that these nodes need, at each of their points."""
        self._measure([(node, 1) for node in nodes])

    def _measure(self, nodes: Iterable[tuple[Node, int]]) -> None:
        own, of_accounts = self._shared(nodes)
        if self.of_accounts:
            self.of_accounts._measure(of_accounts)
        basics: list[tuple[EventMeasure | FactMeasure, int]] = []
        for line, points in own:
            mine = list(self._own_measures(line, points))
            basics += [(basic, point) for one in mine for basic in basic_measures(one) for point in range(points)]
            if isinstance(line, Walked):
                self._reach_back(line, points)
        self._take(basics)

    def _shared(self, nodes: Iterable[tuple[Node, int]]) -> tuple[list[tuple[Line, int]], list[tuple[Node, int]]]:
        """The lines that are asked here, and what is asked about the accounts of people."""
        own: list[tuple[Line, int]] = []
        of_accounts: list[tuple[Node, int]] = []
        for node, points in nodes:
            if self.is_of_accounts(node):
                of_accounts.append((node, points))
            elif isinstance(node, Group):
                mine, theirs = self._shared((part, points + node.points - 1) for part in node.parts)
                own, of_accounts = [*own, *mine], [*of_accounts, *theirs]
            else:
                own += lines(node, points)
        return own, of_accounts

    def _own_measures(self, line: Line, points: int) -> Iterator[Measure]:
        """The measures to take for a line; ranks are measured where everybody is, too."""
        for test in line.tests if isinstance(line, Leaf) else ():
            if test.word == "among_top":
                self.population._measure_rank(test, points)
                self._measure_peers(test, points)
        of_people = self.of_accounts is not None
        yield from (one for one in measures(line) if not (of_people and one in _peers_of(line)))

    def _measure_rank(self, test: Test, points: int) -> None:
        self._take((basic, point) for basic in basic_measures(test.measure) for point in range(points))
        self._measure_peers(test, points)

    def _measure_peers(self, test: Test, points: int) -> None:
        """What somebody has in common with others is a fact of the account."""
        if test.peers is not None:
            engine = self.of_accounts or self
            engine._take((basic, point) for basic in basic_measures(test.peers) for point in range(points))

    def measure_now(self, *wanted: Measure) -> None:
        """Take measures at the moment of the check."""
        self._take((basic, 0) for measure in wanted for basic in basic_measures(measure))

    def _take(self, wanted: Iterable[tuple[EventMeasure | FactMeasure, int]]) -> None:
        facts: list[tuple[FactMeasure, int]] = []
        cells: set[Cell] = set()
        for basic, point in wanted:
            if isinstance(basic, FactMeasure):
                facts.append((basic, point))
            else:
                cells.add(self.counted.cell(basic, point))
        self.unseen.look((cell.measure.atom, cell.measure.prop) for cell in cells - self._gaps.keys())
        self._gaps |= {cell: self._gap(cell) for cell in cells - self._gaps.keys()}
        self.counted.take(cells, {cell for cell in cells if self._gaps[cell] is None})
        self.known.take(facts)

    def _reach_back(self, walked: Walked, points: int) -> None:
        first = min(self.first_of(walked.window, point) for point in range(points))
        self._walked_from[walked.walk] = min(first, self._walked_from.get(walked.walk, first))

    def first_of(self, window: Window, point: int) -> date:
        """The day on which a window begins."""
        if window.is_hourly:
            return self.calendar.local(self.calendar.moments(window, point)[0])
        return self.calendar.days(window, point)[0]

    # --- answering ----------------------------------------------------------------------------------------------------

    def answer(self, node: Node, point: int = 0) -> AnswerArray:
        """The answers of a node at a point; with dwell, yes only if yes at each of its points."""
        points = range(point, point + node.points)
        return logic.all_of([self.at(node, p) for p in points], self.size)

    def at(self, node: Node, point: int) -> AnswerArray:
        """Answers at one point, computed once; nodes are kept with their answers, so that their ids stay theirs."""
        key = (id(node), point)
        if key not in self._answered:
            if self.of_accounts and self.is_of_accounts(node):
                answers = self.of_accounts.at(node, point)[self._account_places]
            else:
                answers = self._compute(node, point)
            self._answered[key] = (node, answers)
        return self._answered[key][1]

    def is_of_accounts(self, node: Node) -> bool:
        """True for what a trigger about people asks of their accounts: facts, cohorts, other triggers."""
        if self.of_accounts is None:
            return False
        if isinstance(node, Group):
            return node.about is not None
        fact = node.condition.fact
        return isinstance(node, Member) or (fact is not None and not self.vocabulary.facts.of_users(fact))

    @cached_property
    def _account_places(self) -> Array:
        assert self.of_accounts is not None, "only people have accounts"
        index = self.of_accounts.subjects.index
        return np.array([index[account_of(subject)] for subject in self.subjects.ids], dtype=np.int64)

    def account_place(self, index: int) -> int:
        """Where a person's account stands in the arrays of the engine that answers about accounts."""
        return int(self._account_places[index])

    def _compute(self, node: Node, point: int) -> AnswerArray:
        match node:
            case Leaf():
                return logic.all_of([self.test(test, point) for test in node.tests], self.size)
            case Repeated():
                return logic.some_of([self.at(part, point) for part in node.parts], node.need, self.size)
            case Member():
                return self._member(node, point)
            case Walked():
                return self._walked(node, point)
            case Returned():
                if self.unseen.cause(node.atom):
                    return logic.constant(CANNOT_TELL, self.size)
                return self.returning.answers(node, point)
        parts = [self.answer(part, point) for part in node.parts]
        match node.word:
            case "all_of":
                return logic.all_of(parts, self.size)
            case "any_of":
                return logic.any_of(parts, self.size)
            case "none_of":
                return logic.negate(logic.any_of(parts, self.size))
        return logic.some_of(parts, node.need, self.size)

    def test(self, test: Test, point: int) -> AnswerArray:
        """The answers of one comparison at a point."""
        word, wanted = test.word, test.wanted
        if word == "exists":
            return self._exists(test.measure, wanted, point)
        if word == "among_top":
            return self._among_top(test, point)
        if test.was is not None:
            now, was = self.number(test.measure, point), self.number(test.was, point)
            return growth_answers(now, was, word, wanted.value, test.base)
        column = self.column(test.measure, point)
        if column is None or column.kind in NUMERIC:
            return number_answers(self.number(test.measure, point), word, wanted)
        if isinstance(test.measure, EventMeasure) and self.gap(test.measure, point):
            return logic.constant(CANNOT_TELL, self.size)  # what was not seen may be newer
        return value_answers(column, word, wanted, self.calendar)

    def _exists(self, measure: Measure, wanted: bool, point: int) -> AnswerArray:
        """A value is there, or certainly none is: where nobody looked, it cannot be told."""
        known = known_values(self, measure, point)
        return logic.from_bool(known == wanted, known | nothing(self, measure, point))

    def gap(self, measure: EventMeasure, point: int) -> str | None:
        """Why the events of a measure are not known for its whole window: no such event ever came, or they are late."""
        return self._gaps[self.counted.cell(measure, point)]

    def _came_twice(self, measure: EventMeasure, point: int) -> bool:
        """Whether some of what was counted is too much: an event that came twice makes it more than there was."""
        cell = self.counted.cell(measure, point)
        return self.gap(measure, point) is not None and self.coverage.too_many(
            measure.atom.events, cell.first, cell.last
        )

    def _gap(self, cell: Cell) -> str | None:
        late = self.coverage.gap(cell.measure.atom.events, cell.first, cell.last)
        cause = self.unseen.cause(cell.measure.atom, cell.measure.prop)
        return cause if cause and not (late and self.unseen.is_empty) else late

    def _member(self, member: Member, point: int) -> AnswerArray:
        """In the cohort at its last pull; nobody can be told before the first one."""
        pulled = self.source.first_pull(member.pulls)
        if pulled is None or pulled > self.calendar.end(point):
            return logic.constant(CANNOT_TELL, self.size)
        if self.known.cohort_is_gone(member.measure, point):
            return logic.constant(CANNOT_TELL, self.size)
        column = self.known.column(member.measure, point)
        return logic.from_bool(column.where(lambda value: value is True), ~column.ended)

    def _walked(self, walked: Walked, point: int) -> AnswerArray:
        """A walk that was seen is one, unless something excluded may have been in it."""
        truth = self.walk_counts(walked, point) >= walked.people
        walk, late = walked.walk, self._late(walked, point)
        if any(self.unseen.is_loose(column.atom) for column in walk.columns):
            return logic.constant(CANNOT_TELL, self.size)
        are_steps_known = not any(self.unseen.cause(atom) for atom in walk.steps)
        return logic.from_bool(
            truth, np.where(truth, self._is_sure(walked, point, late), are_steps_known and late is None)
        )

    def _is_sure(self, walked: Walked, point: int, late: str | None) -> Flags | bool:
        """Where certainly nothing excluded lies in the walks that were seen: where its events are known all the way."""
        excluded = walked.walk.excluded
        if excluded is None:
            return True
        if self.unseen.cause(excluded) is not None:
            return False
        if late is None:
            return True
        known = self.coverage.known_by_all(excluded.events)
        return self.walking.counts(walked, point, self._walked_from[walked.walk], known) >= walked.people

    def walk_counts(self, walked: Walked, point: int) -> Array:
        """How many walked it, per subject."""
        return self.walking.counts(walked, point, self._walked_from[walked.walk])

    def last_walk(self, walked: Walked, index: int) -> tuple[int, int] | None:
        """The first and the last moment of a subject's newest walk in the window, in microseconds."""
        return self.walking.last(walked, index, self._walked_from[walked.walk])

    def walk_gap(self, walked: Walked, point: int) -> str | None:
        """Why the events of a sequence are not known for its whole window."""
        causes = (self.unseen.cause(column.atom) for column in walked.walk.columns)
        return next((cause for cause in causes if cause), None) or self._late(walked, point)

    def _late(self, walked: Walked, point: int) -> str | None:
        of = self.calendar.moments if walked.window.is_hourly else self.calendar.days
        gaps = (self.coverage.gap(column.atom.events, *of(walked.window, point)) for column in walked.walk.columns)
        return next((gap for gap in gaps if gap), None)

    def _among_top(self, test: Test, point: int) -> AnswerArray:
        everyone = self.population
        answers = top_answers(
            self.number(test.measure, point),
            self.peers(test.peers, point),
            everyone.number(test.measure, point),
            everyone.peers(test.peers, point),
            test.wanted.value,
        )
        if test.base is None:
            return answers
        return np.minimum(answers, number_answers(self.number(test.measure, point), "at_least", test.base))

    def peers(self, peers: Measure | None, point: int) -> Peers:
        """What everybody has in common with others; for people a fact of their account."""
        if peers is None:
            return None
        if self.of_accounts is None:
            column = self.column(peers, point)
            return self.number(peers, point) if column is None else column
        found = self.of_accounts.peers(peers, point)
        return found.of(self._account_places) if found is not None else None

    # --- values -------------------------------------------------------------------------------------------------------

    def column(self, measure: Measure, point: int) -> FactColumn | None:
        """The column of a measure that is a sourced fact, or the newest value of a property; None for numbers."""
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
            case Formula() | LimitMeasure():
                if (measure, point) not in self._numbers:
                    self._numbers[measure, point] = self._made(measure, point)
                return self._numbers[measure, point]
            case FactMeasure():
                return self.known.column(measure, point).numbers
        value = self.counted.value(self.counted.cell(measure, point))
        assert isinstance(value, Numbers), "only `latest` gives text"
        if measure.aggregate in _BY_EACH and self._came_twice(measure, point):
            return (
                _at_most_once(value)
                if measure.aggregate == "times"
                else replace(value, known=np.zeros_like(value.known))
            )
        if self.unseen.is_loose(measure.atom):
            nothing = measure.aggregate == "max"  # or less: it may be below zero
            return replace(value, num=np.zeros_like(value.num), known=value.known & (not nothing))  # or more
        return value

    def _made(self, measure: Formula | LimitMeasure, point: int) -> Numbers:
        if isinstance(measure, Formula):
            parts = [self.number(part, point) for part in measure.parts]
            return formula(measure.word, parts, measure.days, may_reset=measure.may_reset)
        plans, limits = self.known.column(measure.plan, point), dict(measure.limits)
        return plans.looked_up([limits.get(str(plan)) for plan in plans.values])


def _at_most_once(counts: Numbers) -> Numbers:
    """Of events of which some came twice: that there was one is all that is sure."""
    return replace(counts, num=np.minimum(counts.num, 1), least=True)


_BY_EACH = ("times", "sum", "average")  # each event adds to it, whoever did what before


def _peers_of(line: Line) -> list[Measure]:
    return [test.peers for test in line.tests if test.peers is not None] if isinstance(line, Leaf) else []
