"""Which fields sources ever told, and of whom: asked only where something is not known, to say why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import duckdb

from expansion.usage.forms.duck import quote
from expansion.usage.storage.fact_relations import NOBODY, FactRelations, stored

Whose = tuple[str, str]  # account, user


@dataclass
class Told:
    """One query for a source, and one for a field, however many accounts are asked about."""

    con: duckdb.DuckDBPyConnection
    facts: FactRelations
    as_of: datetime
    _fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _records: dict[str, frozenset[Whose]] = field(default_factory=dict)
    _since: dict[tuple[str, str], dict[Whose, tuple[datetime, datetime]]] = field(default_factory=dict)

    def fields(self, source: str) -> tuple[str, ...]:
        """The fields that a source told of anybody by now."""
        if source not in self._fields:
            named = f"source = {quote(source)} AND NOT starts_with(field, '@')"
            found = {name for (name,) in self._rows(f"DISTINCT field FROM {self.facts.of_rows()} WHERE {named}")}
            for layout in self.facts.layouts:
                new = {name for name in layout.fields if not name.startswith("@")} - found
                if layout.source == source and new and self._rows(f"1 FROM {layout.rows()} WHERE true", "known", 1):
                    found |= new
            self._fields[source] = tuple(sorted(found))
        return self._fields[source]

    def has_record(self, source: str, whose: Whose) -> bool:
        """Whether the source told anything of this account, or person, by now."""
        if source not in self._records:
            found = self._rows(f"DISTINCT account_id, user_id FROM {self.facts.told(source)} WHERE true")
            self._records[source] = frozenset((account, user) for account, user in found)
        return whose in self._records[source]

    def of_nobody(self, source: str, name: str) -> list[tuple[datetime, str]]:
        """What was told of a cohort itself, the newest first: that it is gone, or there again."""
        return self._rows(
            f"since, value FROM {self.facts.pulled} WHERE source = {quote(source)} AND field = {quote(name)} "
            f"AND account_id = {quote(NOBODY)}",
            order="since DESC, seen_at DESC, value DESC NULLS LAST",
        )

    def since(self, source: str, name: str, whose: Whose, *, ahead: bool) -> datetime | None:
        """Since when a field of this account, or person, is known; `ahead`: also where that lies after the check."""
        if (source, name) not in self._since:
            found = self.con.execute(
                f"SELECT account_id, user_id, min(since), min(seen_at) FROM {self.facts.changes([(source, name)])} "
                "WHERE value IS NOT NULL GROUP BY ALL"
            ).fetchall()
            self._since[source, name] = {
                (account, user): (since.replace(tzinfo=UTC), seen.replace(tzinfo=UTC))
                for account, user, since, seen in found
            }
        since, seen = self._since[source, name].get(whose, (None, None))
        if since is None or seen is None or not (ahead or seen <= self.as_of):
            return None
        return max(since, seen) if seen > self.as_of else since

    def _rows(self, query: str, seen: str = "seen_at", limit: int = 0, order: str = "") -> list[Any]:
        """What a query gives of what was known by the check."""
        ordered = f" ORDER BY {order}" if order else ""
        limited = f" LIMIT {limit}" if limit else ""
        return self.con.execute(f"SELECT {query} AND {seen} <= {stored(self.as_of)}{ordered}{limited}").fetchall()
