"""Statements for tests: stored the way an import does, and an oracle that goes through all of them, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from expansion.usage.forms.properties import column_of
from expansion.usage.statements import add_named_statements, add_statements
from expansion.usage.storage.marks import ended, mark
from expansion.usage.storage.store import UsageStore

Values = dict[str, str | None]
Order = tuple[datetime, datetime, datetime]


@dataclass(frozen=True)
class Says:
    """One row: what holds of an account (or person) since a moment, as was known from another. All UTC."""

    account: str
    since: datetime
    values: Values
    user: str = ""
    known: datetime | None = None  # None: since then
    until: datetime | None = None


def says(account: str, since: datetime, user: str = "", **values: str | None) -> Says:
    return Says(account, since, values, user)


def tell(
    store: UsageStore,
    now: datetime,
    *rows: Says,
    source: str = "files.accounts",
    fields: Iterable[str] = (),
    complete: bool = False,
) -> int:
    """Store rows as one import does; `fields` are those of the table, else those that the rows have."""
    names = sorted({*fields, *(name for row in rows for name in row.values)})
    con = store.connect()
    con.register("rows_now", _table(rows, {column_of(name): [row.values.get(name) for row in rows] for name in names}))
    return add_statements(store, con, "SELECT * FROM rows_now", source, names, now, complete=complete)


def tell_named(store: UsageStore, now: datetime, *rows: Says, source: str = "files.accounts") -> int:
    """Store rows as an import of a long table does: one row for each value."""
    long = [Says(r.account, r.since, {name: v}, r.user, r.known, r.until) for r in rows for name, v in r.values.items()]
    named = {
        "field": [next(iter(row.values)) for row in long],
        "value": [next(iter(row.values.values())) for row in long],
    }
    con = store.connect()
    con.register("rows_now", _table(long, named))
    return add_named_statements(store, con, "SELECT * FROM rows_now", source, now)


def _table(rows: Sequence[Says], cells: dict[str, list[str | None]]) -> Any:
    moments = {
        "since": [_naive(row.since) for row in rows],
        "until": [None if row.until is None else _naive(row.until) for row in rows],
        "known": [_naive(row.known or row.since) for row in rows],
    }
    texts = {"account_id": [row.account for row in rows], "user_id": [row.user for row in rows], **cells}
    arrays = [pa.array(column, pa.string()) for column in texts.values()]
    arrays += [pa.array(column, pa.timestamp("us")) for column in moments.values()]
    return pa.table(arrays, names=[*texts, *moments])


# --- the oracle -------------------------------------------------------------------------------------------------------


@dataclass
class Ledger:
    """All that was ever said, and what follows from it, told the slow way."""

    said: list[tuple[Says, datetime]] = field(default_factory=list)
    whole: list[tuple[frozenset[str], datetime, datetime, datetime, bool]] = field(default_factory=list)

    def add(self, now: datetime, rows: Sequence[Says], fields: Iterable[str], *, complete: bool = False) -> None:
        """One import, of rows that have a value for each field."""
        names = frozenset(fields)
        self.said += [(row, now) for row in rows]
        for since in {row.since for row in rows} if complete else ():
            known = min(_known(row) for row in rows if row.since == since)
            self.whole.append((names, since, known, now, any(row.user for row in rows)))

    def value(self, name: str, account: str, user: str, at: datetime, known_by: datetime) -> str | None:
        """What holds: None where nothing was told, '' where there is none, a mark where it ended."""
        mine = [
            (_order(row, now), row)
            for row, now in self.said
            if (row.account, row.user) == (account, user) and name in row.values and _seen(row, at, known_by)
        ]
        if not mine:
            return None
        newest, row = max(mine, key=lambda one: one[0])
        if user and account not in self._accounts(user, at, known_by):
            return mark("moved")
        if any(
            (since, known, said) > newest and since <= at and known <= known_by and of_people == bool(user)
            for names, since, known, said, of_people in self.whole
            if name in names
        ):
            return mark("gone")
        if row.until is not None and row.until <= at:
            return ended(_naive(row.until))
        return row.values[name] or ""

    def _accounts(self, user: str, at: datetime, known_by: datetime) -> set[str]:
        """Where a person was named last."""
        mine = [
            (_order(row, now), row.account) for row, now in self.said if row.user == user and _seen(row, at, known_by)
        ]
        return {account for order, account in mine if order == max(mine)[0]}

    def members(self, at: datetime) -> set[tuple[str, str]]:
        """Who belongs where, as was known then."""
        people = {row.user for row, _ in self.said if row.user}
        return {
            (account, user)
            for user in people
            for account in self._accounts(user, at, at)
            if not self._left(account, user, at)
        }

    def _left(self, account: str, user: str, at: datetime) -> bool:
        mine = [_order(r, now) for r, now in self.said if (r.account, r.user) == (account, user) and _seen(r, at, at)]
        return any(
            (since, known, said) > max(mine) and since <= at and known <= at and of_people
            for _, since, known, said, of_people in self.whole
        )


def _known(row: Says) -> datetime:
    return row.known or row.since


def _order(row: Says, said: datetime) -> Order:
    return row.since, _known(row), said


def _seen(row: Says, at: datetime, known_by: datetime) -> bool:
    return row.since <= at and _known(row) <= known_by


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
