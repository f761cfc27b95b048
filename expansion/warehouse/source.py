"""A warehouse as the engine's source: rollups of its events come back, facts are those of the usage store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import duckdb

from expansion.evaluate.measures import Calendar
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.rows import names_of
from expansion.evaluate.source import Asked, Measures, by_sql
from expansion.usage.forms.duck import quote
from expansion.usage.forms.properties import column_of
from expansion.usage.forms.sql_dialect import DUCK
from expansion.usage.identity.renaming import Renaming
from expansion.usage.storage.carriers import Bringing, nobody_knows
from expansion.usage.storage.fact_relations import FactRelations
from expansion.usage.storage.names import ANY, MOST_SUGGESTED, Names, Pair, Row
from expansion.usage.storage.rollup import WHERE_AND_WHEN, Column, properties_of, rollup_sql
from expansion.usage.storage.spans import Spans, told
from expansion.usage.storage.volumes import Volume
from expansion.warehouse.dialects import Portable
from expansion.warehouse.local import AMOUNT, COUNT, DAY, MOMENT, TEXT, Local, Schema, Warehouse
from expansion.warehouse.table import FIRST, Between, EventTable, naive_utc

ACCOUNTS_AT_ONCE = 500  # that one query names

_KINDS = {
    **dict.fromkeys(("account_id", "user_id", "value", "event_id"), TEXT),
    **dict.fromkeys(("day", "seen_day"), DAY),
    **dict.fromkeys(("ts", "moment"), MOMENT),
}
_AMOUNTS = ("sum", "max")
_ON_TIME = timedelta(days=1) // timedelta(microseconds=1)


@dataclass(frozen=True)
class PushedRows:
    """The rows that measures are taken from, rolled up in the warehouse as they were known at the check."""

    local: Local
    events: EventTable
    calendar: Calendar
    accounts: Sequence[str] | None  # the few that are asked about, by all the ids they have or had
    renaming: Renaming = field(default_factory=Renaming)

    def by_day(self, columns: Collection[Column], first: date, last: date) -> str | None:
        """Rollup rows with these columns (or those of one detail) of these days; None where nobody is asked about."""
        begin = max(FIRST, self.calendar.start_of(first))
        rows = self._rolled(columns, begin, self.calendar.end_of(last))
        return rows and f"(SELECT * FROM {_by_item(rows, columns)} WHERE day BETWEEN DATE '{first}' AND DATE '{last}')"

    def by_moment(self, columns: Collection[Column], after: datetime) -> str | None:
        """Events after a moment as rows of one, each with its `moment` and its day."""
        rows = self._rolled(columns, after + timedelta(microseconds=1), self.calendar.as_of, each_event=True)
        return rows and f"(SELECT * FROM {_by_item(rows, columns)})"

    def _rolled(
        self, columns: Collection[Column], first: datetime, last: datetime, *, each_event: bool = False
    ) -> str | None:
        """The local table of a rollup."""
        if self.accounts is not None and not self.accounts:
            return None
        asked, zone = sorted(set(columns), key=lambda column: column.key), str(self.calendar.zone)
        spelling, seen = self.local.spelling, seen_by(self.local.spelling, self.calendar.as_of)
        queries = [
            rollup_sql(
                self.events.events(spelling, properties_of(asked), Between(first, last, (seen, *some))),
                asked, zone, each_event=each_event, spelling=spelling,
            )
            for some in self._some_accounts()
        ]  # fmt: skip
        return self.renaming.events(self.local.table(queries, _schema(asked, each_event=each_event)), day_in=zone)

    def _some_accounts(self) -> Iterator[tuple[str, ...]]:
        """For each query what it asks of the account."""
        if self.accounts is None:
            yield ()
        for place in range(0, len(self.accounts or ()), ACCOUNTS_AT_ONCE):
            some = (self.accounts or ())[place : place + ACCOUNTS_AT_ONCE]
            yield (self.local.spelling.one_of("account_id", some),)


def _by_item(rows: str, columns: Collection[Column]) -> str:
    """The rows of different values, a list's items each as one."""
    if all(column.kind != "distinct" for column in columns):
        return rows
    return f"(SELECT * EXCLUDE (value), {DUCK.each('value')} AS value FROM {rows})"


def _schema(columns: Sequence[Column], *, each_event: bool) -> Schema:
    """What the rollup query gives, see rollup.rollup_sql."""
    if columns[0].is_detail:
        names = [*WHERE_AND_WHEN, *(["moment"] if each_event else []), *names_of(columns)]
        return [(name, _KINDS[name]) for name in names]
    names = [*(["event_id", "moment"] if each_event else []), *WHERE_AND_WHEN]
    counted = [(column.key, AMOUNT if column.kind in _AMOUNTS else COUNT) for column in columns]
    return [*((name, _KINDS[name]) for name in names), *counted]


def seen_by(spelling: Portable, moment: datetime) -> str:
    """What is asked of `seen_at`, so that only what had arrived by a moment counts."""
    return f"seen_at <= {spelling.moment(naive_utc(moment))}"


def _newest(spans: Spans, by: datetime) -> datetime | None:
    """When the newest event happened; None where some happened since."""
    return spans[-1][1] if spans and spans[-1][1] <= by else None


@dataclass
class WarehouseSource:
    """One view of a warehouse's events, with the facts of a usage store."""

    local: Local
    table: EventTable
    facts_from: StoreRelations
    as_of: datetime
    known: Spans | None = None  # for when events are known, where somebody can tell; else the events themselves do
    _told: dict[str | None, Spans] = field(default_factory=dict)
    _days: dict[str | None, dict[date, int]] = field(default_factory=dict)  # of UTC: how many events, by source
    _names: list[Names] = field(default_factory=list)  # one at most

    @classmethod
    def of(
        cls, warehouse: Warehouse, table: EventTable, facts_from: StoreRelations, as_of: datetime
    ) -> WarehouseSource:
        return cls(Local(warehouse, facts_from.con), table, facts_from, as_of)

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        return self.local.con

    @property
    def facts(self) -> FactRelations:
        return self.facts_from.facts

    def again(self) -> WarehouseSource:
        """The same view on a connection of its own."""
        facts = self.facts_from.again()
        local = Local(self.local.warehouse, facts.con)
        return WarehouseSource(local, self.table, facts, self.as_of, self.known, self._told, self._days, self._names)

    def rows(self, calendar: Calendar, accounts: Sequence[str] | None) -> PushedRows:
        renaming = self.facts_from.renaming
        asked = None if accounts is None else self.facts_from.told_under(accounts)
        return PushedRows(self.local, self.table, calendar, asked, renaming)

    def measures(self, asked: Asked) -> Measures:
        return by_sql(self, asked)

    def first_pull(self, key: str) -> datetime | None:
        return self.facts_from.first_pull(key)

    def last_pull(self, key: str) -> datetime | None:
        return self.facts_from.last_pull(key)

    def names(self) -> Names:
        """Which events and properties ever came: asked once for what the triggers name."""
        if not self._names:
            self._names.append(Names(self._named, self._events_named, self._properties_named))
        return self._names[0]

    def _named(self, pairs: Collection[Pair]) -> list[Row]:
        spelling = self.local.spelling
        properties = sorted({name for _, name in pairs if name in self.table.properties})
        events = sorted({event for event, _ in pairs})
        where = () if ANY in events else (spelling.one_of("event", events),)
        counted = [f"MIN(CASE WHEN {spelling.prop(name)} IS NOT NULL THEN seen_at END)" for name in properties]
        asked = ", ".join(f"{sql} AS s{n}" for n, sql in enumerate(["MIN(seen_at)", *counted]))
        held = self.table.events(spelling, properties, Between(where=where))
        query = f"SELECT event, COUNT(*) AS times, {asked} FROM {held} AS named GROUP BY event"
        schema = [("event", TEXT), ("times", COUNT), *((f"s{n}", MOMENT) for n in range(len(properties) + 1))]
        rows = self.con.execute(f"SELECT * FROM {self.local.table([query], schema)}").fetchall()
        named = [ANY, *properties]
        return [(row[0], name, row[1], row[2 + n]) for row in rows for n, name in enumerate(named) if row[2 + n]]

    def _events_named(self) -> list[tuple[str, datetime]]:
        rows = sorted(self._named([(ANY, ANY)]), key=lambda row: (-row[2], row[0]))
        return [(event, first) for event, _, _, first in rows[:MOST_SUGGESTED]]

    def _properties_named(self, event: str) -> list[tuple[str, datetime]]:
        rows = self._named([(event, name) for name in self.table.properties])
        return [(name, first) for of, name, _, first in rows if name and event in (ANY, of)]

    # --- for when events are known ------------------------------------------------------------------------------------

    def spans(self, source: str | None) -> Spans:
        """From the first event to the last without a hole, as an import of the same events would say."""
        if self.known is not None:
            return self.known
        named = source if self.table.source else None
        if named not in self._told:
            self._told[named] = self._spans(named)
        return self._told[named]

    def bringing(self, sources: Sequence[str]) -> Bringing:
        """Every source may bring everything: which of them brought what is not asked."""
        known = {name: self.spans(name) for name in sources} or {"": self.spans(None)}
        named = {name: volume for name in known if (volume := self._volume(name or None)) is not None}
        return Bringing(known, nobody_knows, volumes=named)

    def _volume(self, source: str | None) -> Volume | None:
        """By day of UTC, as it was counted for the spans: to count days of another zone, all would be read again."""
        spans, named = self.spans(source), source if self.table.source else None
        if named not in self._days:
            return None
        return Volume(spans, lambda _: self._days[named], partial(_newest, spans), days_of=ZoneInfo("UTC"))

    def known_until(self) -> datetime | None:
        spans = self.spans(None)
        return spans[-1][1] if spans else None

    def _spans(self, source: str | None) -> Spans:
        """See batch.spans: what arrived a day late says nothing of the others of its day, unless most did."""
        spelling = self.local.spelling
        on_time = f"CASE WHEN {spelling.microseconds('ts', 'seen_at')} <= {_ON_TIME} THEN ts END"
        asked = ", ".join(
            f"MIN({moment}) AS first_{name}, MAX({moment}) AS last_{name}, COUNT({moment}) AS count_{name}"
            for name, moment in (("any", "ts"), ("punctual", on_time))
        )
        where = () if source is None else (spelling.one_of("source_name", [source]),)
        events = self.table.events(spelling, (), Between(where=where))
        query = f"SELECT {spelling.local_day('ts', 'UTC')} AS day, {asked} FROM {events} AS known GROUP BY 1"
        ends = [("first", MOMENT), ("last", MOMENT), ("events", COUNT)]
        schema = [("day", DAY), *((f"{name}_{of}", kind) for of in ("any", "punctual") for name, kind in ends)]
        days = self.con.execute(f"SELECT * FROM {self.local.table([query], schema)}").fetchall()
        self._days[source] = {day[0]: day[3] for day in days}
        mostly = 2 * sum(day[6] for day in days) >= sum(day[3] for day in days)
        found = [day[4:7] for day in days if day[6]] if mostly else [day[1:4] for day in days]
        return told((first.replace(tzinfo=UTC), last.replace(tzinfo=UTC), count) for first, last, count in found)

    # --- who there is -------------------------------------------------------------------------------------------------

    def accounts(self) -> str:
        """SQL for (account_id, first_seen) of every account that ever had an event or a fact."""
        return self._seen("account_id", "account_id <> ''")

    def users(self) -> str:
        """SQL for (account_id, user_id, first_seen) of every person who ever did something or has a profile."""
        return self._seen("account_id, user_id", "account_id <> '' AND user_id <> ''")

    def _seen(self, keys: str, where: str) -> str:
        seen = seen_by(self.local.spelling, self.as_of)
        events = self.table.events(self.local.spelling, (), Between(last=self.as_of, where=(seen,)))
        query = f"SELECT {keys}, MIN(seen_at) AS first_seen FROM {events} AS seen WHERE {where} GROUP BY {keys}"
        names = keys.split(", ")
        table = self.local.table([query], [*((name, TEXT) for name in names), ("first_seen", MOMENT)])
        renaming = self.facts_from.renaming
        table = renaming.rows(table, users="user_id" in names)
        parts = [f"SELECT {keys}, seen_at AS first_seen FROM {self.facts.told()} WHERE {where}"]
        parts.append(f"SELECT {keys}, first_seen FROM {table}")
        if renaming.parted:
            parts.append(renaming.new_parts(keys))
        return f"({' UNION ALL '.join(parts)})"

    def events_of(self, account_id: str, columns: Sequence[Column], since: datetime) -> str | None:
        """SQL for the events of one account since a moment that these columns may be about, with what they read."""
        spelling, properties = self.local.spelling, sorted(properties_of(columns))
        mine = spelling.one_of("account_id", self.facts_from.told_under([account_id]))
        where = [seen_by(spelling, self.as_of), mine]
        if all(column.atom.events for column in columns):
            where.append(spelling.one_of("event", sorted({name for column in columns for name in column.atom.events})))
        kept = ["event_id", "event", "ts", "seen_at", "account_id", "user_id", *map(column_of, properties)]
        events = self.table.events(spelling, properties, Between(max(FIRST, since), self.as_of, tuple(where)))
        query = f"SELECT {', '.join(kept)} FROM {events} AS mine"
        found = self.local.table([query], [(name, MOMENT if name in ("ts", "seen_at") else TEXT) for name in kept])
        rows = self.facts_from.renaming.events(found)
        return f"(SELECT * FROM {rows} WHERE account_id = {quote(account_id)})" if self.facts_from.parted else rows
