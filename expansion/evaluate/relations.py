"""Where the evaluator reads from: the usage store, or tables in memory (cases)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Protocol, Self

import duckdb

from expansion.evaluate.measures import Calendar
from expansion.evaluate.rows import Rows, names_of, stamp
from expansion.evaluate.source import Asked, Measures, by_sql
from expansion.usage.forms.duck import quote, quote_list
from expansion.usage.identity.former_ids import NOBODY, FormerIds
from expansion.usage.identity.merges import ids_and_parts
from expansion.usage.identity.parted import WHOLE, Parted
from expansion.usage.identity.renamed_facts import renamed_facts
from expansion.usage.identity.renaming import Renaming
from expansion.usage.pushed.journal import Journal
from expansion.usage.pushed_cohorts import told_sql, with_pushed_cohorts
from expansion.usage.storage.carriers import Bringing, Brought
from expansion.usage.storage.fact_relations import FactRelations, known_facts
from expansion.usage.storage.manifest import Manifest, Reading, Rollup, Segment
from expansion.usage.storage.names import Names
from expansion.usage.storage.rollup import WHERE_AND_WHEN, Column, properties_of, rollup_sql, values_of
from expansion.usage.storage.spans import Spans
from expansion.usage.storage.store import UsageStore
from expansion.usage.storage.volumes import Volume
from expansion.usage.unmatched import volumes_of


class Came(Protocol):
    """An event that came in."""

    @property
    def event_id(self) -> str: ...

    @property
    def event(self) -> str: ...

    @property
    def ts(self) -> datetime: ...


@dataclass
class StoreRelations:
    """One consistent view of a store: the manifest is read once."""

    store: UsageStore
    manifest: Manifest
    con: duckdb.DuckDBPyConnection
    reading: Reading | None = None  # while it is held, the files stay
    ids: FormerIds = NOBODY  # of whom everything is read under the id of now
    known_by: datetime | None = None  # the moment that those are of
    parted: Parted = WHOLE  # whose events count for another account
    _names: list[Names] = field(default_factory=list)  # one at most, shared by all connections of this view
    _brought: list[Brought] = field(default_factory=list)  # likewise
    _volumes: list[dict[str, Volume]] = field(default_factory=list)  # likewise

    def __post_init__(self) -> None:
        self.renaming = Renaming.on(self.con, self.ids, self.parted)

    @classmethod
    def of(cls, store: UsageStore, known_by: datetime | None = None, *, with_pushed: bool = False) -> Self:
        """`known_by`: accounts and people go by the ids that they have then, as it is known then; without it by those
        that everything came with. `with_pushed`: also with what was pushed and no run has folded yet."""
        reading = Reading(store.root)  # before the manifest: what that one names is there from then on
        seen = Journal(store.root).beside(store) if with_pushed else store
        manifest = seen.manifest()
        ids, parted = ids_and_parts(seen, manifest, known_by) if known_by else (NOBODY, WHOLE)
        return cls(seen, manifest, seen.connect(), reading, ids, known_by, parted)

    def again(self) -> Self:
        """The same view on a connection of its own."""
        return replace(self, con=self.store.connect())

    @cached_property
    def facts(self) -> FactRelations:
        facts = known_facts(self.store, self.manifest)
        if self.known_by:
            facts = renamed_facts(self.con, facts, self.renaming, self.known_by)
        pushed = told_sql(self.store, self.manifest)
        return with_pushed_cohorts(self.con, facts, pushed, self.renaming, self.known_by)

    def spans(self, source: str | None) -> Spans:
        """The spans for which events of a source are known; of any source for None."""
        return self.manifest.spans(source)

    def bringing(self, sources: Sequence[str]) -> Bringing:
        """Who brought which events, and for when they are known; read as it is asked for."""
        if not self._brought:
            con = self.con.cursor()
            names_of = self.store.names_of
            self._brought.append(Brought(self.manifest.segments, names_of, lambda query: con.execute(query).fetchall()))
        if not self._volumes:
            self._volumes.append(volumes_of(self.manifest))
        covered, late_after = self.manifest.covered, self.manifest.late_after
        return Bringing(covered, self._brought[0].ever, late_after, self._volumes[0])

    def known_until(self) -> datetime | None:
        """Of every source."""
        return self.manifest.watermark

    def first_pull(self, key: str) -> datetime | None:
        """When a source of facts or a cohort was first asked."""
        pulls = self.manifest.pulls.get(key)
        return pulls.first if pulls else None

    def last_pull(self, key: str) -> datetime | None:
        """When it was asked last, and answered."""
        pulls = self.manifest.pulls.get(key)
        return pulls.last if pulls else None

    def names(self) -> Names:
        """Which events and properties ever came; read as they are asked for."""
        if not self._names:
            self._names.append(self.store.names(self.manifest.segments, self.con.cursor()))  # cheaper than one more
        return self._names[0]

    def events(self, properties: Collection[str] = ()) -> str | None:
        return self._events(self.manifest.segments, properties)

    def _events(self, segments: Sequence[Segment], properties: Collection[str]) -> str | None:
        events = self._as_told(segments, properties)
        return self.renaming.events(events) if events else None

    def _as_told(self, segments: Sequence[Segment], properties: Collection[str]) -> str | None:
        """Under the ids they came with."""
        return self.store.events_of(segments, properties)

    def events_of(self, account_id: str, columns: Sequence[Column], since: datetime) -> str | None:
        """SQL for the events of an account with what these columns read; of all time, as files skip what is older."""
        events = self._as_told(self.manifest.segments, properties_of(columns))
        mine = f"account_id IN ({quote_list(self.told_under([account_id]))})"
        if not events:
            return None
        found = self.renaming.events(f"(SELECT * FROM {events} WHERE {mine})")
        return f"(SELECT * FROM {found} WHERE account_id = {quote(account_id)})" if self.parted else found

    def told_under(self, account_ids: Sequence[str]) -> list[str]:
        """All the ids under which events of these accounts may have come."""
        return self.ids.of_accounts(dict.fromkeys([*account_ids, *self.parted.from_which(account_ids)]))

    def having(self, events: Sequence[Came]) -> set[str]:
        """Which of these pushed events are stored, by their ids: under its id, or in a table under its id and name
        (usage/storage/repeats.py). The moments say which rows of which files can hold them.
        """
        if not events:
            return set()
        first, last = (end(event.ts for event in events) for end in (min, max))
        begin, end = first.replace(microsecond=0), last.replace(microsecond=0) + timedelta(seconds=1)
        around = [s for s in self.manifest.segments if s.first_ts < end.isoformat() and begin.isoformat() <= s.last_ts]
        ids = f"event_id IN ({quote_list({event.event_id for event in events})})"
        # Pairs are compared here: DuckDB reads every row for `(a, b) IN`, and few for each by itself (measured: 9 ms).
        same = {(event.event_id, event.ts) for event in events}
        moments = ", ".join(sorted({stamp(event.ts) for event in events}))
        plain = self._like([s for s in around if not s.table], f"{ids} AND ts IN ({moments})")
        alike = {(event.event_id, event.event, event.ts.replace(microsecond=0)) for event in events}
        within = f"{ids} AND ts >= {stamp(begin)} AND ts < {stamp(end)}"
        of_tables = self._like([s for s in around if s.table], within)
        return {key for key, _, ts in plain if (key, ts) in same} | {
            key for key, name, ts in of_tables if (key, name, ts.replace(microsecond=0)) in alike
        }

    def _like(self, segments: Sequence[Segment], where: str) -> list[tuple[str, str, datetime]]:
        if (events := self.store.events_of(segments)) is None:
            return []
        rows = self.con.execute(f"SELECT event_id, event, ts FROM {events} WHERE {where}").fetchall()
        return [(key, name, ts.replace(tzinfo=UTC)) for key, name, ts in rows]

    def rows(self, calendar: Calendar, accounts: Sequence[str] | None) -> Rows:
        return Rows(self, calendar, accounts is not None)

    def measures(self, asked: Asked) -> Measures:
        return by_sql(self, asked)

    def all_arrived_by(self, moment: datetime) -> bool:
        return all(datetime.fromisoformat(s.last_seen) <= moment for s in self.manifest.segments)

    def accounts(self) -> str:
        """SQL for (account_id, first_seen) of every account that ever had an event or a fact."""
        return self._seen("account_id", "account_id <> ''")

    def users(self) -> str:
        """SQL for (account_id, user_id, first_seen) of every person who ever did something or has a profile."""
        return self._seen("account_id, user_id", "account_id <> '' AND user_id <> ''")

    def _seen(self, keys: str, where: str) -> str:
        parts = [f"SELECT {keys}, seen_at AS first_seen FROM {self.facts.told()} WHERE {where}"]
        if self.manifest.segments:
            files = self.store.files(segment.people_file for segment in self.manifest.segments)
            files = self.renaming.rows(files)
            parts.append(f"SELECT {keys}, first_seen FROM {files} WHERE {where}")
        if self.parted:
            parts.append(self.renaming.new_parts(keys))
        return "(" + " UNION ALL ".join(parts) + ")"

    def rolled(self, columns: Sequence[Column], zone: str, first: date, last: date) -> str | None:
        """Rollup rows; a segment whose rollup lacks a column is rolled up on the fly: no answer waits for a build."""
        segments = [s for s in self.manifest.segments if _overlaps(s, first, last)]
        if not segments:
            return None
        alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
        raw: list[Segment] = []
        keys = [column.key for column in columns]
        for segment in segments:
            chosen = self._rolled_up(segment, keys, zone)
            if chosen is None:
                raw.append(segment)
                continue
            for rollup, has in chosen:
                values = rollup.sets.get(keys[0], ()) if columns[0].is_detail else ()
                alike.setdefault((has, values), []).append(rollup.file)
        parts = [self._select(names, has, values, columns, zone) for (has, values), names in alike.items()]
        if raw:
            parts.append(rollup_sql(self._events(raw, properties_of(columns)) or "", columns, zone))
        return "(" + " UNION ALL BY NAME ".join(f"({part})" for part in parts) + ")"

    def _rolled_up(
        self, segment: Segment, keys: Sequence[str], zone: str
    ) -> list[tuple[Rollup, tuple[str, ...]]] | None:
        """The rollup files that together hold these columns, each with those to take; None if some are missing."""
        return _files_with(segment, keys, zone)

    def _select(
        self, names: list[str], has: tuple[str, ...], values: tuple[str, ...], columns: Sequence[Column], zone: str
    ) -> str:
        files = self.renaming.events(self.store.files(names), day_in=zone)
        if values:
            return values_of(files, columns[0].key, values)
        physical = names_of([column for column in columns if column.key in has])
        return f"SELECT {', '.join((*WHERE_AND_WHEN, *physical))} FROM {files}"


def _overlaps(segment: Segment, first: date, last: date) -> bool:
    """Could hold days of this range; a day either side makes up for time zones."""
    low, high = (datetime.fromisoformat(moment).toordinal() for moment in (segment.first_ts, segment.last_ts))
    return low - 1 <= last.toordinal() and first.toordinal() <= high + 1


def _files_with(segment: Segment, keys: Sequence[str], zone: str) -> list[tuple[Rollup, tuple[str, ...]]] | None:
    left = set(keys)
    chosen: list[tuple[Rollup, tuple[str, ...]]] = []
    for rollup in segment.rollups:
        take = left & set(rollup.columns) if rollup.time_zone == zone else set()
        if take:
            chosen.append((rollup, tuple(sorted(take))))
            left -= take
    return None if left else chosen
