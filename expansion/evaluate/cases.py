"""Runs cases: every case is an account of its own in a store in memory, at one virtual moment."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa

from expansion.evaluate import logic
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.engine import Engine, Vocabulary
from expansion.evaluate.explaining import Explainer
from expansion.evaluate.measures import back
from expansion.evaluate.results import Answer, Evidence
from expansion.language.case_model import Case
from expansion.language.models import SourcedFact, Trigger
from expansion.language.values import Percent, Span
from expansion.usage.duck import connect
from expansion.usage.facts import FACT_COLUMNS, as_text
from expansion.usage.rollup import Column, rollup_sql
from expansion.usage.spans import Spans
from expansion.usage.store import EVENT_COLUMNS

EXPECTED = {"fires": Answer.YES, "stays quiet": Answer.NO, "cannot tell": Answer.CANNOT_TELL}
SAID = {answer: said for said, answer in EXPECTED.items()}

# Noon on a Thursday, far from any change of clocks; a case has no other calendar than this.
_NOON = datetime(2026, 1, 15, 12)
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
    """All cases in one evaluation.

    A case's account counts as one of the trigger's `accounts` unless what the case says makes it certainly not.
    """
    if not cases:
        return
    now = _NOON.replace(tzinfo=ZoneInfo(vocabulary.policy.time_zone)).astimezone(UTC)
    ids = [f"case-{number:05}" for number in range(len(cases))]
    relations = _Memory.of(dict(zip(ids, cases, strict=True)), vocabulary, now)
    engine = Engine(relations, vocabulary, now, ids)
    compiled = {name: engine.compiled(triggers[name]) for name in {case.trigger for case in cases}}
    engine.measure([node for one in compiled.values() for node in one.nodes()])
    for account, case in zip(ids, cases, strict=True):
        trigger = triggers[case.trigger]
        answer = _answer(engine, compiled[case.trigger], trigger, engine.index_of(account))
        yield CaseResult(case, answer, Explainer(engine).explain(trigger, account))


def _answer(engine: Engine, compiled: CompiledTrigger, trigger: Trigger, index: int) -> Answer:
    parts = [int(engine.answer(part)[index]) for part in compiled.fires.parts]
    if trigger.accounts and parts[0] == logic.CANNOT_TELL:
        parts = parts[1:]
    return logic.MEANING[int(np.min(parts))]


# --- a store in memory ------------------------------------------------------------------------------------------------


@dataclass
class _Memory:
    """The same questions as a usage store answers, over the events and facts of cases."""

    con: duckdb.DuckDBPyConnection
    now: datetime
    sources: frozenset[str]  # those that facts come from; a case says all that they know
    facts: str = "case_facts"

    def spans(self, source: str | None) -> Spans:
        return ((self.now - _FOR_EVER, self.now),)

    def first_pull(self, key: str) -> datetime | None:
        return self.now - _FOR_EVER if key in self.sources else None

    def again(self) -> _Memory:
        return _Memory(self.con.cursor(), self.now, self.sources)

    def events(self) -> str | None:
        return "case_events"

    def accounts(self) -> str:
        return "(SELECT account_id, min(ts) AS first_seen FROM case_events GROUP BY 1)"

    def all_arrived_by(self, moment: datetime) -> bool:
        return True

    def rolled(self, columns: Sequence[Column], zone: str, first: date, last: date) -> str | None:
        return f"({rollup_sql('case_events', columns, zone)})"

    @classmethod
    def of(cls, cases: Mapping[str, Case], vocabulary: Vocabulary, now: datetime) -> _Memory:
        con = connect(threads=1)
        zone = ZoneInfo(vocabulary.policy.time_zone)
        events = [row for account, case in cases.items() for row in _event_rows(account, case, now, zone)]
        facts = [row for account, case in cases.items() for row in _fact_rows(account, case, vocabulary, now, zone)]
        _table(con, "case_events", EVENT_COLUMNS, events)
        _table(con, "case_facts", FACT_COLUMNS, facts)
        definitions = vocabulary.facts.facts.values()
        return cls(con, now, frozenset(fact.from_ for fact in definitions if isinstance(fact, SourcedFact)))


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    moments = {"ts", "seen_at", "since"}
    names = columns.split(", ")
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


def _event_rows(account: str, case: Case, now: datetime, zone: ZoneInfo) -> Iterator[tuple[Any, ...]]:
    for event in case.events:
        at = _ago(now, event.ago, zone)
        properties = json.dumps({name: _json(value) for name, value in event.properties.items()})
        for _ in range(event.times):
            yield uuid.uuid4().hex, event.event, at, at, account, event.user or "", properties


def _fact_rows(
    account: str, case: Case, vocabulary: Vocabulary, now: datetime, zone: ZoneInfo
) -> Iterator[tuple[Any, ...]]:
    """The earliest given value of a fact reaches back for ever."""
    given = sorted(case.facts, key=lambda facts: _ago(now, facts.ago, zone))
    seen: set[str] = set()
    for facts in given:
        for name, value in facts.values.items():
            definition = vocabulary.facts.facts[name]
            assert isinstance(definition, SourcedFact), "the parser only takes facts that a source gives"
            since = _ago(now, facts.ago, zone) if name in seen else _ago(now, None, zone) - _FOR_EVER
            seen.add(name)
            yield definition.from_, definition.field, account, "", as_text(_json(value)), since, since


def _json(value: Any) -> Any:
    return str(value) if isinstance(value, Percent) else value
