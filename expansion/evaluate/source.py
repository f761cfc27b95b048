"""What the engine reads from: the usage store, a warehouse, or the events of cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import duckdb

from expansion.evaluate.measures import Calendar
from expansion.evaluate.rows import TakenFrom
from expansion.usage.names import Names
from expansion.usage.rollup import Column
from expansion.usage.spans import Spans


class Source(Protocol):
    """What the engine reads: see relations.StoreRelations."""

    @property
    def con(self) -> duckdb.DuckDBPyConnection: ...

    def rows(self, calendar: Calendar, accounts: Sequence[str] | None) -> TakenFrom:
        """What measures are taken from; of a few accounts where they are named."""
        ...

    def events_of(self, account_id: str, columns: Sequence[Column], since: datetime) -> str | None:
        """SQL for the events of an account since a moment that these columns may be about, with what they read."""
        ...

    @property
    def facts(self) -> str: ...

    def spans(self, source: str | None) -> Spans: ...

    def first_pull(self, key: str) -> datetime | None: ...

    def last_pull(self, key: str) -> datetime | None: ...

    def accounts(self) -> str: ...

    def users(self) -> str: ...

    def names(self) -> Names | None:
        """Which events and properties ever came; None where all count as known."""
        ...

    def again(self) -> Source:
        """The same view on a connection of its own."""
        ...
