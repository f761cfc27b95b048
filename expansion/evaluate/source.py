"""What the engine reads from: the usage store, a warehouse, the events of cases, or one account in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

import duckdb

from expansion.evaluate.came_back import Returning
from expansion.evaluate.fact_values import FactMeasuring
from expansion.evaluate.measures import Calendar
from expansion.evaluate.measuring import EventMeasuring
from expansion.evaluate.rows import TakenFrom
from expansion.evaluate.sequences import Walking
from expansion.evaluate.silence import Silence
from expansion.evaluate.subjects import Subjects
from expansion.evaluate.told import Told
from expansion.language.model.models import Facts
from expansion.usage.storage.carriers import Bringing
from expansion.usage.storage.fact_relations import FactRelations
from expansion.usage.storage.names import Names
from expansion.usage.storage.rollup import Column


@dataclass(frozen=True)
class Asked:
    """Of whom measures are taken and as of when; what facts.yaml says of facts; why nobody knows of some days."""

    calendar: Calendar
    subjects: Subjects
    accounts: Sequence[str] | None  # the few that are asked about; None: all
    facts: Facts
    gap: Callable[[tuple[str, ...], date, date], str | None]
    lags: Mapping[str, timedelta] = field(default_factory=dict)  # of sources of facts: how old the last answer may be


@dataclass(frozen=True)
class Measures:
    """Takes every kind of measure of those who are asked about."""

    counted: EventMeasuring
    known: FactMeasuring
    walking: Walking
    returning: Returning


class Source(Protocol):
    """What the engine reads: see relations.StoreRelations."""

    @property
    def con(self) -> duckdb.DuckDBPyConnection: ...

    def measures(self, asked: Asked) -> Measures:
        """What takes measures, by SQL or otherwise; to be asked on this source's connection."""
        ...

    def rows(self, calendar: Calendar, accounts: Sequence[str] | None) -> TakenFrom:
        """What measures are taken from; of a few accounts where they are named."""
        ...

    def events_of(self, account_id: str, columns: Sequence[Column], since: datetime) -> str | None:
        """SQL for the events of an account since a moment that these columns may be about, with what they read."""
        ...

    @property
    def facts(self) -> FactRelations: ...

    def bringing(self, sources: Sequence[str]) -> Bringing:
        """Who brings events, and for when they are known; `sources` are those that facts.yaml names."""
        ...

    def known_until(self) -> datetime | None:
        """Up to when events are known; None where there are none."""
        ...

    def first_pull(self, key: str) -> datetime | None: ...

    def last_pull(self, key: str) -> datetime | None: ...

    def accounts(self) -> str: ...

    def users(self) -> str: ...

    def names(self) -> Names | None:
        """Which events and properties ever came; None where all count as known."""
        ...

    def again(self) -> Source:
        """The same view on a connection of its own."""
        ...


@dataclass(frozen=True)
class Over:
    """A source that gives what another gives, except for what is defined anew."""

    of: Source

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        return self.of.con

    @property
    def facts(self) -> FactRelations:
        return self.of.facts

    def measures(self, asked: Asked) -> Measures:
        return self.of.measures(asked)

    def rows(self, calendar: Calendar, accounts: Sequence[str] | None) -> TakenFrom:
        return self.of.rows(calendar, accounts)

    def events_of(self, account_id: str, columns: Sequence[Column], since: datetime) -> str | None:
        return self.of.events_of(account_id, columns, since)

    def bringing(self, sources: Sequence[str]) -> Bringing:
        return self.of.bringing(sources)

    def known_until(self) -> datetime | None:
        return self.of.known_until()

    def first_pull(self, key: str) -> datetime | None:
        return self.of.first_pull(key)

    def last_pull(self, key: str) -> datetime | None:
        return self.of.last_pull(key)

    def accounts(self) -> str:
        return self.of.accounts()

    def users(self) -> str:
        return self.of.users()

    def names(self) -> Names | None:
        return self.of.names()

    def again(self) -> Source:
        return self.of.again()


def by_sql(source: Source, asked: Asked) -> Measures:
    """Measures of everybody who is asked about, by queries over a source's rows and facts."""
    if asked.accounts is not None:
        asked.subjects.register()  # everybody has their table already
    rows, kept = source.rows(asked.calendar, asked.accounts), (asked.calendar, asked.subjects)
    told, silence = Told(source.con, source.facts, asked.calendar.as_of), Silence(asked.lags, source.last_pull)
    return Measures(
        EventMeasuring(rows, *kept),
        FactMeasuring(source.con, source.facts, asked.facts, *kept, told, silence),
        Walking(rows, *kept),
        Returning(rows, *kept, asked.gap),
    )
