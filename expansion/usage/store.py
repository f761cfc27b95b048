"""The usage store: events and facts in Parquet files that are never changed, listed in a manifest."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from expansion.usage import manifest as manifests
from expansion.usage.duck import connect, one, quote, quote_list
from expansion.usage.manifest import FILES, Manifest, Rollup, Segment, StoreError
from expansion.usage.rollup import Column, rollup_sql
from expansion.usage.spans import Spans, joined

EVENT_COLUMNS = "event_id, event, ts, seen_at, account_id, user_id, properties"
_PARQUET = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
# A quarter of that for rollups: windows skip more, and several threads find work (measured: a quarter less time).
_ROLLUP = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 32768)"
_SORTED_AT_ONCE = 16_000_000  # hashes: 128 MB


@dataclass(frozen=True)
class Stored:
    """What became of a batch of events."""

    rows: int
    duplicates: int


@dataclass(frozen=True)
class UsageStore:
    """A folder. Any number of processes may read it while one writes."""

    root: Path

    def manifest(self) -> Manifest:
        return manifests.load(self.root)

    def connect(self) -> duckdb.DuckDBPyConnection:
        return connect(self.root / "scratch")

    # --- writing ------------------------------------------------------------------------------------------------------

    def add_events(
        self, con: duckdb.DuckDBPyConnection, events: str, covered: Spans | None = None, *, source: str = FILES
    ) -> Stored:
        """Store the rows of `events` (SQL with EVENT_COLUMNS, all checked) that are not stored yet.

        `covered` are the spans for which the source is known now; None stands for those of the events themselves. When
        this returns the rows are on disk; a kill before leaves the store as it was.
        """
        with manifests.writing(self.root):
            (self.root / "events").mkdir(parents=True, exist_ok=True)
            name = uuid.uuid4().hex[:16]
            staged = self.root / "events" / f"{name}.staged"
            try:
                con.execute(f"COPY (SELECT {EVENT_COLUMNS} FROM ({events})) TO {quote(str(staged))} {_PARQUET}")
                spans = _own_spans(con, staged) if covered is None else covered
                return self._add(con, staged, name, source, spans)
            finally:
                staged.unlink(missing_ok=True)

    def _add(self, con: duckdb.DuckDBPyConnection, staged: Path, name: str, source: str, spans: Spans) -> Stored:
        before = self.manifest()
        offered = _rows(con, staged)
        path = self.root / "events" / f"{name}.parquet"
        if not self._drop_duplicates(con, staged, path, before):
            staged.replace(path)
        rows = _rows(con, path)
        after = before.with_spans(source, spans)
        if rows:
            after = replace(after, segments=(*after.segments, self._describe(con, name, path, rows)))
        else:
            path.unlink()
        manifests.save(self.root, after)
        return Stored(rows, offered - rows)

    def _drop_duplicates(self, con: duckdb.DuckDBPyConnection, staged: Path, path: Path, before: Manifest) -> bool:
        """Write `path` without repeats where there are any. True if it was written.

        Repeats are rare, so first look which ids they are: only those are put in order, the rest passes through.
        """
        batch = f"read_parquet({quote(str(staged))})"
        repeated = _repeated(con, batch, _rows(con, staged))
        known = self._known(con, batch, before)
        if not len(repeated) and not known:
            return False
        con.register("repeated", pa.table({"h": repeated}))
        new = f"SELECT {EVENT_COLUMNS} FROM {batch} ANTI JOIN known USING (event_id) WHERE hash(event_id)"
        con.execute(
            # The first arrival wins; the rest of the order only makes the choice the same every time.
            f"COPY ({new} NOT IN (SELECT h FROM repeated) UNION ALL "
            f"{new} IN (SELECT h FROM repeated) QUALIFY row_number() OVER "
            "(PARTITION BY event_id ORDER BY seen_at, ts, event, account_id, user_id, properties) = 1) "
            f"TO {quote(str(path))} {_PARQUET}"
        )
        con.unregister("repeated")
        return True

    def _known(self, con: duckdb.DuckDBPyConnection, batch: str, before: Manifest) -> int:
        """Make `known(event_id)`, those of a batch that are stored already. Returns how many there are."""
        con.execute("CREATE OR REPLACE TEMP TABLE known (event_id VARCHAR)")
        if stored := self.events_of(before.segments):
            con.execute(f"INSERT INTO known SELECT event_id FROM {stored} s SEMI JOIN {batch} b USING (event_id)")
        return one(con, "SELECT count(*) FROM known")

    def _describe(self, con: duckdb.DuckDBPyConnection, name: str, path: Path, rows: int) -> Segment:
        accounts = self.root / "events" / f"{name}.accounts.parquet"
        con.execute(
            f"COPY (SELECT account_id, min(seen_at) AS first_seen FROM read_parquet({quote(str(path))}) GROUP BY 1) "
            f"TO {quote(str(accounts))} {_PARQUET}"
        )
        for file in (path, accounts):
            manifests.sync(file)
        manifests.sync(path.parent)
        ends = con.execute(f"SELECT min(ts), max(ts), max(seen_at) FROM read_parquet({quote(str(path))})").fetchall()
        first, last, seen = (moment.replace(tzinfo=UTC).isoformat() for moment in ends[0])
        return Segment(name, f"events/{path.name}", f"events/{accounts.name}", rows, first, last, seen)

    def cover(self, spans: Spans, source: str = FILES) -> None:
        """Note that a source was asked for these spans, and all it had is stored."""
        with manifests.writing(self.root):
            manifests.save(self.root, self.manifest().with_spans(source, spans))

    def ensure_rollups(self, con: duckdb.DuckDBPyConnection, columns: Iterable[Column], time_zone: str) -> int:
        """Build the rollup columns that are missing, segment by segment. Returns how many files were written."""
        wanted = {column.key: column for column in columns}
        if not any(_missing(segment, wanted, time_zone) for segment in self.manifest().segments):
            return 0
        with manifests.writing(self.root):
            built = 0
            for segment in self.manifest().segments:
                missing = _missing(segment, wanted, time_zone)
                if missing:
                    self._build_rollup(con, segment, [wanted[key] for key in missing], time_zone)
                    built += 1
            return built

    def _build_rollup(
        self, con: duckdb.DuckDBPyConnection, segment: Segment, columns: list[Column], time_zone: str
    ) -> None:
        (self.root / "rollups").mkdir(exist_ok=True)
        path = self.root / "rollups" / f"{segment.id}-{uuid.uuid4().hex[:8]}.parquet"
        query = rollup_sql(self.events_of([segment]) or "", columns, time_zone)
        con.execute(f"COPY ({query} ORDER BY day) TO {quote(str(path))} {_ROLLUP}")
        manifests.sync(path)
        manifests.sync(path.parent)
        rollup = Rollup(f"rollups/{path.name}", tuple(column.key for column in columns), time_zone)
        now = self.manifest()
        grown = tuple(replace(s, rollups=(*s.rollups, rollup)) if s.id == segment.id else s for s in now.segments)
        manifests.save(self.root, replace(now, segments=grown))

    # --- reading ------------------------------------------------------------------------------------------------------

    def files(self, names: Iterable[str]) -> str:
        """SQL for these files of the store as one relation."""
        return f"read_parquet([{quote_list(str(self.root / name) for name in names)}])"

    def events_of(self, segments: Iterable[Segment]) -> str | None:
        """SQL for the events of these segments; None where there are none."""
        names = [segment.file for segment in segments]
        return self.files(names) if names else None


def _missing(segment: Segment, wanted: dict[str, Column], time_zone: str) -> list[str]:
    have = {key for rollup in segment.rollups if rollup.time_zone == time_zone for key in rollup.columns}
    return sorted(wanted.keys() - have)


def _own_spans(con: duckdb.DuckDBPyConnection, events: Path) -> Spans:
    """The spans for which a file holds events. What arrived a day late or more is a straggler that says nothing of the
    others of its day, unless most of the file is like that: then lateness is how this source is loaded.
    """
    hours = con.execute(
        "SELECT min(ts), max(ts), count(*), min(ts) FILTER (on_time), max(ts) FILTER (on_time), "
        "count(*) FILTER (on_time) FROM (SELECT ts, seen_at <= ts + INTERVAL 1 DAY AS on_time "
        f"FROM read_parquet({quote(str(events))})) GROUP BY date_trunc('hour', ts)"
    ).fetchall()
    mostly = 2 * sum(hour[5] for hour in hours) >= sum(hour[2] for hour in hours)
    ends = [(hour[3], hour[4]) for hour in hours if hour[5]] if mostly else [(hour[0], hour[1]) for hour in hours]
    return joined((first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)) for first, last in ends)


def _repeated(con: duckdb.DuckDBPyConnection, batch: str, rows: int) -> npt.NDArray[np.uint64]:
    """The hashes that several ids of a batch have. Sorting hashes takes half the time and memory of COUNT(DISTINCT)."""
    parts = 1 + rows // _SORTED_AT_ONCE
    found = []
    for part in range(parts):
        mine = f"SELECT hash(event_id) AS h FROM {batch} WHERE hash(event_id) % {parts} = {part}"
        hashes = np.asarray(con.execute(mine).fetchnumpy()["h"])
        hashes.sort()
        found.append(np.unique(hashes[1:][hashes[1:] == hashes[:-1]]))
    return np.concatenate(found)


def _rows(con: duckdb.DuckDBPyConnection, file: Path) -> int:
    return one(con, f"SELECT count(*) FROM read_parquet({quote(str(file))})")


__all__ = ["EVENT_COLUMNS", "StoreError", "Stored", "UsageStore"]
