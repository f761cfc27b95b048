"""People whom a source named under one account after another: what it said of them elsewhere counts no longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from expansion.evaluate.subjects import Subjects, account_of, user_of
from expansion.usage.storage.fact_relations import FactRelations, stored

Naming = tuple[datetime, datetime, datetime, str]  # since, known, said (as stored), account


@dataclass(frozen=True)
class Moves:
    """By source and person where each was named, the oldest first; only of those in more accounts than one."""

    named: Mapping[str, Mapping[str, list[Naming]]]

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, facts: FactRelations, known_by: datetime | None = None) -> Moves:
        people = facts.people()
        if people is None:
            return cls({})
        known = f"WHERE known <= {stored(known_by)} " if known_by else ""
        several = f"SELECT source, user_id FROM {people} {known}GROUP BY ALL HAVING min(account_id) <> max(account_id)"
        rows = con.execute(
            f"SELECT DISTINCT source, user_id, since, known, said, account_id FROM {people} "
            f"SEMI JOIN ({several}) USING (source, user_id) {known}ORDER BY ALL"
        ).fetchall()
        named: dict[str, dict[str, list[Naming]]] = {}
        for source, user, *naming in rows:
            named.setdefault(source, {}).setdefault(user, []).append((naming[0], naming[1], naming[2], naming[3]))
        return cls(named)

    def gone(self, source: str, subjects: Subjects, moment: datetime) -> Iterator[int]:
        """The places of those who belonged to another account by a moment."""
        people = self.named.get(source, {})
        for place, subject in enumerate(subjects.ids) if people else ():
            if user_of(subject) in people and self.is_elsewhere(source, account_of(subject), user_of(subject), moment):
                yield place

    def is_elsewhere(
        self, source: str, account: str, user: str, moment: datetime, known_by: datetime | None = None
    ) -> bool:
        """Whether a person was last named under other accounts."""
        by, known = _naive(moment), _naive(known_by) if known_by else datetime.max
        seen = [one for one in self.named.get(source, {}).get(user, ()) if one[0] <= by and one[1] <= known]
        return bool(seen) and account not in {one[3] for one in seen if one[:3] == seen[-1][:3]}


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
