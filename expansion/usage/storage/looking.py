"""What events a store holds, for people to look at: names, how many, since when, and what their properties say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from expansion.usage.forms.duck import quote, quote_list
from expansion.usage.forms.properties import column_of
from expansion.usage.storage.manifest import Segment
from expansion.usage.storage.names import merged
from expansion.usage.storage.store import UsageStore

SAMPLES = 5  # values that are shown of a property
_LOOKED_AT = 20_000  # events among which the commonest values are looked for


@dataclass(frozen=True)
class SeenEvent:
    """An event's name, and how often and when it came."""

    event: str
    times: int
    first_arrived: datetime
    last: datetime


@dataclass(frozen=True)
class SeenProperty:
    """A property of the events of a name: of how many, and what it says, the commonest first."""

    name: str
    times: int
    samples: tuple[str, ...]


def seen_events(store: UsageStore, segments: Sequence[Segment]) -> list[SeenEvent]:
    """Every name that ever came, the commonest first."""
    whole = merged(store.names_of(segments), "property = ''")
    query = f"SELECT event, rows, first_seen, last_ts FROM ({whole})"
    rows = store.connect().execute(f"{query} ORDER BY rows DESC, event").fetchall()
    return [SeenEvent(name, times, _utc(first), _utc(last)) for name, times, first, last in rows]


def seen_properties(store: UsageStore, segments: Sequence[Segment], event: str) -> list[SeenProperty]:
    """The properties that events of a name ever had, the commonest first. Values are read from the events, each time:
    what they say of somebody is kept in no second place.
    """
    con = store.connect()
    where = f"event = {quote(event)} AND property <> ''"
    query = f"SELECT property, rows FROM ({merged(store.names_of(segments), where)}) ORDER BY rows DESC, property"
    counted = con.execute(query).fetchall()
    samples = _samples(store, con, segments, event, [name for name, _ in counted])
    return [SeenProperty(name, times, samples[name]) for name, times in counted]


def values_of(
    store: UsageStore, segments: Sequence[Segment], events: Sequence[str], name: str, most: int
) -> list[str] | None:
    """The different values of a property of events; None where there are more than so many."""
    column, relation = column_of(name), store.events_of(segments, [name])
    if relation is None:
        return []
    named = f"event IN ({quote_list(events)}) AND " if events else ""
    query = f"SELECT DISTINCT {column} FROM {relation} WHERE {named}{column} IS NOT NULL LIMIT {most + 1}"
    values = [value for (value,) in store.connect().execute(query).fetchall()]
    return sorted(values) if len(values) <= most else None


def _samples(
    store: UsageStore, con: duckdb.DuckDBPyConnection, segments: Sequence[Segment], event: str, names: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    if not names:
        return {}
    some = f"SELECT * FROM {store.events_of(segments, names)} WHERE event = {quote(event)} LIMIT {_LOOKED_AT}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE looked_at AS {some}")
    found = {}
    for name in names:
        column = column_of(name)
        query = f"SELECT {column} FROM looked_at WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1"
        found[name] = tuple(value for (value,) in con.execute(f"{query} LIMIT {SAMPLES}").fetchall())
    return found


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
