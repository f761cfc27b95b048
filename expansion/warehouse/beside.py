"""A warehouse's events, and those of the usage store that it does not have: history there, today from a source.

An event is the same in both where it has the same id. The warehouse's counts then, as soon as it had arrived there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

import pyarrow as pa

from expansion.evaluate.measures import Calendar
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.rows import TakenFrom
from expansion.evaluate.source import Asked, Measures, Over, by_sql
from expansion.usage.storage.carriers import Bringing, Keys, nobody_knows
from expansion.usage.storage.manifest import Rollup, Segment
from expansion.usage.storage.names import Names
from expansion.usage.storage.rollup import Column
from expansion.usage.storage.spans import Spans, joined
from expansion.usage.storage.volumes import Volume
from expansion.warehouse.local import MOMENT, TEXT
from expansion.warehouse.source import WarehouseSource, seen_by
from expansion.warehouse.table import Between


class Twice(NamedTuple):
    """An event of the store that the warehouse has too; `ts` in UTC, without saying so."""

    event_id: str
    event: str
    ts: datetime


@dataclass
class Rest(StoreRelations):
    """The usage store without what the warehouse has too. A segment in which there is such a thing is read itself."""

    twice: frozenset[Twice] = frozenset()
    touched: frozenset[str] = frozenset()  # ids of segments

    def __post_init__(self) -> None:
        super().__post_init__()
        columns = list(zip(*sorted(self.twice), strict=True)) or [(), (), ()]
        kinds = {"event_id": pa.string(), "event": pa.string(), "ts": pa.timestamp("us")}
        arrays = {name: pa.array(some, kind) for (name, kind), some in zip(kinds.items(), columns, strict=True)}
        self.con.register("events_twice", pa.table(arrays))
        self.con.execute("CREATE OR REPLACE TEMP TABLE twice AS SELECT * FROM events_twice")
        self.con.unregister("events_twice")

    def _as_told(self, segments: Sequence[Segment], properties: Collection[str]) -> str | None:
        events = super()._as_told(segments, properties)
        return f"(SELECT * FROM {events} ANTI JOIN twice USING (event_id, event, ts))" if events else None

    def _rolled_up(
        self, segment: Segment, keys: Sequence[str], zone: str
    ) -> list[tuple[Rollup, tuple[str, ...]]] | None:
        return None if segment.id in self.touched else super()._rolled_up(segment, keys, zone)

    @classmethod
    def left_by(cls, warehouse: WarehouseSource) -> Self:
        """What a warehouse leaves of the store that its facts are from."""
        stored = warehouse.facts_from
        found = {segment.id: some for segment in stored.manifest.segments if (some := _in_both(warehouse, segment))}
        twice = frozenset(one for some in found.values() for one in some)
        kept = (stored.store, stored.manifest, stored.con, stored.reading, stored.ids, stored.known_by)
        return cls(*kept, twice=twice, touched=frozenset(found))


def _in_both(warehouse: WarehouseSource, segment: Segment) -> list[Twice]:
    """A segment's events that had arrived in the warehouse by the check. Of those there, ids and what tells apart the
    events of one id in two tables come back, nothing else.
    """
    spelling, stored = warehouse.local.spelling, warehouse.facts_from
    first, last = (datetime.fromisoformat(moment) for moment in (segment.first_ts, segment.last_ts))
    if segment.table:  # the same second, see usage/storage/repeats.py
        first, last = first.replace(microsecond=0), last.replace(microsecond=0) + timedelta(seconds=1)
    between = Between(first, last, (seen_by(spelling, warehouse.as_of),))
    schema = [("event_id", TEXT), *([("event", TEXT), ("ts", MOMENT)] if segment.table else [])]
    names = ", ".join(name for name, _ in schema)
    query = f"SELECT {names} FROM {warehouse.table.events(spelling, (), between)} AS there"
    there = warehouse.local.table([query], schema)
    same = "here.event_id = there.event_id"
    if segment.table:
        same += " AND here.event = there.event AND date_trunc('second', here.ts) = date_trunc('second', there.ts)"
    events = stored.store.events_of([segment])
    rows = f"SELECT event_id, event, ts FROM {events} AS here SEMI JOIN {there} AS there ON {same}"
    return [Twice(*row) for row in warehouse.con.execute(rows).fetchall()]


def _larger(there: Volume, here: Volume | None) -> Volume:
    """Of each day what the one that has more of it has: most of what one has, the other has, too."""
    if here is None:
        return there

    def by_day(zone: ZoneInfo) -> dict[date, int]:
        one, other = there.by_day(zone), here.by_day(zone)
        return {day: max(one.get(day, 0), other.get(day, 0)) for day in {*one, *other}}

    def newest(by: datetime) -> datetime | None:
        return max((found for one in (there, here) if (found := one.newest(by))), default=None)

    return replace(
        there, spans=joined([*there.spans, *here.spans]), by_day=by_day, newest=newest, unmatched=here.unmatched
    )


_WAREHOUSE = "warehouse"  # where facts.yaml names no source


@dataclass(frozen=True)
class _Both:
    """The rows of both."""

    there: TakenFrom
    here: TakenFrom

    def by_day(self, columns: Collection[Column], first: date, last: date) -> str | None:
        return _together(self.there.by_day(columns, first, last), self.here.by_day(columns, first, last))

    def by_moment(self, columns: Collection[Column], after: datetime) -> str | None:
        return _together(self.there.by_moment(columns, after), self.here.by_moment(columns, after))


def _together(*relations: str | None) -> str | None:
    some = [f"SELECT * FROM {relation}" for relation in relations if relation]
    return f"({' UNION ALL BY NAME '.join(some)})" if some else None


@dataclass(frozen=True)
class Beside(Over):
    """The events of a warehouse and those of the usage store, with the store's facts."""

    of: WarehouseSource
    rest: Rest
    _names: list[Names] = field(default_factory=list)  # one at most

    @classmethod
    def with_store(cls, warehouse: WarehouseSource) -> Beside:
        return cls(warehouse, Rest.left_by(warehouse))

    def again(self) -> Beside:
        there = self.of.again()
        return replace(self, of=there, rest=replace(self.rest, con=there.con))

    def measures(self, asked: Asked) -> Measures:
        return by_sql(self, asked)

    def rows(self, calendar: Calendar, accounts: Sequence[str] | None) -> TakenFrom:
        return _Both(self.of.rows(calendar, accounts), self.rest.rows(calendar, accounts))

    def events_of(self, account_id: str, columns: Sequence[Column], since: datetime) -> str | None:
        mine = (one.events_of(account_id, columns, since) for one in (self.of, self.rest))
        return _together(*mine)

    def spans(self, source: str | None) -> Spans:
        return joined([*self.of.spans(source), *self.rest.spans(source)])

    def bringing(self, sources: Sequence[str]) -> Bringing:
        """The warehouse is each of the sources that are named, with what the store knows of it."""
        here, named = self.rest.bringing(sources), sources or [_WAREHOUSE]
        there = {
            name: joined([*self.of.spans(name if sources else None), *here.covered.get(name, ())]) for name in named
        }
        known = self.of.bringing(sources).volumes
        volumes = {name or _WAREHOUSE: _larger(one, here.volumes.get(name)) for name, one in known.items()}
        ever = partial(self._ever, here, frozenset(named))
        return replace(here, covered={**here.covered, **there}, ever=ever, volumes={**here.volumes, **volumes})

    def _ever(self, here: Bringing, there: Keys, events: tuple[str, ...], by: datetime) -> Iterator[Keys]:
        """Those that brought an event, the warehouse among them where it has one of that name."""
        if not any(segment.table for segment in self.rest.manifest.segments):
            yield from nobody_knows(events, by)
        elif not events:
            yield from (*here.ever(events, by), there)
        else:
            for event in events:
                first = self.of.names().first(event)
                for keys in here.ever((event,), by):
                    yield keys | there if first is not None and first <= by else keys

    def known_until(self) -> datetime | None:
        spans = self.spans(None)
        return spans[-1][1] if spans else None

    def accounts(self) -> str:
        return _together(self.of.accounts(), self.rest.accounts()) or ""

    def users(self) -> str:
        return _together(self.of.users(), self.rest.users()) or ""

    def names(self) -> Names:
        if not self._names:
            self._names.append(_either(self.of.names(), self.rest.names()))
        return self._names[0]


def _either(there: Names, here: Names) -> Names:
    """The names of both."""
    return Names(
        lambda pairs: [*there.read(pairs), *here.read(pairs)],
        lambda: _earliest([*there.read_events(), *here.read_events()]),
        lambda event: _earliest([*there.read_properties(event), *here.read_properties(event)]),
    )


def _earliest(named: Sequence[tuple[str, datetime]]) -> list[tuple[str, datetime]]:
    """Each name once, with its first moment; those of the warehouse first."""
    found: dict[str, datetime] = {}
    for name, first in named:
        found[name] = min(first, found.get(name, first))
    return list(found.items())
