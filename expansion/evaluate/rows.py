"""The rows that measures are taken from: rollup rows by day, or for hours the events themselves as rows of one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

import duckdb

from expansion.evaluate.measures import Calendar
from expansion.usage.forms.duck import quote
from expansion.usage.storage.rollup import DETAIL_COLUMNS, Column, properties_of, rollup_sql


class Relations(Protocol):
    """Where measures are taken from: the store, or the events of cases."""

    con: duckdb.DuckDBPyConnection

    def rolled(self, columns: Sequence[Column], zone: str, first: date, last: date) -> str | None:
        """SQL for rollup rows with these columns (or of one detail) that may lie in these days; None where none do."""
        ...

    def events(self, properties: Collection[str] = ()) -> str | None:
        """SQL for all events, with a column for each of these properties."""
        ...

    def all_arrived_by(self, moment: datetime) -> bool:
        """True when nothing in the store arrived after this moment."""
        ...


class TakenFrom(Protocol):
    """Gives the rows that measures are taken from, as they were known at the check."""

    def by_day(self, columns: Collection[Column], first: date, last: date) -> str | None:
        """SQL for rollup rows with these columns (or those of one detail) of these days; None where there are none."""
        ...

    def by_moment(self, columns: Collection[Column], after: datetime) -> str | None:
        """SQL for events after a moment as rows of one, each with its `moment` and its day."""
        ...


@dataclass(frozen=True)
class Rows:
    """SQL for rows as they were known at the check, of the accounts in `asked` where those are `few`."""

    relations: Relations
    calendar: Calendar
    few: bool

    def by_day(self, columns: Collection[Column], first: date, last: date) -> str | None:
        """Rollup rows with these columns (or those of one detail) of these days; None where there are none."""
        columns = sorted(set(columns), key=lambda column: column.key)
        zone, days = str(self.calendar.zone), f"day BETWEEN DATE '{first}' AND DATE '{last}'"
        rolled = self.relations.rolled(columns, zone, first, last)
        if rolled is None:
            return None
        if self.relations.all_arrived_by(self.calendar.as_of):
            return f"(SELECT * FROM {rolled} WHERE {days}{self._few()})"
        # What arrived before the day of the check counts as rolled up; the day itself is read from the events.
        today = self.calendar.today
        arrived = self._events(columns, f"seen_at >= {stamp(self.calendar.start_of(today))}")
        names = ", ".join(("account_id", "user_id", "day", *names_of(columns)))
        return (
            f"(SELECT {names} FROM {rolled} WHERE {days} AND seen_day < DATE '{today}'{self._few()} "
            f"UNION ALL SELECT {names} FROM ({rollup_sql(arrived, columns, zone)}) AS today WHERE {days})"
        )

    def by_moment(self, columns: Collection[Column], after: datetime) -> str | None:
        """Events after a moment as rows of one, each with its `moment` and its day."""
        if self.relations.events() is None:
            return None
        some = self._events(columns, f"ts > {stamp(after)}")
        return f"({rollup_sql(some, columns, str(self.calendar.zone), each_event=True)})"

    def _events(self, columns: Collection[Column], where: str) -> str:
        seen = f"seen_at <= {stamp(self.calendar.as_of)}"
        events = self.relations.events(properties_of(columns))
        return f"(SELECT * FROM {events} WHERE {where} AND {seen}{self._few()})"

    def _few(self) -> str:
        return " AND account_id IN (SELECT account_id FROM asked)" if self.few else ""


def names_of(columns: Sequence[Column]) -> tuple[str, ...]:
    """The columns of the rows, account, user and days aside."""
    if columns and columns[0].is_detail:
        return DETAIL_COLUMNS[columns[0].kind]
    return tuple(column.key for column in columns)


def stamp(moment: datetime) -> str:
    """A moment as SQL: stored times are UTC, without saying so."""
    return f"TIMESTAMP {quote(moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' '))}"
