"""What was read of accounts, to be held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from expansion.evaluate.engine import Engine
from expansion.memory.account import Account
from expansion.memory.beside import Beside
from expansion.memory.held import Shelf, shelve
from expansion.memory.reach import Reach
from expansion.memory.stated import SaidShelf, said_of
from expansion.usage.forms.duck import quote
from expansion.usage.storage.rollup import Column


@dataclass(frozen=True)
class Shelves:
    """By kind of rows: counts side by side, each detail by itself, and both of late; and what was said of facts."""

    columns: Sequence[Column]
    counts: Shelf
    details: Mapping[Column, Shelf]
    of_late: Shelf
    late_details: Mapping[Column, Shelf]
    said: Sequence[SaidShelf]
    beside: Beside

    @classmethod
    def of(cls, engine: Engine, reach: Reach, *, only: str | None = None, by: datetime | None = None) -> Shelves:
        """The rows of all accounts, or of only one; what was said of facts by a moment, or also what is known later."""
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
            said_of(
                engine.con,
                engine.source.facts,
                reach.facts,
                reach.facts_from,
                by or engine.as_of,
                only=only,
                no_later=by is not None,
            ),
            Beside.of(engine.con, engine.source.facts),
        )

    def account(self, account_id: str) -> Account:
        return Account(
            account_id,
            self.counts.of(account_id),
            {column: shelf.of(account_id) for column, shelf in self.details.items()},
            self.of_late.of(account_id),
            {column: shelf.of(account_id) for column, shelf in self.late_details.items()},
            [shelf.of(account_id) for shelf in self.said if account_id in shelf.places],
            self.beside,
        )


def _counts(some: Iterable[Column]) -> list[Column]:
    """Those that stand side by side."""
    return sorted((column for column in some if not column.is_detail), key=lambda column: column.key)


def _of(rows: str | None, only: str | None) -> str | None:
    return f"(SELECT * FROM {rows} WHERE account_id = {quote(only)})" if rows and only is not None else rows
