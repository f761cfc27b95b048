"""The usage store: events and facts in Parquet files that are never changed, listed in a manifest."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from expansion.private_files import private_folder, settle, sync
from expansion.usage import manifest as manifests
from expansion.usage.cells import NOTHING
from expansion.usage.duck import PARQUET, connect, one, quote, quote_list
from expansion.usage.manifest import FILES, Manifest, Rollup, Segment, StoreError
from expansion.usage.names import MOST_SUGGESTED, NO_NAMES, Names, chosen, merged, names_sql
from expansion.usage.properties import MOST, REST, column_of, shredded, text_in, without
from expansion.usage.rollup import SET_OF, Column, properties_of, rollup_sql
from expansion.usage.scratch import scratch
from expansion.usage.spans import Spans, told

EVENT_COLUMNS = "event_id, event, ts, seen_at, account_id, user_id"
# A quarter of that for rollups: windows skip more, and several threads find work (measured: a quarter less time). They
# are read again and again, and made again with ease: half as large again, and a fifth faster to write, than with zstd.
_ROLLUP = "(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 32768)"
# Windows skip the blocks of four weeks that lie outside them; within a block the rows of an account are together, so
# that adding them up stays in the processor's cache (measured: a quarter less time than in order of days alone).
_IN_ORDER = " ORDER BY (day - DATE '2000-01-03') // 28, hash(account_id), hash(user_id)"
_SORTED_AT_ONCE = 16_000_000  # hashes: 128 MB


@dataclass(frozen=True)
class Stored:
    """What became of a batch of events. `differing`: ids that stood for several different events in it."""

    rows: int
    duplicates: int
    differing: int = 0


@dataclass(frozen=True)
class UsageStore:
    """A folder. Any number of processes may read it while one writes."""

    root: Path

    def manifest(self) -> Manifest:
        return manifests.load(self.root)

    def connect(self) -> duckdb.DuckDBPyConnection:
        return connect(scratch(self.root))

    # --- writing ------------------------------------------------------------------------------------------------------

    def add_events(
        self,
        con: duckdb.DuckDBPyConnection,
        events: str,
        covered: Spans | None = None,
        *,
        source: str = FILES,
        properties: Sequence[str] | None = None,
        empty: Sequence[str] = NOTHING,
    ) -> Stored:
        """Store the rows of `events` (SQL with EVENT_COLUMNS, all checked) that are not stored yet.

        `properties` are those that the rows have a column of text for (`properties.column_of`); None says that they
        have all of them in a column `properties`, as a JSON object, of which `empty` are texts that say nothing.
        `covered` are the spans for which the source is known now; None stands for those of the events themselves. When
        this returns the rows are on disk; a kill before leaves the store as it was.
        """
        with manifests.writing(self.root):
            private_folder(self.root / "events")
            name = uuid.uuid4().hex[:16]
            staged = self.root / "events" / f"{name}.staged"
            given = "properties" if properties is None else _columns(properties)
            try:
                con.execute(
                    f"COPY (SELECT {_listed(EVENT_COLUMNS, given)} FROM ({events})) TO {_file(staged)} {PARQUET}"
                )
                spans = _own_spans(con, staged) if covered is None else covered
                named = None if properties is None else _Layout(tuple(properties), given, given)
                layout = named or _shredded(con, staged, empty)
                return self._add(con, staged, name, layout, source, spans)
            finally:
                staged.unlink(missing_ok=True)

    def _add(
        self, con: duckdb.DuckDBPyConnection, staged: Path, name: str, layout: _Layout, source: str, spans: Spans
    ) -> Stored:
        before = self.manifest()
        offered = _rows(con, staged)
        path = self.root / "events" / f"{name}.parquet"
        differing = self._rewrite(con, staged, path, layout, before)
        if differing is None:
            staged.replace(path)
        rows = _rows(con, path)
        after = before.with_spans(source, spans)
        if rows:
            segment = replace(self.described(con, name, path, rows), properties=layout.names, rest=layout.rest)
            segment = self.with_names(con, segment)
            after = replace(after, segments=(*after.segments, segment))
        else:
            path.unlink()
        manifests.save(self.root, after)
        return Stored(rows, offered - rows, differing or 0)

    def _rewrite(
        self, con: duckdb.DuckDBPyConnection, staged: Path, path: Path, layout: _Layout, before: Manifest
    ) -> int | None:
        """Write `path` without repeats, and with a column per property. None where it would be just the staged file.
        Returns how many ids stood for different events: the first arrival of each is kept.

        Repeats are rare, so first look which ids they are: only those are put in order, the rest passes through.
        """
        batch = f"read_parquet({_file(staged)})"
        repeated = _repeated(con, batch, _rows(con, staged))
        known = self._known(con, batch, before)
        if not len(repeated) and not known and layout.given == layout.kept:
            return None
        con.register("repeated", pa.table({"h": repeated}))
        kept = _listed(EVENT_COLUMNS, layout.kept)
        new = f"SELECT * FROM {batch} ANTI JOIN known USING (event_id) WHERE hash(event_id)"
        given = f", concat_ws('|', {layout.given})" if layout.given else ""
        con.execute(
            # The first arrival wins; the rest of the order only makes the choice the same every time.
            f"COPY (SELECT {kept} FROM ({new} NOT IN (SELECT h FROM repeated)) UNION ALL "
            f"SELECT {kept} FROM ({new} IN (SELECT h FROM repeated) QUALIFY row_number() OVER "
            f"(PARTITION BY event_id ORDER BY seen_at, ts, event, account_id, user_id{given}) = 1)) "
            f"TO {_file(path)} {PARQUET}"
        )
        differing = (
            f"SELECT event_id FROM {batch} WHERE hash(event_id) IN (SELECT h FROM repeated) GROUP BY event_id "
            "HAVING count(DISTINCT struct_pack(event, ts, account_id, user_id)) > 1"
        )
        count = one(con, f"SELECT count(*) FROM ({differing})") if len(repeated) else 0
        con.unregister("repeated")
        return count

    def _known(self, con: duckdb.DuckDBPyConnection, batch: str, before: Manifest) -> int:
        """Make `known(event_id)`, those of a batch that are stored already. Returns how many there are."""
        con.execute("CREATE OR REPLACE TEMP TABLE known (event_id VARCHAR)")
        if stored := self.events_of(before.segments):
            con.execute(f"INSERT INTO known SELECT event_id FROM {stored} s SEMI JOIN {batch} b USING (event_id)")
        return one(con, "SELECT count(*) FROM known")

    def described(self, con: duckdb.DuckDBPyConnection, name: str, path: Path, rows: int) -> Segment:
        """A segment for a file of events, with the file of its people, both on disk for good."""
        people = self.root / "events" / f"{name}.people.parquet"
        first_seen = f"SELECT account_id, user_id, min(seen_at) AS first_seen FROM read_parquet({_file(path)})"
        con.execute(f"COPY ({first_seen} GROUP BY 1, 2) TO {_file(people)} {PARQUET}")
        for file in (path, people):
            settle(file)
        sync(path.parent)
        ends = con.execute(f"SELECT min(ts), max(ts), max(seen_at) FROM read_parquet({_file(path)})").fetchall()
        first, last, seen = (moment.replace(tzinfo=UTC).isoformat() for moment in ends[0])
        return Segment(name, f"events/{path.name}", f"events/{people.name}", rows, first, last, seen)

    def with_names(self, con: duckdb.DuckDBPyConnection, segment: Segment) -> Segment:
        """A segment with the file of its names, on disk for good."""
        path = self.root / "events" / f"{segment.id}.names.parquet"
        query = names_sql(self.files([segment.file]), segment.properties, rest=segment.rest)
        con.execute(f"COPY ({query}) TO {_file(path)} {PARQUET}")
        settle(path)
        sync(path.parent)
        return replace(segment, names_file=f"events/{path.name}")

    def ensure_names(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make the files of names that are missing: a store of an earlier version has none."""
        if all(segment.names_file for segment in self.manifest().segments):
            return
        with manifests.writing(self.root):
            now = self.manifest()
            made = tuple(s if s.names_file else self.with_names(con, s) for s in now.segments)
            manifests.save(self.root, replace(now, segments=made))

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
                missing = [wanted[key] for key in _missing(segment, wanted, time_zone)]
                sets = self._sets(con, segment, missing)
                alone = [column for column in missing if column.is_detail and column not in sets]
                side_by_side = [column for column in missing if column not in alone]
                for some in [side_by_side, *([column] for column in alone)]:
                    if some:
                        self._build_rollup(con, segment.id, some, time_zone, sets)
                        built += 1
            return built

    def _sets(
        self, con: duckdb.DuckDBPyConnection, segment: Segment, columns: Iterable[Column]
    ) -> dict[Column, tuple[str, ...]]:
        """Those of the columns whose property has so few different values here that they fit a set of bits."""
        found: dict[Column, tuple[str, ...]] = {}
        for column in (each for each in columns if each.kind == "distinct"):
            name = column_of(column.prop or "")
            events = self.events_of([segment], [column.prop or ""])
            query = f"SELECT DISTINCT {name} FROM {events} WHERE {name} IS NOT NULL LIMIT {SET_OF + 1}"
            values = sorted(value for (value,) in con.execute(query).fetchall())
            if 0 < len(values) <= SET_OF and not any(value.startswith("[") for value in values):  # lists have rows
                found[column] = tuple(values)
        return found

    def _build_rollup(
        self,
        con: duckdb.DuckDBPyConnection,
        segment_id: str,
        columns: list[Column],
        time_zone: str,
        sets: Mapping[Column, tuple[str, ...]],
    ) -> None:
        private_folder(self.root / "rollups")
        path = self.root / "rollups" / f"{segment_id}-{uuid.uuid4().hex[:8]}.parquet"
        now = self.manifest()
        segment = next(one for one in now.segments if one.id == segment_id)
        query = rollup_sql(self.events_of([segment], properties_of(columns)) or "", columns, time_zone, sets=sets)
        # Details are narrow, and quicker read than put in order.
        is_alone = any(column.is_detail and column not in sets for column in columns)
        con.execute(f"COPY ({query}{'' if is_alone else _IN_ORDER}) TO {_file(path)} {_ROLLUP}")
        settle(path)
        sync(path.parent)
        kept = {column.key: sets[column] for column in columns if column in sets}
        rollup = Rollup(f"rollups/{path.name}", tuple(column.key for column in columns), time_zone, kept)
        grown = tuple(replace(s, rollups=(*s.rollups, rollup)) if s.id == segment_id else s for s in now.segments)
        manifests.save(self.root, replace(now, segments=grown))

    # --- reading ------------------------------------------------------------------------------------------------------

    def files(self, names: Iterable[str]) -> str:
        """SQL for these files of the store as one relation."""
        return f"read_parquet([{quote_list(str(self.root / name) for name in names)}])"

    def names(self, segments: Sequence[Segment], con: duckdb.DuckDBPyConnection) -> Names:
        """The names in these segments."""
        relation = self.names_of(segments)

        def rows(columns: str, where: str, rest: str = "") -> list[tuple]:  # type: ignore[type-arg]
            return con.execute(f"SELECT {columns} FROM ({merged(relation, where)}){rest}").fetchall()

        return Names(
            lambda pairs: rows("event, property, rows, first_seen", chosen(pairs)),
            lambda: rows("event, first_seen", "property = ''", f" ORDER BY rows DESC, event LIMIT {MOST_SUGGESTED}"),
            lambda event: rows(
                "property, first_seen", f"property <> '' AND {f'event = {quote(event)}' if event else 'true'}"
            ),
        )

    def names_of(self, segments: Iterable[Segment]) -> str:
        """SQL for what `names_sql` gives of these segments; one without a file of its names is asked itself."""
        files = [segment.names_file for segment in segments if segment.names_file]
        parts = [f"SELECT * FROM {self.files(files)}"] if files else []
        parts += [
            f"SELECT * FROM ({names_sql(self.files([segment.file]), segment.properties, rest=segment.rest)})"
            for segment in segments
            if not segment.names_file
        ]
        return f"({' UNION ALL '.join(parts or [NO_NAMES])})"

    def events_of(self, segments: Iterable[Segment], properties: Collection[str] = ()) -> str | None:
        """SQL for the events of these segments, with a column for each of these properties; None where are none."""
        alike: dict[tuple[str, ...], list[str]] = {}
        for segment in segments:
            alike.setdefault(tuple(_taken(segment, name) for name in sorted(properties)), []).append(segment.file)
        parts = [f"SELECT {_listed(EVENT_COLUMNS, *taken)} FROM {self.files(names)}" for taken, names in alike.items()]
        return f"({' UNION ALL '.join(parts)})" if parts else None


@dataclass(frozen=True)
class _Layout:
    """Which properties of a batch have a column, and SQL for what a row has of them: as given, and as kept."""

    names: tuple[str, ...]
    given: str
    kept: str
    rest: bool = False


def _shredded(con: duckdb.DuckDBPyConnection, staged: Path, empty: Sequence[str]) -> _Layout:
    """A column for each of the commonest properties of a batch that has them as JSON."""
    keys = f"SELECT unnest(json_keys(properties)) AS name FROM read_parquet({_file(staged)})"
    counted = con.execute(f"SELECT name FROM ({keys}) GROUP BY name ORDER BY count(*) DESC, name").fetchall()
    names, rest = tuple(name for (name,) in counted[:MOST]), len(counted) > MOST
    parts = [*shredded(names, empty=empty), *([f"{without(names)} AS {REST}"] if rest else [])]
    return _Layout(names, "properties", _listed(*parts), rest)


def _taken(segment: Segment, name: str) -> str:
    """SQL for the column of a property in the files of a segment."""
    column = column_of(name)
    if name in segment.properties:
        return column
    return f"{text_in(REST, name) if segment.rest else 'NULL::VARCHAR'} AS {column}"


def _columns(properties: Iterable[str]) -> str:
    return _listed(*map(column_of, properties))


def _listed(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _file(path: Path) -> str:
    return quote(str(path))


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
        f"FROM read_parquet({_file(events)})) GROUP BY date_trunc('hour', ts)"
    ).fetchall()
    mostly = 2 * sum(hour[5] for hour in hours) >= sum(hour[2] for hour in hours)
    ends = [hour[3:6] for hour in hours if hour[5]] if mostly else [hour[0:3] for hour in hours]
    return told((first.replace(tzinfo=UTC), last.replace(tzinfo=UTC), count) for first, last, count in ends)


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
    return one(con, f"SELECT count(*) FROM read_parquet({_file(file)})")


__all__ = ["EVENT_COLUMNS", "StoreError", "Stored", "UsageStore"]
