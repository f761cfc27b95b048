"""What a source's answer says: what it holds, what it holds twice, and what it no longer holds.

A full answer that has no record of an account ends what was known of it. So does one that has two: nobody knows which
is meant. An answer that names a person's account ends what was known of that person elsewhere, full or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import duckdb
import pyarrow as pa

from expansion.contract import FactRecord, Refused
from expansion.usage.forms.duck import one, quote
from expansion.usage.storage.marks import is_mark, mark, marked_sql

Row = tuple[str, str, str, str, str | None, datetime, datetime]  # source, field, account, user, value, since, seen_at
Full = Literal["accounts", "people"]  # whose records the answer holds all of
# Of changes that were seen together the largest text: one question has one answer.
NEWEST_VALUE = "arg_max_null(value, (since, seen_at, value IS NOT NULL, value))"
REMOTE_ID = "@id"  # the field under which a record's id in its own system is kept

_Whose = tuple[str, str]  # account, user
_Told = dict[str, str | None]  # by field


@dataclass(frozen=True)
class Answer:
    """One answer of a source: to what was `asked`, and whether it holds every record there is."""

    source: str
    pulled: datetime  # as stored
    asked: tuple[str, ...] = ()
    full: Full | None = None

    # --- what it holds ------------------------------------------------------------------------------------------------

    def rows(self, records: Sequence[FactRecord], as_text: Callable[[Any], str | None]) -> list[Row]:
        """What it says of each account and person, field by field."""
        told = _Records()
        for record in records:
            told.add(record, *self._moments(record), as_text)
        given = {name for record in records for name in record.values}
        return [
            row for whose, by_moment in told.by_whose.items() for row in self._of_one(whose, by_moment, told, given)
        ]

    def _of_one(
        self, whose: _Whose, by_moment: Mapping[tuple[datetime, datetime], _Told], told: _Records, given: set[str]
    ) -> Iterator[Row]:
        ids = [REMOTE_ID] if self.full else []
        names = {name for values in by_moment.values() for name in values}
        for (since, seen), values in by_moment.items():
            doubted = (whose, since) in told.twice
            known = dict.fromkeys([*values, *self.asked, *ids], mark("twice")) if doubted else values
            for name, value in known.items():
                yield self.source, name, *whose, value, since, seen
        if whose in told.dated or any((whose, since) in told.twice for since, _ in by_moment):
            return
        for name in self.asked:  # what others have, and it has not, is empty here
            if name in given and name not in names:
                yield self.source, name, *whose, None, self.pulled, self.pulled

    def _moments(self, record: FactRecord) -> tuple[datetime, datetime]:
        seen = _naive(record.known_at) if record.known_at else self.pulled
        return (min(seen, _naive(record.at)) if record.at else seen), seen

    # --- what it no longer holds --------------------------------------------------------------------------------------

    def ended(self, con: duckdb.DuckDBPyConnection, stored: str, rows: Sequence[Row]) -> list[Row]:
        """Marks for what was known before this answer, and is not any more."""
        self._register(con, rows)
        latest = self._latest(stored, is_of_people=any(row[3] for row in rows) or self.full == "people")
        if self.full is None:
            return [*self._moved(con, stored, rows), *self._without_field(con, latest)]
        if not rows and (count := one(con, f"SELECT count(DISTINCT (account_id, user_id)) FROM {latest}")) > 1:
            raise Refused(
                f"{self.source} answered without a single record, where {count:,} were known; nothing was taken as "
                "gone. Check which account, project or key its settings name"
            )
        moved = "user_id <> '' AND user_id IN (SELECT user_id FROM present)"
        why = f"CASE WHEN here THEN '{mark('no field')}' WHEN {moved} THEN '{mark('moved')}' ELSE '{mark('gone')}' END"
        found = con.execute(
            f"SELECT field, account_id, user_id, {why} FROM (SELECT *, (account_id, user_id) IN "
            f"(SELECT (account_id, user_id) FROM present) AS here FROM {latest}) "
            "WHERE NOT here OR (field IN (SELECT field FROM asked_for) AND field NOT IN (SELECT field FROM given))"
        ).fetchall()
        return [(self.source, name, *whose, value, self.pulled, self.pulled) for name, *whose, value in found]

    def _without_field(self, con: duckdb.DuckDBPyConnection, latest: str) -> list[Row]:
        """What was asked for, and no record has any more: nothing is known of it where there is a record."""
        found = con.execute(
            f"SELECT field, account_id, user_id FROM {latest} SEMI JOIN present USING (account_id, user_id) "
            "WHERE field IN (SELECT field FROM asked_for) AND field NOT IN (SELECT field FROM given)"
        ).fetchall()
        return [(self.source, *one, mark("no field"), self.pulled, self.pulled) for one in found]

    def _register(self, con: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> None:
        whose = {(row[2], row[3]) for row in rows}
        texts = [pa.array([one[part] for one in whose], pa.string()) for part in (0, 1)]
        con.register("present", pa.table(texts, names=["account_id", "user_id"]))
        for name, fields in (("asked_for", self.asked), ("given", {row[1] for row in rows})):
            con.register(name, pa.table([pa.array(list(fields), pa.string())], names=["field"]))

    def _latest(self, stored: str, *, is_of_people: bool) -> str:
        """SQL for what is known now by this source, of accounts or of people."""
        whose = "user_id <> ''" if is_of_people else "user_id = ''"
        return (
            f"(SELECT field, account_id, user_id FROM {stored} WHERE source = {quote(self.source)} AND {whose} "
            "AND NOT starts_with(field, '@member ') GROUP BY ALL "
            f"HAVING NOT {marked_sql(NEWEST_VALUE)} "
            f"AND max(since) < TIMESTAMP {quote(str(self.pulled))})"
        )

    def _moved(self, con: duckdb.DuckDBPyConnection, stored: str, rows: Sequence[Row]) -> list[Row]:
        """A person belongs to the accounts that were named last; what was known of them elsewhere ends."""
        named = _Named.of(rows)
        if not named.stays:
            return []
        con.register("named", pa.table([pa.array(list(named.stays), pa.string())], names=["user_id"]))
        latest = con.execute(
            f"SELECT user_id, account_id, field, max(since) FROM {stored} SEMI JOIN named USING (user_id) "
            f"WHERE source = {quote(self.source)} GROUP BY ALL "
            f"HAVING NOT {marked_sql(NEWEST_VALUE)}"
        ).fetchall()
        named.add_stored(latest)
        return [(self.source, *ended) for ended in named.ended()]


@dataclass
class _Records:
    """What records say, by whom they are about and since when; `twice` are those of which several say different."""

    by_whose: dict[_Whose, dict[tuple[datetime, datetime], _Told]] = field(default_factory=dict)
    twice: set[tuple[_Whose, datetime]] = field(default_factory=set)
    dated: set[_Whose] = field(default_factory=set)

    def add(self, record: FactRecord, since: datetime, seen: datetime, as_text: Callable[[Any], str | None]) -> None:
        whose = record.account_id, record.user_id or ""
        told = self.by_whose.setdefault(whose, {}).setdefault((since, seen), {})
        values = {name: as_text(value) for name, value in record.values.items()}
        values |= {REMOTE_ID: record.remote_id} if record.remote_id else {}
        if record.is_twice or any(name in told and told[name] != value for name, value in values.items()):
            self.twice.add((whose, since))
        if record.known_at:
            self.dated.add(whose)
        told |= values


@dataclass
class _Named:
    """To which accounts the people of an answer belong, moment by moment, with the fields that say so."""

    stays: dict[str, dict[datetime, dict[str, set[str]]]] = field(default_factory=dict)
    seen: dict[tuple[str, datetime], datetime] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> _Named:
        named = cls()
        for _, name, account, user, value, since, seen in rows:
            if user and not is_mark(value):
                named.stays.setdefault(user, {}).setdefault(since, {}).setdefault(account, set()).add(name)
                named.seen[user, since] = max(seen, named.seen.get((user, since), seen))
        return named

    def add_stored(self, latest: Iterable[tuple[str, str, str, datetime]]) -> None:
        """What is known already, as of when it was last told."""
        last: dict[str, tuple[datetime, dict[str, set[str]]]] = {}
        for user, account, name, since in latest:
            when, accounts = last.get(user, (since, {}))
            accounts.setdefault(account, set()).add(name)
            last[user] = max(when, since), accounts
        for user, (when, accounts) in last.items():
            if when not in self.stays[user]:  # of one moment, what is told now counts; the rest was told before
                self.stays[user][when] = accounts
            else:
                self.stays[user][when] = {**accounts, **self.stays[user][when]}

    def ended(self) -> Iterator[tuple[str, str, str, str, datetime, datetime]]:
        for user, by_moment in self.stays.items():
            before: dict[str, set[str]] = {}
            for moment in sorted(by_moment):
                now = by_moment[moment]
                for account in before.keys() - now.keys():
                    for name in sorted(before[account]):
                        yield name, account, user, mark("moved"), moment, self.seen.get((user, moment), moment)
                before = {account: before.get(account, set()) | names for account, names in now.items()}


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


__all__ = ["NEWEST_VALUE", "REMOTE_ID", "Answer", "Full", "Row"]
