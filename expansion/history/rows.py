"""What happened, read once for all moments: rows of rollups, each with the moment from which on it had arrived.

A row of a rollup says on which day its events arrived. Where each moment of that day is its end, that says all. On a
day of which some moment sees a part only, events are told apart by when they arrived, and read themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from expansion.evaluate.measures import Calendar
from expansion.evaluate.numbers import Array, scaled
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.rows import names_of, stamp
from expansion.history.moments import Moments, day_of, number_of
from expansion.history.population import PLACES
from expansion.usage.forms.sql_dialect import PLACES as PLACES_AFTER
from expansion.usage.storage.rollup import Column, properties_of, rollup_sql

_AT_ONCE = 1 << 17  # rows
_PEOPLE = "people_in_history"  # (account_id, user_id, who)
_ENTRIES = "entries_of_history"  # (moment, entry, as_seen)
NOBODY = -1


@dataclass(frozen=True)
class Happened:
    """Where a column is not nothing: whose (a place), by whom, on which day, known from which moment on, and what."""

    place: Array
    who: Array  # a number for each person of each account; NOBODY where no person is known
    day: Array
    entry: Array
    value: Array  # counts, amounts as whole numbers of their last digit, or a number for each different value

    @classmethod
    def joined(cls, parts: Sequence[Happened]) -> Happened:
        arrays = ((part.place, part.who, part.day, part.entry, part.value) for part in parts)
        return cls(*(np.concatenate(some) for some in zip(*arrays, strict=True)))


@dataclass
class Reading:
    """Reads columns of everybody at all of some moments."""

    stored: StoreRelations
    moments: Moments

    def __post_init__(self) -> None:
        self.con, self._has_people = self.stored.con, False

    def plain(self, columns: Collection[Column], first: int, last: int) -> dict[Column, Happened]:
        """Counts and amounts of these days, of all these columns in one pass."""
        ordered = sorted(set(columns), key=lambda column: column.key)
        parts: dict[Column, list[Happened]] = {column: [_NOTHING] for column in ordered}
        for rows, entries in self._relations(ordered, first, last):
            for batch in self._batches(rows, [f"{_selected(column)} AS {column.key}" for column in ordered]):
                whole = _whole(batch)
                for column in ordered:
                    if found := _happened(whole, batch[column.key], entries):
                        parts[column].append(found)
        return {column: Happened.joined(some) for column, some in parts.items()}

    def values(self, column: Column, first: int, last: int) -> Happened:
        """The different values of a property, each with a number."""
        parts, known = [_NOTHING], dict[str, int]()
        for rows, entries in self._relations([column], first, last):
            for batch in self._batches(rows, ["value"]):
                coded = batch["value"].dictionary_encode()
                codes = [known.setdefault(value, len(known)) for value in coded.dictionary.to_pylist()]
                whole = _whole(batch)
                value = np.array(codes, dtype=np.int64)[np.asarray(coded.indices)]
                parts.append(Happened(whole["place"], whole["who"], whole["day"], entries.of(whole["seen"]), value))
        return Happened.joined(parts)

    def _batches(self, rows: str, names: Sequence[str]) -> Iterator[dict[str, pa.Array]]:
        self._know_people()
        query = (
            f"SELECT place, coalesce(who, {NOBODY})::INTEGER AS who, (day - DATE '1970-01-01')::INTEGER AS day, "
            f"(seen_day - DATE '1970-01-01')::INTEGER AS seen, {', '.join(names)} FROM {rows} "
            f"JOIN {PLACES} USING (account_id) LEFT JOIN {_PEOPLE} USING (account_id, user_id)"
        )
        for batch in self.con.sql(query).to_arrow_reader(_AT_ONCE):
            if batch.num_rows:
                yield dict(zip(batch.schema.names, batch.columns, strict=True))

    # --- what had arrived ---------------------------------------------------------------------------------------------

    def _relations(self, columns: Sequence[Column], first: int, last: int) -> Iterator[tuple[str, Entries]]:
        """SQL for rows, and how the days on which they were seen are to be read."""
        zone, days = str(self.moments.zone), (day_of(first), day_of(last))
        within = f"day BETWEEN DATE '{days[0]}' AND DATE '{days[1]}'"
        rolled = self.stored.rolled(columns, zone, *days)
        if rolled is None:
            return
        parts = self.moments.parts_of_days
        told_apart = f" AND seen_day NOT IN ({', '.join(f'DATE {str(day)!r}' for day in parts)})" if parts else ""
        by_now = f"seen_day <= DATE '{day_of(int(self.moments.today[-1]))}'"
        yield f"(SELECT * FROM {rolled} WHERE {within} AND {by_now}{told_apart})", Entries(self.moments.today)
        if parts:
            arrived = self._told_apart(columns, parts)
            names = ", ".join(("account_id", "user_id", "day", "seen_day", *names_of(columns)))
            numbers = Entries(np.arange(len(self.moments.every)))
            yield f"(SELECT {names} FROM ({rollup_sql(arrived, columns, zone)}) AS told WHERE {within})", numbers

    def _told_apart(self, columns: Sequence[Column], parts: Sequence[date]) -> str:
        """Events that arrived on these days. In place of when they did each has a moment on the day with the number of
        the first moment that knows of it: so rollups tell them apart."""
        self._know_entries()
        calendar = self.moments.calendars[-1]
        arrived = " OR ".join(
            f"(seen_at >= {stamp(calendar.start_of(begin))} AND seen_at < {stamp(calendar.start_of(end))})"
            for begin, end in _runs(parts)
        )
        events = self.stored.events(properties_of(columns))
        return (
            f"(SELECT e.* REPLACE (n.as_seen AS seen_at) FROM (SELECT * FROM {events} WHERE {arrived}) AS e "
            f"ASOF JOIN {_ENTRIES} AS n ON e.seen_at <= n.moment)"
        )

    def _know_entries(self) -> None:
        calendar = Calendar(self.moments.every[-1], self.moments.zone)
        rows = ", ".join(
            f"({stamp(moment)}, {stamp(calendar.start_of(day_of(number)) + timedelta(hours=12))})"
            for number, moment in enumerate(self.moments.every)
        )
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {_ENTRIES} AS SELECT * FROM (VALUES {rows}) AS n(moment, as_seen)"
        )

    def _know_people(self) -> None:
        """Make the table of people, once."""
        if not self._has_people:
            pairs = f"SELECT DISTINCT account_id, user_id FROM {self.stored.users()}"
            numbered = f"SELECT *, (row_number() OVER () - 1)::INTEGER AS who FROM ({pairs})"
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE {_PEOPLE} AS {numbered}")
            self._has_people = True


@dataclass(frozen=True)
class Entries:
    """Which moment is the first that knows of what was seen on a day."""

    days: Array  # the last day of which each moment knows

    def of(self, seen: Array) -> Array:
        return np.searchsorted(self.days, seen).astype(np.int32)


_NONE = np.zeros(0, dtype=np.int32)
_NOTHING = Happened(_NONE, _NONE, _NONE, _NONE, np.zeros(0, dtype=np.int64))


def _whole(batch: dict[str, pa.Array]) -> dict[str, Array]:
    return {name: np.asarray(batch[name]) for name in ("place", "who", "day", "seen")}


def _happened(whole: dict[str, Array], column: pa.Array, entries: Entries) -> Happened | None:
    """Where a column is not nothing."""
    value = _numbers(column)
    rows = np.flatnonzero(value)
    if not len(rows):
        return None
    place, who, day, seen = (whole[name][rows] for name in ("place", "who", "day", "seen"))
    return Happened(place, who, day, entries.of(seen), value[rows])


def _selected(column: Column) -> str:
    """Nothing is 0."""
    kind = f"DECIMAL(38, {PLACES_AFTER})" if column.kind == "sum" else "BIGINT"
    return f"CAST(coalesce({column.key}, 0) AS {kind})"


def _numbers(column: pa.Array) -> Array:
    return scaled(column) if pa.types.is_decimal(column.type) else np.asarray(column)


def _runs(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Days that follow each other: the first, and the one after the last."""
    begin = days[0]
    for day, after in zip(days, [*days[1:], None], strict=True):
        if after is None or number_of(after) != number_of(day) + 1:
            yield begin, day + timedelta(days=1)
            begin = after or begin


__all__ = ["NOBODY", "Happened", "Reading"]
