"""Runs cases: every case is an account of its own in a store in memory, at one virtual moment."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa

from expansion.evaluate import logic
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.engine import Engine, Vocabulary
from expansion.evaluate.measures import Calendar, back
from expansion.evaluate.questions import nearest, people_of
from expansion.evaluate.results import Answer, Evidence
from expansion.evaluate.rows import Rows
from expansion.evaluate.source import Asked, Measures, by_sql
from expansion.evaluate.subjects import Subject
from expansion.evaluate.tree import lines
from expansion.explain.explaining import Explainer
from expansion.language.model.case_dates import case_date
from expansion.language.model.case_model import Case
from expansion.language.model.conditions import Condition
from expansion.language.model.models import SourcedFact, Trigger
from expansion.language.model.values import Percent, Span
from expansion.usage.facts import FACT_COLUMNS, as_text
from expansion.usage.forms.duck import connect, quote
from expansion.usage.forms.properties import column_of
from expansion.usage.storage.carriers import Bringing, nobody_knows
from expansion.usage.storage.fact_relations import FactRelations, pulled_only
from expansion.usage.storage.manifest import FILES
from expansion.usage.storage.rollup import Column, properties_of, rollup_sql
from expansion.usage.storage.store import EVENT_COLUMNS

EXPECTED = {"fires": Answer.YES, "stays quiet": Answer.NO, "cannot tell": Answer.CANNOT_TELL}
SAID = {answer: said for said, answer in EXPECTED.items()}

_FOR_EVER = timedelta(days=3650)


@dataclass(frozen=True)
class CaseResult:
    """What came out of one case. `because` is only judged when the answer was right."""

    case: Case
    answer: Answer
    evidence: Evidence

    @property
    def passed(self) -> bool:
        return self.answer is EXPECTED[self.case.expect] and self.right_reason

    @property
    def right_reason(self) -> bool:
        """True when the line that `because` names is among those that decided."""
        wanted = self.case.because
        if wanted is None:
            return True
        return any(
            wanted in line.text for line in self.evidence.lines if _decided(line.answer, line.section, self.answer)
        )


def _decided(line: Answer, section: str, answer: Answer) -> bool:
    if section == "unless":
        line = {Answer.YES: Answer.NO, Answer.NO: Answer.YES}.get(line, line)
    return line is answer


def run_cases(cases: Sequence[Case], triggers: Mapping[str, Trigger], vocabulary: Vocabulary) -> Iterator[CaseResult]:
    """All cases in one evaluation; but an account that is ranked among others is alone in its case.

    A case's account counts as one of the trigger's `accounts` unless what the case says makes it certainly not.
    """
    results: dict[int, CaseResult] = {}
    for today in dict.fromkeys(case.today for case in cases):
        numbers = [number for number, case in enumerate(cases) if case.today == today]
        found = _run([cases[number] for number in numbers], triggers, vocabulary, today)
        results.update(zip(numbers, found, strict=True))
    yield from (results[number] for number in range(len(cases)))


def _run(
    cases: Sequence[Case], triggers: Mapping[str, Trigger], vocabulary: Vocabulary, today: date
) -> Iterator[CaseResult]:
    """Cases of one day, at noon."""
    now = datetime.combine(today, time(12), ZoneInfo(vocabulary.policy.time_zone)).astimezone(UTC)
    ids = [f"case-{number:05}" for number in range(len(cases))]
    relations = _Memory.of(dict(zip(ids, cases, strict=True)), vocabulary, now)
    asking = _Asking(relations, vocabulary, now, triggers)
    together = asking.engine(ids)
    for account, case in zip(ids, cases, strict=True):
        trigger = triggers[case.trigger]
        ranked = any(condition.among_top for condition in asking.conditions(trigger))
        engine = asking.of(asking.alone(account) if ranked else together, trigger)
        yield asking.result(engine, trigger, case, account)


@dataclass
class _Asking:
    """Asks the triggers of cases."""

    relations: _Memory
    vocabulary: Vocabulary
    now: datetime
    triggers: Mapping[str, Trigger]
    _people: dict[int, Engine] = field(default_factory=dict)

    def engine(self, accounts: Sequence[str]) -> Engine:
        return Engine(self.relations.again(), self.vocabulary, self.now, accounts)

    def alone(self, account: str) -> Engine:
        """There is nobody else to be ranked among."""
        return Engine(self.relations.again(), self.vocabulary, self.now, [account], among="those asked")

    def of(self, engine: Engine, trigger: Trigger) -> Engine:
        """The engine that answers a trigger: about the people of these accounts, where it asks about people."""
        if trigger.who == "accounts":
            return engine
        if id(engine) not in self._people:
            only = people_of(self.relations, self.now, engine.subjects.ids)
            self._people[id(engine)] = Engine(self.relations.again(), self.vocabulary, self.now, only, engine)
        return self._people[id(engine)]

    def conditions(self, trigger: Trigger) -> Iterator[Condition]:
        """Every condition that a trigger's answer rests on."""
        nodes = self.engine([]).compiled(trigger).nodes()
        return (line.condition for node in nodes for line, _ in lines(node))

    def result(self, engine: Engine, trigger: Trigger, case: Case, account: str) -> CaseResult:
        subject: Subject = account if trigger.who == "accounts" else nearest(engine, trigger, account)
        evidence = Explainer(engine).explain(trigger, subject)
        index = engine.subjects.index.get(subject)
        answer = Answer.NO if index is None else _answer(engine, engine.compiled(trigger), trigger, index)
        return CaseResult(case, answer, evidence)


def _answer(engine: Engine, compiled: CompiledTrigger, trigger: Trigger, index: int) -> Answer:
    parts = [int(engine.answer(part)[index]) for part in compiled.fires.parts]
    if trigger.accounts and parts[0] == logic.CANNOT_TELL:
        parts = parts[1:]
    return logic.MEANING[int(np.min(parts))]


# --- a store in memory ------------------------------------------------------------------------------------------------


_CASE_FACTS = pulled_only("case_facts")


@dataclass
class _Memory:
    """The same questions as a usage store answers, over the events and facts of cases."""

    con: duckdb.DuckDBPyConnection
    now: datetime
    sources: frozenset[str]  # those that facts come from; a case says all that they know
    properties: frozenset[str] = frozenset()
    facts: FactRelations = _CASE_FACTS

    def bringing(self, sources: Sequence[str]) -> Bringing:
        return Bringing({FILES: ((self.now - _FOR_EVER, self.now),)}, nobody_knows)

    def known_until(self) -> datetime | None:
        return self.now

    def first_pull(self, key: str) -> datetime | None:
        return self.now - _FOR_EVER if key in self.sources else None

    def last_pull(self, key: str) -> datetime | None:
        return self.now if key in self.sources else None

    def names(self) -> None:
        """The names that a case's trigger asks for count as known."""

    def again(self) -> _Memory:
        return _Memory(self.con.cursor(), self.now, self.sources, self.properties)

    def events(self, properties: Collection[str] = ()) -> str | None:
        known = [column_of(name) for name in properties if name in self.properties]
        others = [f"NULL::VARCHAR AS {column_of(name)}" for name in properties if name not in self.properties]
        return f"(SELECT {', '.join((EVENT_COLUMNS, *known, *others))} FROM case_events)"

    def events_of(self, account_id: str, columns: Sequence[Column], since: datetime) -> str | None:
        return f"(SELECT * FROM {self.events(properties_of(columns))} WHERE account_id = {quote(account_id)})"

    def rows(self, calendar: Calendar, accounts: Sequence[str] | None) -> Rows:
        return Rows(self, calendar, accounts is not None)

    def measures(self, asked: Asked) -> Measures:
        return by_sql(self, asked)

    def accounts(self) -> str:
        return "(SELECT account_id, min(ts) AS first_seen FROM case_events GROUP BY 1)"

    def users(self) -> str:
        did = "SELECT account_id, user_id, ts AS first_seen FROM case_events WHERE user_id <> ''"
        return f"({did} UNION ALL SELECT account_id, user_id, seen_at FROM case_facts WHERE user_id <> '')"

    def all_arrived_by(self, moment: datetime) -> bool:
        return True

    def rolled(self, columns: Sequence[Column], zone: str, first: date, last: date) -> str | None:
        return f"({rollup_sql(self.events(properties_of(columns)) or '', columns, zone)})"

    @classmethod
    def of(cls, cases: Mapping[str, Case], vocabulary: Vocabulary, now: datetime) -> _Memory:
        con = connect(threads=1)
        zone = ZoneInfo(vocabulary.policy.time_zone)
        names = sorted({name for case in cases.values() for event in case.events for name in event.properties})
        events = [row for account, case in cases.items() for row in _event_rows(account, case, now, zone, names)]
        facts = [row for account, case in cases.items() for row in _fact_rows(account, case, vocabulary, now, zone)]
        _table(con, "case_events", [*EVENT_COLUMNS.split(", "), *map(column_of, names)], events)
        _table(con, "case_facts", FACT_COLUMNS.split(", "), facts)
        definitions = vocabulary.facts.facts.values()
        sources = frozenset(fact.from_ for fact in definitions if isinstance(fact, SourcedFact))
        return cls(con, now, sources, frozenset(names))


def _table(con: duckdb.DuckDBPyConnection, name: str, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    moments = {"ts", "seen_at", "since"}
    schema = pa.schema([(n, pa.timestamp("us") if n in moments else pa.string()) for n in names])
    values = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names]
    con.register("rows_now", pa.table(values, schema=schema))
    con.execute(f"CREATE TABLE {name} AS SELECT * FROM rows_now")
    con.unregister("rows_now")


def _ago(now: datetime, ago: Span | None, zone: ZoneInfo) -> datetime:
    """So long before the check, at the same hour of the day."""
    if ago is None:
        return now.replace(tzinfo=None)
    if ago.exact is not None:
        return (now - ago.exact).replace(tzinfo=None)
    local = now.astimezone(zone)
    day = back(local.date(), ago)
    return local.replace(year=day.year, month=day.month, day=day.day).astimezone(UTC).replace(tzinfo=None)


def _event_rows(
    account: str, case: Case, now: datetime, zone: ZoneInfo, names: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    for event in case.events:
        at = _ago(now, event.ago, zone)
        texts = (as_text(_json(event.properties.get(name))) for name in names)
        row = (event.event, at, at, account, event.user or "", *texts)
        for _ in range(event.times):
            yield uuid.uuid4().hex, *row


def _fact_rows(
    account: str, case: Case, vocabulary: Vocabulary, now: datetime, zone: ZoneInfo
) -> Iterator[tuple[Any, ...]]:
    """The earliest given value of a fact reaches back for ever."""
    given = sorted(case.facts, key=lambda facts: _ago(now, facts.ago, zone))
    seen: set[tuple[str, str]] = set()
    for facts in given:
        user = facts.user or ""
        for name, value in facts.values.items():
            definition = vocabulary.facts.facts[name]
            assert isinstance(definition, SourcedFact), "the parser only takes facts that a source gives"
            since = _ago(now, facts.ago, zone) if (name, user) in seen else _ago(now, None, zone) - _FOR_EVER
            seen.add((name, user))
            text = as_text(_given(value, definition.kind, case))
            yield definition.from_, definition.field, account, user, text, since, since
    yield from _not_given(account, case, vocabulary, seen, _ago(now, None, zone) - _FOR_EVER)


def _not_given(
    account: str, case: Case, vocabulary: Vocabulary, given: Set[tuple[str, str]], since: datetime
) -> Iterator[tuple[Any, ...]]:
    """A case says all that sources know: what it does not give was looked for, and there is none."""
    named = [*(event.user for event in case.events), *(facts.user for facts in case.facts)]
    people = {user for user in named if user}
    for name, fact in vocabulary.facts.facts.items():
        if isinstance(fact, SourcedFact):
            for user in sorted(people) if fact.who == "users" else [""]:
                if (name, user) not in given:
                    yield fact.from_, fact.field, account, user, None, since, since


def _given(value: Any, kind: str, case: Case) -> Any:
    """What the source would have sent: of `9 days ago` the day."""
    moved = case_date(value, case.today) if kind == "date" else None
    return moved or _json(value)


def _json(value: Any) -> Any:
    return str(value) if isinstance(value, Percent) else value
