"""Who brings events: tables of files, and sources that are pulled or push; each is known for a time of its own.

Which of them matter for an event is told by what they ever brought: a table of tickets that stopped says nothing of
logins, and a stream of logins nothing of tickets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from expansion.usage.forms.duck import quote
from expansion.usage.storage.manifest import FILES, Segment, is_files, table_of
from expansion.usage.storage.spans import Span, Spans, joined
from expansion.usage.storage.volumes import Volume

Key = str  # a source, or a table as `of_table` calls it; "" where an earlier version did not say
Keys = frozenset[Key]


@dataclass(frozen=True)
class Carrier:
    """A table or a source, by the name that people know it by ("" for nobody in particular), and when it is known."""

    name: str
    spans: Spans
    late_after: str | None = None  # of a table whose map says so
    is_table: bool = False
    keys: tuple[Key, ...] = ()  # all whose events these are


@dataclass(frozen=True)
class Bringing:
    """What is known of all of them. `ever` gives, for some events (none: for every event), the different sets of those
    that brought one by a moment; an empty set for an event that never came."""

    covered: Mapping[Key, Spans]
    ever: Callable[[tuple[str, ...], datetime], Iterable[Keys]]
    late_after: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[Key, Volume] = field(default_factory=dict)  # none of who nobody can say how much they bring
    heard: Mapping[Key, datetime] = field(default_factory=dict)  # when the newest happened that came in after those
    ahead: Span | None = None  # a time in which nothing new happens and all is known: for who looks ahead

    def carriers(self, events: tuple[str, ...], by: datetime, named: Sequence[str]) -> list[tuple[Carrier, ...]]:
        """For each different set those that have to be known; `named` are the sources that facts.yaml names."""
        every = self.ever(events, by)
        if not events:  # whatever sources bring, all that is there is its history
            every = {keys if all(map(table_of, keys)) else frozenset() for keys in every}
        return [self._carriers(keys, named) for keys in sorted(every, key=sorted)]

    def _carriers(self, keys: Keys, named: Sequence[str]) -> tuple[Carrier, ...]:
        """Sources speak for their events together with files that bring the same: those are their history. Tables speak
        for themselves, with files of which an earlier version did not say the table.
        """
        tables = sorted(key for key in keys if table_of(key))
        if keys <= {*tables, FILES} and tables:
            return tuple(self._table(key) for key in tables)
        is_known = keys and "" not in keys
        of_files = [FILES, *(tables if is_known else filter(is_files, self.covered))]
        if not named:
            sources = (key for key in self.covered if not is_files(key))
            return (self._carrier("", [*sources, *of_files]),)
        mine = [name for name in named if name in keys] if is_known else []
        return tuple(self._carrier(name, [name, *of_files]) for name in mine or named)

    def _carrier(self, name: str, keys: Sequence[Key]) -> Carrier:
        return Carrier(name, self._joined(keys), keys=tuple(dict.fromkeys(keys)))

    def _table(self, key: Key) -> Carrier:
        name = table_of(key)
        keys = (key, FILES)
        return Carrier(name, self._joined(keys), self.late_after.get(name), is_table=True, keys=keys)

    def _joined(self, keys: Iterable[Key]) -> Spans:
        return joined(span for key in {*keys} for span in self.covered.get(key, ()))


def nobody_knows(events: tuple[str, ...], by: datetime) -> list[Keys]:
    """In place of `Bringing.ever`, where it is not known who brought what: everybody may have."""
    return [frozenset()]


@dataclass
class Brought:
    """Who brought which events, read once as it is asked for."""

    segments: Sequence[Segment]
    names_of: Callable[[Sequence[Segment]], str]  # SQL for the names in some segments, see names.py
    read: Callable[[str], list[tuple]]  # type: ignore[type-arg]
    _rows: dict[tuple[str, ...], dict[str, dict[Key, datetime]]] = field(default_factory=dict)
    _sets: dict[tuple[tuple[str, ...], datetime | None], list[Keys]] = field(default_factory=dict)

    def ever(self, events: tuple[str, ...], by: datetime) -> list[Keys]:
        """See `Bringing`; `by` in UTC, without saying so."""
        keys = {segment.key for segment in self.segments}
        if len(keys) <= 1:
            return [frozenset(keys)]
        asked = tuple(sorted(events))
        if asked not in self._rows:
            self._rows[asked] = self._read(asked)
        firsts = self._rows[asked]
        latest = max((first for by_key in firsts.values() for first in by_key.values()), default=by)
        place = asked, None if by >= latest else by
        if place not in self._sets:
            came = [frozenset(key for key, first in by_key.items() if first <= by) for by_key in firsts.values()]
            self._sets[place] = sorted(set(came if events else filter(None, came)), key=sorted)
        return self._sets[place]

    def _read(self, events: tuple[str, ...]) -> dict[str, dict[Key, datetime]]:
        by_key: dict[Key, list[Segment]] = {}
        for segment in self.segments:
            by_key.setdefault(segment.key, []).append(segment)
        some = f" AND event IN ({', '.join(map(quote, events))})" if events else ""
        parts = (
            f"SELECT event, {quote(key)} AS who, min(first_seen) FROM {self.names_of(mine)} "
            f"WHERE property = ''{some} GROUP BY event"
            for key, mine in by_key.items()
        )
        firsts: dict[str, dict[Key, datetime]] = {event: {} for event in events}
        for event, who, first in self.read(" UNION ALL ".join(parts)):
            firsts.setdefault(event, {})[who] = first
        return firsts
