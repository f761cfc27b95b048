"""Facts under the ids of now. Of several records that are one now, the record of who has the id counts as soon as there
is one, and what was said of the others is its history.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

import duckdb

from expansion.usage.forms.duck import quote
from expansion.usage.identity.renaming import Renaming
from expansion.usage.storage.fact_relations import FactRelations, Layout, stored

_FIRST = "first_told"  # (source, field, account_id, user_id, place, since): of touched records
_NAMED = "first_named"  # (source, user_id, place, since): of people with former ids


@dataclass(frozen=True)
class RenamedFacts(FactRelations):
    """`pulled`, `layouts` and `named` are those of now; `before` are all as they were told."""

    before: FactRelations = field(default_factory=lambda: FactRelations(""))
    renaming: Renaming = field(default_factory=Renaming)

    def told(self, source: str | None = None) -> str:
        return self.renaming.rows(super().told(source))

    def ever_of_fields(self, names: Collection[str]) -> str:
        return self.before.of_fields(names)

    def people(self) -> str | None:
        people = self.before.people()
        if people is None or not self.renaming.ids.users:
            return people and self.renaming.rows(people)
        mine = (
            f"SELECT * EXCLUDE (place) FROM {self.renaming.touched(people)} AS t ANTI JOIN {_NAMED} AS f "
            "ON f.source = t.source AND f.user_id = t.user_id AND f.place < t.place >> 20 AND f.since <= t.since"
        )
        return f"(SELECT * FROM {self.renaming.others(people)} UNION ALL {mine})"

    def people_of(self, account_id: str) -> str:
        return self.renaming.as_told(super().people_of(account_id))

    @property
    def as_told(self) -> str:
        return self.before.pulled

    def belonging(self, pairs: str) -> str:
        """Of a person with several ids the accounts count that the id of now belongs to, if it belongs to any."""
        now = f"SELECT * FROM {self.renaming.others(pairs)}"
        best = "min(place >> 20) FILTER (there) OVER (PARTITION BY source, user_id)"
        mine = f"SELECT *, {best} AS best FROM {self.renaming.touched(pairs)}"
        return (
            f"({now} UNION ALL SELECT * EXCLUDE (place, best) REPLACE (there AND place >> 20 = best AS there) "
            f"FROM ({mine}))"
        )


def renamed_facts(
    con: duckdb.DuckDBPyConnection, facts: FactRelations, renaming: Renaming, by: datetime
) -> FactRelations:
    """The facts under the ids of now; the same where nobody has another. `by`: who has a record then."""
    if not renaming:
        return facts
    _note_first(con, facts, renaming, by)
    return RenamedFacts(
        _cut(facts.pulled, renaming, "t.field"),
        tuple(_layout(layout, renaming) for layout in facts.layouts),
        facts.named and _cut(facts.named, renaming, "t.field"),
        before=facts,
        renaming=renaming,
    )


def _layout(layout: Layout, renaming: Renaming) -> Layout:
    source = f"(SELECT {quote(layout.source)} AS source, * FROM {layout.relation})"
    return replace(layout, relation=f"(SELECT * EXCLUDE (source) FROM {_cut(source, renaming, quote(_ALL))})")


_ALL = ""  # the field of what is said of all fields together


def _cut(relation: str, renaming: Renaming, name: str) -> str:
    """SQL for the rows under the ids of now, without those that say something of a former record when there is one with
    a lower place."""
    same = " AND ".join(f"f.{key} = t.{key}" for key in ("source", "account_id", "user_id"))
    mine = (
        f"SELECT * EXCLUDE (place) FROM {renaming.touched(relation)} AS t ANTI JOIN {_FIRST} AS f "
        f"ON {same} AND f.field = {name} AND f.place < t.place AND f.since <= t.since"
    )
    return f"(SELECT * FROM {renaming.others(relation)} UNION ALL {mine})"


def _note_first(con: duckdb.DuckDBPyConnection, facts: FactRelations, renaming: Renaming, by: datetime) -> None:
    """Since when each of the records that are one now tells something, as it is known at a moment."""
    moment = stored(by)
    kept = "source, field, account_id, user_id, since, seen_at"
    parts = [f"SELECT {kept} FROM {some}" for some in (facts.pulled, facts.named) if some]
    parts += [
        f"SELECT {quote(layout.source)} AS source, {quote(_ALL)} AS field, account_id, user_id, since, "
        f"known AS seen_at FROM {layout.relation}"
        for layout in facts.layouts
    ]
    told = renaming.touched(f"({' UNION ALL '.join(parts)})")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {_FIRST} AS SELECT source, field, account_id, user_id, place, "
        f"min(since) AS since FROM {told} WHERE seen_at <= {moment} GROUP BY ALL"
    )
    people = facts.people()
    if people is not None and renaming.ids.users:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {_NAMED} AS SELECT source, user_id, place >> 20 AS place, "
            f"min(since) AS since FROM {renaming.touched(people)} WHERE known <= {moment} GROUP BY ALL"
        )
