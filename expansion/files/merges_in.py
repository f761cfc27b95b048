"""Merges of the files of one table into the store: which accounts or people have another id, and since when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import duckdb

from expansion.files.columns import Columns, one_cell
from expansion.files.filters import left_out
from expansion.files.map_words import Cell
from expansion.files.maps import MergeMap
from expansion.files.noting import BROKEN, SKIPPED, Noted, good
from expansion.files.read.rows import Rows
from expansion.usage.forms.cells import NOTHING, id_sql
from expansion.usage.forms.clock import Clock
from expansion.usage.forms.duck import quote
from expansion.usage.forms.moment_sql import why_not_sql
from expansion.usage.identity.former_ids import PART, Of, Said, naive
from expansion.usage.identity.merges import Added, add_said, changed, merges_said
from expansion.usage.storage.store import UsageStore

_IDS = ("former", "id", "user")
_NOBODY = Cell.model_validate({"always": ""})
# The word of the map, the column of SQL, and what it is called.
_MOMENTS = (("at", "since", "the date"), ("known_at", "known", "the date of knowing"))


@dataclass
class MergesIn:
    """The merges of one run. `take` what the files hold, then `store` it all at once."""

    usage: UsageStore
    con: duckdb.DuckDBPyConnection
    mapping: MergeMap
    clock: Clock
    now: datetime
    noted: Noted
    source: str
    _taken: list[Said] = field(default_factory=list)

    def take(self, rows: Rows, first: int) -> Columns:
        """Read the rows of some files, of which the first has this number. Returns the columns that they had."""
        columns = Columns(rows, NOTHING if self.mapping.empty is None else self.mapping.empty)
        columns.need(self.mapping.columns())
        said = ", ".join(f"said_{name}" for name in _IDS)
        query = good(self._checked(columns), f"file + {first} AS file, {said}, since, known", first)
        found = list(self._read(query))
        spoiled = {first + place for place in rows.problems()}
        self._taken += [merge for file, merge in found if file not in spoiled]
        return columns

    def store(self, *, whole: bool = False) -> Added:
        """Store what all the files said. `whole`: what earlier ones said and these do not hold is taken back, and what
        was taken back and stands in them counts again."""
        told = self._taken
        if whole:
            told = [*told, *changed(merges_said(self.usage, self.usage.manifest()), told, self._now)]
        return add_said(self.usage, told)

    @property
    def is_empty(self) -> bool:
        """Whether no row said anything."""
        return not self._taken

    @property
    def _now(self) -> datetime:
        return self.now.astimezone(UTC).replace(tzinfo=None)

    def _read(self, query: str) -> Iterator[tuple[int, Said]]:
        self.con.execute(query)
        while some := self.con.fetchmany(10_000):
            for file, former, id_, user, at, known in some:
                since = self._day_of(at) if user else at
                yield file, Said(self.source, self._of, former, id_, since, known or since, self._now, user or "")

    @property
    def _of(self) -> Of:
        return self.mapping.of if self.mapping.user is None else PART

    def _day_of(self, at: datetime) -> datetime:
        """The beginning of that day: counts are kept by day."""
        local = at.replace(tzinfo=UTC).astimezone(ZoneInfo(self.clock.days))
        return naive(local.replace(hour=0, minute=0, second=0, microsecond=0))

    def _checked(self, columns: Columns) -> str:
        """SQL for the ids and the moments, with file, line, `reason`, `said` and `shown` as for events."""
        cells = {name: one_cell(getattr(self.mapping, name), "first_of") or _NOBODY for name in _IDS}
        given = [f"{columns.text(cell)} AS raw_{name}" for name, cell in cells.items()]
        for word, name, _ in _MOMENTS:
            cell = one_cell(getattr(self.mapping, word), "join")
            given += [f"{columns.said(cell)} AS {name}_text", f"{columns.moment(cell, self.clock)} AS {name}"]
        given.append(f"{left_out(columns, self.mapping)} AS skipped")
        ids = ", ".join(f"{id_sql(f'raw_{name}', columns.nothing)} AS said_{name}" for name in _IDS)
        shown = f"coalesce(text, {columns.as_json})"
        inner = f"SELECT *, {ids} FROM (SELECT *, {', '.join(given)} FROM {columns.relation})"
        reason = f"CASE {' '.join(self._reasons())} END AS reason"
        return f"SELECT *, {shown} AS shown, since_text AS said, {reason} FROM ({inner})"

    def _reasons(self) -> Iterator[str]:
        yield f"WHEN broken IS NOT NULL THEN {quote(BROKEN)} || broken"
        yield f"WHEN skipped THEN {quote(SKIPPED)}"
        yield "WHEN coalesce(said_former, '') = '' THEN 'no former id'"
        yield "WHEN coalesce(said_id, '') = '' THEN 'no id since'"
        if self.mapping.user is not None:
            yield "WHEN coalesce(said_user, '') = '' THEN 'no user'"
        yield "WHEN since_text IS NULL THEN 'no date since when it is so'"
        for _, name, what in _MOMENTS:
            wrong = why_not_sql(f"{name}_text", name, what, self.clock)
            yield f"WHEN {name}_text IS NOT NULL AND {name} IS NULL THEN {wrong}"


__all__ = ["MergesIn"]
