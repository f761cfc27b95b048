"""What was read of accounts, to be held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from expansion.evaluate.engine import Engine
from expansion.evaluate.rows import stamp
from expansion.memory.account import Account, Change
from expansion.memory.held import Shelf, shelve
from expansion.memory.reach import Reach
from expansion.usage.duck import quote
from expansion.usage.rollup import Column


@dataclass(frozen=True)
class Shelves:
    """By kind of rows: counts side by side, each detail by itself, and both of late; and the changes of facts."""

    columns: Sequence[Column]
    counts: Shelf
    details: Mapping[Column, Shelf]
    of_late: Shelf
    late_details: Mapping[Column, Shelf]
    changes: Mapping[str, Sequence[Change]]

    @classmethod
    def of(cls, engine: Engine, reach: Reach, *, only: str | None = None, by: datetime | None = None) -> Shelves:
        """The rows of all accounts, or of only one; the changes of facts that had arrived by a moment, or all."""
        rows = engine.source.rows(engine.calendar, engine.few)
        by_day, by_moment = (_counts(some) for some in (reach.by_day, reach.by_moment))

        def day_shelf(some: Sequence[Column]) -> Shelf:
            found = rows.by_day(some, reach.first, engine.calendar.today) if some else None
            return shelve(engine.con, _of(found, only), some, by_moment=False)

        def late_shelf(some: Sequence[Column]) -> Shelf:
            found = rows.by_moment(some, reach.after) if some and reach.after else None
            return shelve(engine.con, _of(found, only), some, by_moment=True)

        return cls(
            _counts({*by_day, *by_moment}),
            day_shelf(by_day),
            {column: day_shelf([column]) for column in reach.by_day if column.is_detail},
            late_shelf(by_moment),
            {column: late_shelf([column]) for column in reach.by_moment if column.is_detail},
            _changes(engine, only, by),
        )

    def account(self, account_id: str) -> Account:
        return Account(
            account_id,
            self.counts.of(account_id),
            {column: shelf.of(account_id) for column, shelf in self.details.items()},
            self.of_late.of(account_id),
            {column: shelf.of(account_id) for column, shelf in self.late_details.items()},
            self.changes.get(account_id, ()),
        )


def _counts(some: Iterable[Column]) -> list[Column]:
    """Those that stand side by side."""
    return sorted((column for column in some if not column.is_detail), key=lambda column: column.key)


def _of(rows: str | None, only: str | None) -> str | None:
    return f"(SELECT * FROM {rows} WHERE account_id = {quote(only)})" if rows and only is not None else rows


def _changes(engine: Engine, only: str | None, by: datetime | None) -> dict[str, list[Change]]:
    """The fact changes of each account that anything may ask for."""
    where = [f"account_id = {quote(only)}"] if only is not None else []
    where += [f"seen_at <= {stamp(by)}"] if by else []
    rows = engine.con.execute(
        f"SELECT account_id, source, field, user_id, value, since, seen_at FROM {engine.source.facts} "
        f"WHERE {' AND '.join(where) or 'true'}"
    ).fetchall()
    found: dict[str, list[Change]] = {}
    for account, *change in rows:
        found.setdefault(account, []).append(tuple(change))
    return found
