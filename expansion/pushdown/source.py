"""A warehouse as the engine's source: rollups of its events come back, facts are those of the usage store."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from expansion.evaluate.measures import Calendar
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.rows import names_of
from expansion.pushdown.spellings import SPELLINGS, Portable
from expansion.pushdown.table import EventTable, naive_utc
from expansion.usage.properties import column_of
from expansion.usage.rollup import WHERE_AND_WHEN, Column, properties_of, rollup_sql
from expansion.usage.spans import Spans, joined
from expansion.usage.spelling import PLACES

_AMOUNTS = ("sum", "max")
_LAST, _EXACT = Decimal(1).scaleb(-PLACES), Context(prec=60)
_MOMENT = pa.timestamp("us")
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("account_id", "user_id", "value", "event_id", "event"), pa.string()),
    **dict.fromkeys(("day", "seen_day"), pa.date32()),
    **dict.fromkeys(("ts", "moment", "seen_at", "first_seen"), _MOMENT),
}


class Warehouse(Protocol):
    """Talks to a warehouse."""

    @property
    def dialect(self) -> str:
        """One of SPELLINGS."""
        ...

    def rows(self, query: str) -> Iterable[Sequence[Any]]:
        """The rows of a SELECT."""
        ...


@dataclass(frozen=True)
class Pushed:
    """Asks a warehouse, and keeps what came back in tables of a connection."""

    warehouse: Warehouse
    table: EventTable
    con: duckdb.DuckDBPyConnection
    _known: dict[str, str] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def spelling(self) -> Portable:
        return SPELLINGS[self.warehouse.dialect]

    def local(self, query: str, schema: Sequence[tuple[str, Any]]) -> str:
        """The name of a local table with the rows of a query; each query is asked once."""
        if query not in self._known:
            rows = list(self.warehouse.rows(query))
            arrays = [
                pa.array([_plain(row[place], kind) for row in rows], kind) for place, (_, kind) in enumerate(schema)
            ]
            name = f"pushed_{next(self._numbers)}"
            self.con.register(f"{name}_now", pa.table(arrays, names=[word for word, _ in schema]))
            self.con.execute(f"CREATE TABLE {name} AS SELECT * FROM {name}_now")
            self.con.unregister(f"{name}_now")
            self._known[query] = name
        return self._known[query]

    def events(self, properties: Collection[str], *where: str) -> str:
        return self.table.events(self.spelling, properties, " AND ".join(where) or "1 = 1")

    def moment(self, moment: datetime) -> str:
        return self.spelling.moment(naive_utc(moment))


def _plain(value: Any, kind: Any) -> Any:
    """Moments without a zone, whole numbers that are whole, decimals with as many places as are kept."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return naive_utc(value)
    if value is not None and pa.types.is_integer(kind):
        return int(value)
    if value is not None and pa.types.is_decimal(kind):
        return Decimal(value).quantize(_LAST, context=_EXACT)
    return value


@dataclass(frozen=True)
class PushedRows:
    """The rows that measures are taken from, rolled up in the warehouse as they were known at the check."""

    pushed: Pushed
    calendar: Calendar
    accounts: Sequence[str] | None  # the few that are asked about

    def by_day(self, columns: Collection[Column], first: date, last: date) -> str | None:
        """Rollup rows with these columns (or those of one detail) of these days."""
        begins, ends = self.calendar.start_of(first), self.calendar.end_of(last)
        asked = sorted(set(columns), key=lambda column: column.key)
        where = [f"ts >= {self.pushed.moment(begins)}", f"ts <= {self.pushed.moment(ends)}"]
        table = self.pushed.local(self._rolled(asked, where), self._schema(asked))
        return f"(SELECT * FROM {table} WHERE day BETWEEN DATE '{first}' AND DATE '{last}')"

    def by_moment(self, columns: Collection[Column], after: datetime) -> str | None:
        """Events after a moment as rows of one, each with its `moment` and its day."""
        asked = sorted(set(columns), key=lambda column: column.key)
        query = self._rolled(asked, [f"ts > {self.pushed.moment(after)}"], each_event=True)
        return f"(SELECT * FROM {self.pushed.local(query, self._schema(asked, each_event=True))})"

    def _rolled(self, columns: Sequence[Column], where: list[str], *, each_event: bool = False) -> str:
        bounds = [*where, f"seen_at <= {self.pushed.moment(self.calendar.as_of)}"]
        if self.accounts is not None:
            bounds.append(self.pushed.spelling.one_of("account_id", self.accounts) if self.accounts else "1 = 0")
        events = self.pushed.events(properties_of(columns), *bounds)
        zone = str(self.calendar.zone)
        return rollup_sql(events, columns, zone, each_event=each_event, spelling=self.pushed.spelling)

    def _schema(self, columns: Sequence[Column], *, each_event: bool = False) -> list[tuple[str, Any]]:
        if columns and columns[0].is_detail:
            kept = [*WHERE_AND_WHEN, *(["moment"] if each_event else []), *names_of(columns)]
            return [(name, _TYPES[name]) for name in kept]
        named = ["event_id", "moment"] if each_event else []
        amounts = [(one.key, pa.decimal128(38, PLACES) if one.kind in _AMOUNTS else pa.int64()) for one in columns]
        return [*((name, _TYPES[name]) for name in [*named, *WHERE_AND_WHEN]), *amounts]


@dataclass
class WarehouseSource:
    """One view of a warehouse's events, with the facts of a usage store."""

    pushed: Pushed
    facts_from: StoreRelations
    as_of: datetime
    known: Spans | None = None  # for when events are known; None: told by the events themselves

    @classmethod
    def of(
        cls, warehouse: Warehouse, table: EventTable, facts_from: StoreRelations, as_of: datetime
    ) -> WarehouseSource:
        return cls(Pushed(warehouse, table, facts_from.con), facts_from, as_of)

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        return self.pushed.con

    @property
    def facts(self) -> str:
        return self.facts_from.facts

    def again(self) -> WarehouseSource:
        """The same view on a connection of its own."""
        facts = self.facts_from.again()
        pushed = Pushed(self.pushed.warehouse, self.pushed.table, facts.con)
        return WarehouseSource(pushed, facts, self.as_of, self.spans(None))

    def rows(self, calendar: Calendar, accounts: Sequence[str] | None) -> PushedRows:
        return PushedRows(self.pushed, calendar, accounts)

    def first_pull(self, key: str) -> datetime | None:
        return self.facts_from.first_pull(key)

    def spans(self, source: str | None) -> Spans:
        """From the first event to the last, day by day. A warehouse is not asked which tool an event came from."""
        if self.known is None:
            day = self.pushed.spelling.local_day("ts", "UTC")
            events = self.pushed.events((), f"seen_at <= {self.pushed.moment(self.as_of)}")
            query = f"SELECT {day} AS day, MIN(ts) AS begins, MAX(ts) AS ends FROM {events} AS seen GROUP BY 1"
            table = self.pushed.local(query, [("day", pa.date32()), ("begins", _MOMENT), ("ends", _MOMENT)])
            found = self.con.execute(f"SELECT begins, ends FROM {table}").fetchall()
            self.known = joined((first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)) for first, last in found)
        return self.known

    def accounts(self) -> str:
        """SQL for (account_id, first_seen) of every account that ever had an event or a fact."""
        return self._seen("account_id", "account_id <> ''")

    def users(self) -> str:
        """SQL for (account_id, user_id, first_seen) of every person who ever did something or has a profile."""
        return self._seen("account_id, user_id", "account_id <> '' AND user_id <> ''")

    def _seen(self, keys: str, where: str) -> str:
        events = self.pushed.events((), f"seen_at <= {self.pushed.moment(self.as_of)}")
        query = f"SELECT account_id, user_id, MIN(seen_at) AS first_seen FROM {events} AS seen GROUP BY 1, 2"
        table = self.pushed.local(query, [(name, _TYPES[name]) for name in ("account_id", "user_id", "first_seen")])
        facts = f"SELECT {keys}, seen_at AS first_seen FROM {self.facts} WHERE {where}"
        return f"({facts} UNION ALL SELECT {keys}, first_seen FROM {table} WHERE {where})"

    def events_of(self, account_id: str, properties: Collection[str]) -> str | None:
        """SQL for the events of one account, as far back as a year: enough for what is shown."""
        mapped = sorted(self.pushed.table.properties)
        spelling = self.pushed.spelling
        bounds = (
            spelling.one_of("account_id", [account_id]),
            f"ts >= {self.pushed.moment(self.as_of - timedelta(days=366))}",
            f"seen_at <= {self.pushed.moment(self.as_of)}",
        )
        kept = ["event_id", "event", "ts", "seen_at", "account_id", "user_id", *map(column_of, mapped)]
        query = f"SELECT {', '.join(kept)} FROM {self.pushed.events(mapped, *bounds)} AS mine"
        table = self.pushed.local(query, [(name, _TYPES.get(name, pa.string())) for name in kept])
        others = [f"NULL::VARCHAR AS {column_of(name)}" for name in properties if name not in mapped]
        return f"(SELECT {', '.join(['*', *others])} FROM {table})"
