"""Counters that only go up: what is counted of them is how much they grew since the row before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from expansion.files.noting import good
from expansion.usage.forms.duck import quote
from expansion.usage.forms.properties import column_of
from expansion.usage.storage.segments import EVENT_COLUMNS, listed
from expansion.usage.storage.store import UsageStore

_TOO_LATE = (
    "its counter went on already: a row that was read before lies after this one, and says what grew since an earlier "
    "row; import files of counters in their order, or take the counter as a fact"
)
_NUMBER = "TRY_CAST({} AS DECIMAL(38, 6))"


@dataclass(frozen=True)
class Counters:
    """Of the events of one table, in `staged` (SQL that can be read again, with file, line and `shown`), the
    properties `names` as they stand in its rows. The state of a counter is kept beside what it grew by.
    """

    usage: UsageStore
    con: duckdb.DuckDBPyConnection
    table: str
    names: Sequence[str]

    def grown(self, staged: str, properties: Sequence[str]) -> str:
        """SQL for the events, each counter with what it grew by, and its state as one property more. A counter that
        is lower than before began anew. What the first row grew by nobody knows.
        """
        self._line_up(staged)
        kept = [column_of(name) for name in properties if name not in self.names]
        grown = [f"{self._growth(n)} AS {column_of(name)}" for n, name in enumerate(self.names)]
        states = [f"s{n} AS {column_of(state_of(name))}" for n, name in enumerate(self.names)]
        reason = f"CASE WHEN overtaken THEN {quote(_TOO_LATE)} END AS reason, NULL::VARCHAR AS said"
        joined = (
            f"SELECT * EXCLUDE (ts), e.ts AS ts, {reason} FROM {staged} AS e JOIN lined USING (account_id, user_id, ts)"
        )
        return good(joined, listed(EVENT_COLUMNS, *kept, *grown, *states, "file, line"), 0)

    def _growth(self, n: int) -> str:
        now, before = _NUMBER.format(f"s{n}"), _NUMBER.format(f"b{n}")
        more = f"CASE WHEN {now} < {before} THEN {now} ELSE {now} - {before} END"
        return f"regexp_replace(CAST({more} AS VARCHAR), '\\.?0+$', '')"

    def _line_up(self, staged: str) -> None:
        """Make `lined`: each moment of each account and person, with the states then and before."""
        states = ", ".join(f"{column_of(name)} AS s{n}" for n, name in enumerate(self.names))
        here = f"SELECT account_id, user_id, ts, {states}, false AS is_stored FROM {staged}"
        segments = [segment for segment in self.usage.manifest().segments if segment.table == self.table]
        stored = self.usage.events_of(segments, [state_of(name) for name in self.names])
        kept = ", ".join(f"{column_of(state_of(name))} AS s{n}" for n, name in enumerate(self.names))
        every = (
            f"({here} UNION ALL SELECT account_id, user_id, ts, {kept}, true FROM {stored})" if stored else f"({here})"
        )
        last = ", ".join(f"max(s{n}) AS s{n}" for n in range(len(self.names)))
        moments = f"SELECT account_id, user_id, ts, {last}, bool_or(is_stored) AS is_stored FROM {every} GROUP BY ALL"
        before = ", ".join(f"lag(s{n}) OVER each AS b{n}" for n in range(len(self.names)))
        overtaken = "NOT is_stored AND coalesce(bool_or(is_stored) OVER later, false) AS overtaken"
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE lined AS "
            f"SELECT * EXCLUDE (is_stored), {before}, {overtaken} FROM ({moments}) "
            "WINDOW each AS (PARTITION BY account_id, user_id ORDER BY ts), later AS (PARTITION BY account_id, user_id "
            "ORDER BY ts ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING)"
        )


def state_of(name: str) -> str:
    """The property that keeps the state of a counter."""
    return f"{name} (counter)"


__all__ = ["Counters", "state_of"]
