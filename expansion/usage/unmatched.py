"""How many of the rows that a source sends are of accounts that nobody knows, by day: noted when they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

import duckdb

from expansion.usage.checking import NO_ACCOUNT
from expansion.usage.forms.duck import quote
from expansion.usage.storage.fact_relations import known_facts
from expansion.usage.storage.hours import each_hour
from expansion.usage.storage.manifest import Manifest
from expansion.usage.storage.spans import Span
from expansion.usage.storage.store import UsageStore
from expansion.usage.storage.volumes import Counted, Share, Volume


@dataclass
class Reading:
    """The rows of one pull, or of what was pushed."""

    rows: Counter[date] = field(default_factory=Counter)
    unmatched: Counter[date] = field(default_factory=Counter)

    def add(self, con: duckdb.DuckDBPyConnection, store: UsageStore, checked: str) -> None:
        """Count a batch: SQL for rows with `ts`, `account_id` and `reason`. Where no source of facts has told of any
        account, an account that is named is as good as known."""
        told = f"SELECT DISTINCT account_id FROM {known_facts(store, store.manifest()).told()} WHERE account_id <> ''"
        known = f"(account_id IN ({told}) OR NOT EXISTS ({told}))"
        query = (
            f"SELECT CAST(ts AS DATE), count(*), count(*) FILTER (NOT (reason IS NULL AND {known})) FROM ({checked}) "
            f"WHERE reason IS NULL OR reason = {quote(NO_ACCOUNT)} GROUP BY 1"
        )
        for day, rows, unmatched in con.execute(query).fetchall():
            self.rows[day] += rows
            self.unmatched[day] += unmatched

    def noted(self, manifest: Manifest, source: str, covered: Span | None) -> Manifest:
        """A day that was read from its midnight on is known anew; of others only a part was read, and is added."""
        if not self.rows:
            return manifest
        days = dict(manifest.unmatched.get(source, {}))
        for day, rows in self.rows.items():
            is_whole = covered is not None and covered[0] <= datetime.combine(day, time(), UTC)
            before = Share(0, 0) if is_whole else _read(days.get(day.isoformat(), "0 0"))
            days[day.isoformat()] = f"{before.rows + rows} {before.unmatched + self.unmatched[day]}"
        return replace(manifest, unmatched={**manifest.unmatched, source: days})


def _shares_of(manifest: Manifest, source: str) -> Mapping[date, Share]:
    """By day of UTC."""
    return {date.fromisoformat(day): _read(text) for day, text in manifest.unmatched.get(source, {}).items()}


def _read(text: str) -> Share:
    rows, _, unmatched = text.partition(" ")
    return Share(int(rows), int(unmatched))


def volumes_of(manifest: Manifest) -> dict[str, Volume]:
    """By source and table; without those of which an earlier version wrote some, and did not count."""
    counted: dict[str, Counted] = {}
    unknown: set[str] = set()
    for segment in manifest.segments:
        key = segment.key
        if not segment.hours:
            unknown.add(key)
        hours = counted.setdefault(key, Counted()).hours
        for hour, events in each_hour(segment.hours):
            hours[hour] += events
    return {
        key: Volume(manifest.covered.get(key, ()), one.by_day, one.newest, _shares_of(manifest, key))
        for key, one in counted.items()
        if key not in unknown
    }


__all__ = ["Reading", "volumes_of"]
