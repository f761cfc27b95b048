"""Who there was at each moment: accounts in the order in which they were first seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
import numpy as np
import pyarrow as pa

from expansion.evaluate.numbers import Array
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.source import Source
from expansion.evaluate.subjects import Subject, Subjects
from expansion.history.moments import micros

PLACES = "places_in_history"  # (account_id, place)


@dataclass
class Population:
    """The accounts of a store. Those that were there at a moment stand first: their arrays are slices."""

    con: duckdb.DuckDBPyConnection
    ids: Sequence[Subject]
    sizes: Array  # how many there were at each moment
    _subjects: dict[int, Subjects] = field(default_factory=dict)  # the last one made

    @classmethod
    def of(cls, stored: StoreRelations, moments: Sequence[datetime]) -> Population:
        found = stored.con.execute(
            f"SELECT account_id, epoch_us(min(first_seen)) AS seen FROM {stored.accounts()} GROUP BY account_id"
        ).fetchnumpy()
        ids, seen = np.asarray(found["account_id"], dtype=object), found["seen"].astype(np.int64)
        entry = np.searchsorted(micros(moments), seen)
        order = np.lexsort((ids.astype(str), entry))
        there = order[entry[order] < len(moments)]
        sizes = np.searchsorted(entry[there], np.arange(len(moments)), side="right")
        population = cls(stored.con, ids[there].tolist(), sizes)
        population._register()
        return population

    @property
    def size(self) -> int:
        """How many there were at the last moment."""
        return len(self.ids)

    def subjects(self, number: int) -> Subjects:
        """Those of a moment."""
        size = int(self.sizes[number])
        if size not in self._subjects:
            self._subjects = {size: Subjects(self.con, self.ids[:size])}
        return self._subjects[size]

    def _register(self) -> None:
        """Make the table of places, for SQL."""
        columns = {"account_id": pa.array(self.ids, pa.string()), "place": pa.array(range(self.size), pa.int32())}
        self.con.register("places_now", pa.table(columns))
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE {PLACES} AS SELECT * FROM places_now")
        self.con.unregister("places_now")


def first_seen(source: Source) -> datetime | None:
    """When the first account came; None where nobody has."""
    (found,) = source.con.execute(f"SELECT min(first_seen) FROM {source.accounts()}").fetchall()[0]
    return None if found is None else found.replace(tzinfo=UTC)
