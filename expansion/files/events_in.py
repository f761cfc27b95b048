"""Events of the files of one table into the store, in one pass over each file."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from expansion.files.columns import Columns
from expansion.files.counters import Counters, state_of
from expansion.files.event_sql import EventSql, kept_columns
from expansion.files.maps import Cell, EventMap
from expansion.files.noting import Noted, good
from expansion.files.read.rows import Rows
from expansion.usage.forgetting import without_forgotten
from expansion.usage.forms.cells import NOTHING
from expansion.usage.forms.clock import Clock
from expansion.usage.forms.duck import quote
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.scratch import scratch
from expansion.usage.storage.segments import EVENT_COLUMNS
from expansion.usage.storage.store import UsageStore
from expansion.usage.storage.tables import Stored, Table


@dataclass
class EventsIn:
    """The events of one run's files of one table. The connection knows `user_accounts`."""

    usage: UsageStore
    con: duckdb.DuckDBPyConnection
    mapping: EventMap
    clock: Clock
    now: datetime
    noted: Noted
    table: Table

    def take(self, rows: Rows, first: int) -> tuple[Stored, Columns]:
        """Store the events of some files, of which the first has this number."""
        nothing = NOTHING if self.mapping.empty is None else self.mapping.empty
        columns = Columns(rows, nothing)
        columns.need(self.mapping.columns())
        sql = EventSql(columns, self.mapping, self.clock, self.now)
        properties = sql.properties
        kept = ", ".join([EVENT_COLUMNS, *kept_columns(properties), f"file + {first} AS file", "line"])
        counters = [name for name, cell in self.mapping.kept().items() if isinstance(cell, Cell) and cell.counter]
        events = good(sql.checked(), f"{kept}, shown" if counters else kept, first)
        copy = scratch(self.usage.root) / f"{uuid.uuid4().hex[:16]}.parquet"
        try:
            if counters or forgotten_people(self.usage.root):  # what is looked at first is read more than once
                self.con.execute(f"COPY ({events}) TO {quote(str(copy))} (FORMAT parquet, COMPRESSION snappy)")
                events = f"(FROM read_parquet({quote(str(copy))}))"
            if counters and properties is not None:
                events = Counters(self.usage, self.con, self.table.name, counters).grown(events, properties)
                properties = (*properties, *map(state_of, counters))
            events = without_forgotten(self.usage, self.con, events, properties, of_files=True)
            return self._stored(events, properties, nothing, rows, first), columns
        finally:
            copy.unlink(missing_ok=True)

    def _stored(
        self, events: str, properties: Sequence[str] | None, nothing: Sequence[str], rows: Rows, first: int
    ) -> Stored:
        return self.usage.add_events(
            self.con,
            events,
            properties=properties,
            empty=nothing,
            table=self.table,
            spoiled=lambda: [first + place for place in rows.problems()],
        )
