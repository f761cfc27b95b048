"""Which rows of a batch are new. An id is one of its table: what comes again under it is a repeat, or another row.

Of tables, a row that comes again as it is stored is a repeat; another row under its id takes the place of the stored
one where the map says `update: true`, and else is told apart. What another table holds under the same id (or a source
that is pulled) is the same event where it has the same name and the same moment to the second, and else another one.
Of what is pulled, the first of an id is the event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from expansion.usage.forms.duck import one, quote, quote_list
from expansion.usage.forms.properties import REST, column_of
from expansion.usage.storage.batch import PLACE, Batch
from expansion.usage.storage.manifest import Manifest, Segment
from expansion.usage.storage.segments import EVENT_COLUMNS, events_of, listed, whole, whole_rows
from expansion.usage.storage.tables import MOST_TOLD, OfFile, OtherRow, Table

# What makes an event of one table that of another.
_SAME_EVENT = "hash(event, date_trunc('second', ts))"
_NOTHING_ELSEWHERE = "SELECT NULL::VARCHAR AS event_id, NULL::UBIGINT AS same, NULL::VARCHAR AS of_table WHERE false"


@dataclass(frozen=True)
class Verdicts:
    """What of a batch is stored: SQL for its rows, as `UsageStore` keeps them; None where it is all of them as they
    are. `replaced` are the segments that hold rows whose place others take, in a table `replaced(event_id)`.
    """

    kept: str | None = None
    by_file: dict[int, OfFile] = field(default_factory=dict)  # of the rows that were looked at
    differing: int = 0
    other_rows: tuple[OtherRow, ...] = ()
    updated: int = 0
    replaced: tuple[Segment, ...] = ()
    brought_again: Counter[str] = field(default_factory=Counter)  # by table, how many of its events this one holds too


@dataclass(frozen=True)
class Judge:
    """Looks at a batch beside what is stored. Repeats are rare: only ids that were met before are compared."""

    root: Path
    batch: Batch
    before: Manifest
    table: Table | None = None

    def judge(self) -> Verdicts:
        batch, con = self.batch, self.batch.con
        repeated = batch.repeated(batch.count())
        own, others = self._known("own_ids", self._own), self._known("other_ids", self._others)
        if not len(repeated) and not own and not others:
            return Verdicts()
        con.register("repeated", pa.table({"h": repeated}))
        try:
            mine = self._holding("own_ids", self._own) if own and self.table else ()
            self._met(mine, self._holding("other_ids", self._others) if others else ())
            self._judged(update=self.table is not None and self.table.update)
            return self._verdicts(mine)
        finally:
            con.unregister("repeated")

    @property
    def _name(self) -> str:
        return self.table.name if self.table else ""

    @property
    def _own(self) -> Sequence[Segment]:
        return [segment for segment in self.before.segments if segment.table == self._name]

    @property
    def _others(self) -> Sequence[Segment]:
        return [segment for segment in self.before.segments if segment.table != self._name]

    # --- what is stored under these ids -------------------------------------------------------------------------------

    def _known(self, name: str, segments: Sequence[Segment]) -> int:
        """Make a table of the ids of the batch that these segments hold. Returns how many there are."""
        con = self.batch.con
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} (event_id VARCHAR)")
        if stored := events_of(self.root, segments):
            query = f"SELECT event_id FROM {stored} s SEMI JOIN {self.batch.relation} b USING (event_id)"
            con.execute(f"INSERT INTO {name} {query}")
        return one(con, f"SELECT count(*) FROM {name}")

    def _holding(self, ids: str, segments: Sequence[Segment]) -> Sequence[Segment]:
        """Those of the segments that hold some of these ids."""
        paths = {str(self.root / segment.file): segment for segment in segments}
        read = f"read_parquet([{quote_list(paths)}], filename = true)"
        found = self.batch.con.execute(f"SELECT DISTINCT filename FROM {read} SEMI JOIN {ids} USING (event_id)")
        names = {name for (name,) in found.fetchall()}
        return [segment for path, segment in paths.items() if path in names]

    def _met(self, mine: Sequence[Segment], others: Sequence[Segment]) -> None:
        """Make `met`, the rows of the batch with an id that was met before beside the stored row of that id, and
        `elsewhere`, what other tables hold. `row` stands for all that a row holds. What was pulled before is none of
        them: nothing is compared.
        """
        properties = sorted({*self.batch.properties, *(name for segment in mine for name in segment.properties)})
        own = "SELECT NULL::VARCHAR AS event_id, NULL::UBIGINT AS stored, NULL::TIMESTAMP AS stored_seen WHERE false"
        if stored := whole_rows(self.root, mine, properties):
            held = f"SELECT event_id, {_row(properties)} AS stored, seen_at AS stored_seen FROM {stored}"
            own = f"{held} SEMI JOIN own_ids USING (event_id)"
        # What is needed of rows that are not simply repeats: most are, where a file is imported again.
        is_told, beside = "several OR row IS DISTINCT FROM stored", f"({self._rows_met(properties)}) LEFT JOIN ({own})"
        self._make(
            "met",
            f"SELECT * REPLACE (CASE WHEN {is_told} THEN event_id END AS event_id, CASE WHEN several THEN rank END AS "
            f"rank) FROM {beside} USING (event_id)",
        )
        parts = [
            f"SELECT event_id, {_SAME_EVENT} AS same, {quote(name)} AS of_table FROM "
            f"{events_of(self.root, [one for one in others if one.table == name])} SEMI JOIN other_ids USING (event_id)"
            for name in sorted({segment.table for segment in others})
        ]
        self._make("elsewhere", " UNION ALL ".join(parts) or _NOTHING_ELSEWHERE)

    def _rows_met(self, properties: Sequence[str]) -> str:
        batch, read, ids = self.batch, self._read, "(SELECT h FROM repeated)"
        known = f"hash(event_id) IN {ids} OR event_id IN (FROM other_ids)"
        kept = f"event_id, seen_at, file_row_number AS n, hash(event_id) IN {ids} AS several, {_SAME_EVENT} AS same"
        if self.table is None:
            place = "NULL::INTEGER AS file, NULL::BIGINT AS line, 0::UBIGINT AS row"
            order = f"row({listed('ts', 'event', 'account_id', 'user_id', batch.kept)}) AS rank"
            return f"SELECT {kept}, {place}, {order} FROM {read} WHERE {known}"
        known += " OR event_id IN (FROM own_ids)"
        rows = f"SELECT {listed(batch.columns, 'file_row_number')} FROM {read} WHERE {known}"
        columns = ", ".join(whole(properties, batch.properties, rest=batch.rest))
        wide = f"SELECT {EVENT_COLUMNS}, {PLACE}, file_row_number, {columns} FROM ({rows})"
        return f"SELECT {kept}, {PLACE}, {_row(properties)} AS row, row({PLACE}) AS rank FROM ({wide})"

    @property
    def _read(self) -> str:
        """SQL for the rows of the batch; of what is pulled without those that are stored."""
        rows = f"read_parquet({quote(str(self.batch.file))}, file_row_number = true)"
        return rows if self.table else f"(SELECT * FROM {rows} ANTI JOIN own_ids USING (event_id))"

    def _make(self, name: str, query: str) -> None:
        self.batch.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")

    # --- what becomes of each row -------------------------------------------------------------------------------------

    def _judged(self, *, update: bool) -> None:
        """Make `verdicts`: of each row that was met whether it is stored, a repeat, or another row under its id."""
        newest = " DESC" if update else ""
        window = f"(PARTITION BY event_id ORDER BY seen_at{newest}, rank{newest}, n{newest})"
        is_kept, differs = "place = 1 AND stored IS NULL", "row <> coalesce(stored, first_row)"
        if update:
            is_kept, differs = "place = 1 AND row IS DISTINCT FROM stored", "false"
        again = "SELECT n, file FROM met SEMI JOIN elsewhere USING (event_id, same) WHERE stored IS NULL"
        # Only ids that the batch has more than once are put in order.
        ranked = (
            "SELECT *, 1 AS place, row AS first_row, seen_at AS first_seen FROM left_over WHERE NOT several UNION ALL "
            f"SELECT *, row_number() OVER {window}, first_value(row) OVER {window}, "
            "min(seen_at) OVER (PARTITION BY event_id) FROM left_over WHERE several"
        )
        self._make(
            "verdicts",
            f"WITH again AS MATERIALIZED ({again}), "
            "left_over AS NOT MATERIALIZED (SELECT * FROM met ANTI JOIN again USING (n)) "
            f"SELECT n, event_id, file, line, {is_kept} AS is_kept, {differs} AS differs, "
            f"stored IS NOT NULL AS is_own, least(first_seen, stored_seen) AS first_seen FROM ({ranked}) UNION ALL "
            "SELECT n, NULL, file, NULL, false, false, false, NULL FROM again",
        )

    def _verdicts(self, mine: Sequence[Segment]) -> Verdicts:
        con = self.batch.con
        by_file = con.execute(
            "SELECT file, count(*) FILTER (NOT is_kept AND NOT differs), count(*) FILTER (differs), "
            "count(*) FILTER (is_kept AND is_own) FROM verdicts WHERE file IS NOT NULL GROUP BY file"
        ).fetchall()
        differing = "SELECT file, line, event_id FROM verdicts WHERE differs"
        told = con.execute(f"{differing} ORDER BY file, line, n LIMIT {MOST_TOLD}").fetchall()
        con.execute("CREATE OR REPLACE TEMP TABLE replaced AS SELECT event_id FROM verdicts WHERE is_kept AND is_own")
        updated = one(con, "SELECT count(*) FROM replaced")
        again = "SELECT of_table, count(DISTINCT event_id) FROM met JOIN elsewhere USING (event_id, same) GROUP BY 1"
        return Verdicts(
            self._kept(),
            {file: OfFile(0, *counts) for file, *counts in by_file},
            one(con, f"SELECT count(*) FROM ({differing})") if self.table else self._several_events(),
            tuple(OtherRow(*row) for row in told) if self.table else (),
            updated,
            tuple(self._holding("replaced", mine)) if updated else (),
            Counter(dict(con.execute(again).fetchall())),
        )

    def _kept(self) -> str:
        batch = self.batch
        first = "event_id, event, ts, coalesce(first_seen, seen_at) AS seen_at, account_id, user_id"
        read = f"{self._read} AS b"
        verdicts = "(SELECT n, is_kept, first_seen FROM verdicts) AS v"
        columns = listed(first, batch.kept, PLACE if batch.of_files else "")
        return (
            f"SELECT {columns} FROM {read} LEFT JOIN {verdicts} ON b.file_row_number = v.n WHERE n IS NULL OR is_kept"
        )

    def _several_events(self) -> int:
        """How many ids of what was pulled stand for several different events."""
        ids = (
            f"SELECT event_id FROM {self.batch.relation} WHERE hash(event_id) IN (SELECT h FROM repeated) "
            "GROUP BY event_id HAVING count(DISTINCT struct_pack(event, ts, account_id, user_id)) > 1"
        )
        return one(self.batch.con, f"SELECT count(*) FROM ({ids})")


def _row(properties: Sequence[str]) -> str:
    """SQL for a number that stands for all that a row of a table holds; when it arrived is not part of it."""
    return f"hash({listed('event', 'ts', 'account_id', 'user_id', *map(column_of, properties), REST)})"
