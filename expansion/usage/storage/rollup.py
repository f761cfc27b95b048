"""Rollups: what happened per account, user and day, for every filter that triggers use.

A rollup file belongs to one segment and is never changed: a new batch of events is a new segment with its own rollup,
so an increment cannot differ from a full build. The day of arrival lets a past moment be asked about without reading
the events again: a row counts when it had arrived before the day of the check, and the day itself is read from events.

Counts, sums and maxima stand side by side, a column each, in one row per account, user, day and day of arrival. So do
the different values of a property where there are few. Where there are many, and for its newest value and the moments
of events, there are rows of their own in a file each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from expansion.usage.forms.duck import quote, quote_list
from expansion.usage.forms.properties import column_of
from expansion.usage.forms.sql_dialect import DUCK, Spelling
from expansion.usage.storage.atoms import Atom, number_of

# `read` and `unread` count the values of a property that are a number, and those that cannot be read as one.
Kind = Literal["times", "sum", "max", "read", "unread", "distinct", "latest", "moments"]

SET_OF = 64  # values that fit a set of bits
DETAILS = ("distinct", "latest", "moments")
# What the rows of each hold besides account, user, day and day of arrival.
DETAIL_COLUMNS = {"distinct": ("value",), "latest": ("value", "ts", "event_id"), "moments": ("ts",)}
WHERE_AND_WHEN = ("account_id", "user_id", "day", "seen_day")


@dataclass(frozen=True)
class Column:
    """What is kept of an atom: how often; or of a property of its events."""

    atom: Atom
    kind: Kind = "times"
    prop: str | None = None

    @cached_property
    def key(self) -> str:
        """The column's name; for details the name of their rows."""
        named = f"items {self.prop}" if self.kind == "distinct" else self.prop
        suffix = "" if named is None else "_" + hashlib.sha256(named.encode()).hexdigest()[:8]
        return f"{self.kind}_{self.atom.id}{suffix}"

    @property
    def is_detail(self) -> bool:
        return self.kind in DETAILS

    @property
    def properties(self) -> set[str]:
        """The properties that are read for it."""
        return self.atom.properties | ({self.prop} if self.prop else set())

    @property
    def numbers(self) -> set[str]:
        """The properties that are read as numbers for it."""
        own = {self.prop} if self.prop and self.kind in ("sum", "max", "read", "unread") else set()
        return self.atom.numbers | own

    def select(self, spelling: Spelling) -> str:
        """SQL for the aggregate over events that makes this column."""
        if self.kind == "times":
            return f"{self.atom.count(spelling)} AS {self.key}"
        fits, name = self.atom.sql(spelling), self.prop or ""
        number, text = number_of(name), spelling.prop(name)
        match self.kind:
            case "sum" | "max":
                return f"{self.kind.upper()}(CASE WHEN {fits} THEN {number} END) AS {self.key}"
            case "read":
                return f"{spelling.count(f'{fits} AND {number} IS NOT NULL')} AS {self.key}"
        return f"{spelling.count(f'{fits} AND {text} IS NOT NULL AND {number} IS NULL')} AS {self.key}"


def rollup_sql(
    events: str,
    columns: Collection[Column],
    time_zone: str,
    *,
    each_event: bool = False,
    spelling: Spelling = DUCK,
    sets: Mapping[Column, Sequence[str]] | None = None,
) -> str:
    """The query that rolls up the relation `events`: the rows of one detail, or all the other columns side by side.

    `sets` are details of different values, with all the values there are (at most SET_OF): they stand side by side with
    the others, as sets of bits. `events` is SQL that can stand after FROM, with a column for each of
    `properties_of(columns)`. With `each_event` every event stays a row of its own with its `moment`, for windows of
    hours.
    """
    prepared = with_numbers(events, columns, spelling)
    days = f"{spelling.local_day('ts', time_zone)} AS day, {spelling.local_day('seen_at', time_zone)} AS seen_day"
    where = _any_of({column.atom for column in columns}, spelling)
    details = [column for column in columns if column.is_detail and column not in (sets or {})]
    if details:
        (detail,) = columns  # each has rows of its own
        return _detail_sql(prepared, detail, days, each_event=each_event, spelling=spelling)
    ordered = sorted(set(columns), key=lambda column: column.key)
    sets = sets or {}
    selects = ", ".join(
        _set_of(column, sets[column]) if column in sets else column.select(spelling) for column in ordered
    )
    keys = ["event_id", "ts AS moment"] if each_event else []
    named = ", ".join([*keys, "account_id", "user_id", days])
    places = ", ".join(str(place) for place in range(1, len(keys) + len(WHERE_AND_WHEN) + 1))
    return f"SELECT {named}, {selects} FROM {prepared} WHERE {where} GROUP BY {places}"


def _set_of(column: Column, values: Sequence[str]) -> str:
    """Which of the values there are: a bit each. One aggregate instead of one more pass over the events."""
    place = f"CAST(list_position([{quote_list(values)}], {column_of(column.prop or '')}) - 1 AS UTINYINT)"
    return f"BIT_OR(CASE WHEN {column.atom.sql()} THEN 1::UBIGINT << {place} END) AS {column.key}"


def values_of(rows: str, key: str, values: Sequence[str]) -> str:
    """The rows of a detail of different values, from a file that holds them as sets of bits."""
    named = ", ".join(f"({1 << place}::UBIGINT, {quote(value)})" for place, value in enumerate(values))
    kept = ", ".join(f"w.{name} AS {name}" for name in WHERE_AND_WHEN)
    there = f"(VALUES {named}) AS v(bit, value) ON w.{key} & v.bit <> 0"
    return f"SELECT {kept}, v.value AS value FROM {rows} AS w JOIN {there}"


def _detail_sql(events: str, column: Column, days: str, *, each_event: bool, spelling: Spelling) -> str:
    fits = column.atom.sql(spelling)
    value = spelling.prop(column.prop) if column.prop else ""
    where = f"{fits} AND {value} IS NOT NULL" if value else fits
    named = f"account_id, user_id, {days}" + (", ts AS moment" if each_event else "")
    match column.kind:
        case "moments":
            return f"SELECT {named}, ts FROM {events} WHERE {where}"
        case "distinct":
            each = f"SELECT {named}, {spelling.each(value)} AS value FROM {events} WHERE {where}"
            return f"SELECT DISTINCT * FROM ({each}) AS items WHERE value IS NOT NULL"
    rows = f"SELECT {named}, {value} AS value, ts, event_id FROM {events} WHERE {where}"
    if each_event:
        return rows
    kept = ", ".join((*WHERE_AND_WHEN, *DETAIL_COLUMNS["latest"]))
    newest = f"ROW_NUMBER() OVER (PARTITION BY {', '.join(WHERE_AND_WHEN)} ORDER BY ts DESC, event_id DESC)"
    return f"SELECT {kept} FROM (SELECT {kept}, {newest} AS place FROM ({rows}) AS dated) AS placed WHERE place = 1"


def properties_of(columns: Iterable[Column]) -> set[str]:
    """The properties that are read for these columns."""
    return {name for column in columns for name in column.properties}


def with_numbers(events: str, columns: Iterable[Column], spelling: Spelling = DUCK) -> str:
    """The events with a column `number_of(name)` for each property that these columns read as a number.

    Only for the events that are asked about: reading a number out of text is dear, and is done once for all columns.
    """
    asked: dict[str, set[Atom]] = {}
    for column in columns:
        for name in column.numbers:
            asked.setdefault(name, set()).add(column.atom)
    numbers = [
        f"CASE WHEN {_any_of(atoms, spelling)} THEN {spelling.number(spelling.prop(name))} END AS {number_of(name)}"
        for name, atoms in sorted(asked.items())
    ]
    return f"(SELECT *, {', '.join(numbers)} FROM {events} AS plain) AS events" if numbers else f"{events} AS events"


def _any_of(atoms: Iterable[Atom], spelling: Spelling) -> str:
    """Rows that some atom may want. By name only: cheap, and never too narrow."""
    atoms = set(atoms)
    if any(not atom.events for atom in atoms):
        return "true"
    return spelling.one_of("event", sorted({name for atom in atoms for name in atom.events}))


__all__ = ["DETAIL_COLUMNS", "Column", "column_of", "properties_of", "rollup_sql", "with_numbers"]
