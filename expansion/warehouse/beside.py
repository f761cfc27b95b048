"""A warehouse's events, and those of the usage store that it does not have: history there, today from a source.

An event is the same in both where it has the same id. The warehouse's counts then, as soon as it had arrived there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Self

import pyarrow as pa

from expansion.evaluate.measures import Calendar
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.rows import TakenFrom
from expansion.evaluate.source import Asked, Measures, Over, by_sql
from expansion.usage.manifest import Rollup, Segment
from expansion.usage.names import Names
from expansion.usage.rollup import Column
from expansion.usage.spans import Spans, joined
from expansion.warehouse.local import TEXT
from expansion.warehouse.source import WarehouseSource, seen_by
from expansion.warehouse.table import Between


@dataclass
class Rest(StoreRelations):
    """The usage store without what the warehouse has too. A segment in which there is such a thing is read itself."""

    twice: frozenset[str] = frozenset()  # event ids
    touched: frozenset[str] = frozenset()  # ids of segments

    def __post_init__(self) -> None:
        self.con.register("ids_twice", pa.table({"event_id": pa.array(sorted(self.twice), pa.string())}))
        self.con.execute("CREATE OR REPLACE TEMP TABLE twice AS SELECT * FROM ids_twice")
        self.con.unregister("ids_twice")

    def _events(self, segments: Sequence[Segment], properties: Collection[str]) -> str | None:
        events = super()._events(segments, properties)
        return f"(SELECT * FROM {events} ANTI JOIN twice USING (event_id))" if events else None

    def _rolled_up(
        self, segment: Segment, keys: Sequence[str], zone: str
    ) -> list[tuple[Rollup, tuple[str, ...]]] | None:
        return None if segment.id in self.touched else super()._rolled_up(segment, keys, zone)

    @classmethod
    def left_by(cls, warehouse: WarehouseSource) -> Self:
        """What a warehouse leaves of the store that its facts are from."""
        stored = warehouse.facts_from
        found = {segment.id: ids for segment in stored.manifest.segments if (ids := _in_both(warehouse, segment))}
        twice = frozenset(one for ids in found.values() for one in ids)
        return cls(stored.store, stored.manifest, stored.con, stored.reading, twice=twice, touched=frozenset(found))


def _in_both(warehouse: WarehouseSource, segment: Segment) -> list[str]:
    """The ids of a segment's events that had arrived in the warehouse by the check. Ids come back, nothing else."""
    spelling, stored = warehouse.local.spelling, warehouse.facts_from
    first, last = (datetime.fromisoformat(moment) for moment in (segment.first_ts, segment.last_ts))
    between = Between(first, last, (seen_by(spelling, warehouse.as_of),))
    query = f"SELECT event_id FROM {warehouse.table.events(spelling, (), between)} AS there"
    there = warehouse.local.table([query], [("event_id", TEXT)])
    events = stored.store.events_of([segment])
    rows = warehouse.con.execute(f"SELECT event_id FROM {events} SEMI JOIN {there} USING (event_id)").fetchall()
    return [event_id for (event_id,) in rows]


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
