"""The usage store: events and facts in Parquet files that are never changed, listed in a manifest."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

import duckdb

from expansion.private_files import private_folder, settle, sync
from expansion.usage.forms.cells import NOTHING
from expansion.usage.forms.duck import PARQUET, connect, one, quote
from expansion.usage.forms.properties import column_of
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.batch import Batch, rows_by_file, rows_of
from expansion.usage.storage.hours import hours_of
from expansion.usage.storage.manifest import FILES, Manifest, Rollup, Segment, StoreError, of_table
from expansion.usage.storage.names import MOST_SUGGESTED, NO_NAMES, Names, chosen, merged, names_sql
from expansion.usage.storage.repeats import Judge, Verdicts
from expansion.usage.storage.rollup import SET_OF, Column, properties_of, rollup_sql
from expansion.usage.storage.scratch import scratch
from expansion.usage.storage.segments import EVENT_COLUMNS, events_of, files_of
from expansion.usage.storage.spans import Spans, joined
from expansion.usage.storage.tables import OfFile, Stored, Table

# A quarter of that for rollups: windows skip more, and several threads find work (measured: a quarter less time). They
# are read again and again, and made again with ease: half as large again, and a fifth faster to write, than with zstd.
_ROLLUP = "(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 32768)"
# Windows skip the blocks of four weeks that lie outside them; within a block the rows of an account are together, so
# that adding them up stays in the processor's cache (measured: a quarter less time than in order of days alone).
_IN_ORDER = " ORDER BY (day - DATE '2000-01-03') // 28, hash(account_id), hash(user_id)"


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
        table: Table | None = None,
        spoiled: Callable[[], Collection[int]] = tuple,
    ) -> Stored:
        """Store the rows of `events` (SQL with EVENT_COLUMNS, all checked) that are not stored yet.

        `properties` are those that the rows have a column of text for (`properties.column_of`); None says that they
        have all of them in a column `properties`, as a JSON object, of which `empty` are texts that say nothing.
        `covered` are the spans for which the source is known now; None stands for those of the events themselves.
        `table`: the rows are of files of this table, and say in `file` and `line` where they stand. `spoiled`: of which
        of the files no row may be kept, as it is known once all were read. When this returns
        the rows are on disk; a kill before leaves the store as it was.
        """
        with manifests.writing(self.root):
            private_folder(self.root / "events")
            name = uuid.uuid4().hex[:16]
            staged = self.root / "events" / f"{name}.staged"
            try:
                batch = Batch.written(
                    con, events, staged, properties, empty, of_files=table is not None, spoiled=spoiled
                )
                spans = batch.spans() if covered is None else covered
                return self._add(batch, name, source, table, spans)
            finally:
                staged.unlink(missing_ok=True)

    def _add(self, batch: Batch, name: str, source: str, table: Table | None, spans: Spans) -> Stored:
        before, offered, by_file = self.manifest(), batch.count(), batch.by_file()
        verdicts = Judge(self.root, batch, before, table).judge()
        path = self.root / "events" / f"{name}.parquet"
        if verdicts.kept is None:
            batch.file.replace(path)
        else:
            batch.con.execute(f"COPY ({verdicts.kept}) TO {quote(str(path))} {PARQUET}")
        rows = one(batch.con, f"SELECT count(*) FROM {rows_of(path)}")
        stored = rows_by_file(batch.con, path) if by_file else {}
        after = self._covered(before, source, table, spans, verdicts)
        after = replace(after, segments=tuple(self._without_replaced(batch.con, after.segments, verdicts)))
        if rows:
            made = self.described(batch.con, name, path, rows)
            made = replace(made, properties=batch.properties, rest=batch.rest)
            made = replace(made, table=table.name if table else "", source=source if table is None else FILES)
            after = replace(after, segments=(*after.segments, self.with_names(batch.con, made)))
        else:
            path.unlink()
        manifests.save(self.root, after)
        told_apart = verdicts.differing if table else 0
        return Stored(
            rows,
            offered - rows - told_apart,
            verdicts.differing,
            verdicts.updated,
            {file: verdicts.by_file.get(file, OfFile())._replace(stored=stored.get(file, 0)) for file in by_file},
            verdicts.other_rows,
        )

    def _covered(
        self, before: Manifest, source: str, table: Table | None, spans: Spans, verdicts: Verdicts
    ) -> Manifest:
        """For when events are known now. A table that brings again most of what another one holds speaks for it too:
        it is the same export under another name.
        """
        if table is None:
            return before.with_spans(source, spans)
        spans = joined([*spans, *(table.covers or ())])
        after = before.with_spans(of_table(table.name), spans).with_late_after(table.name, table.late_after)
        for name, count in verdicts.brought_again.items():
            if name and 2 * count >= sum(segment.rows for segment in before.segments if segment.table == name):
                after = after.with_spans(of_table(name), spans)
        return after

    def _without_replaced(
        self, con: duckdb.DuckDBPyConnection, segments: Sequence[Segment], verdicts: Verdicts
    ) -> Iterator[Segment]:
        """The segments without the rows that others take the place of; those written anew have no rollups."""
        for segment in segments:
            if segment not in verdicts.replaced:
                yield segment
                continue
            name = uuid.uuid4().hex[:16]
            path = self.root / "events" / f"{name}.parquet"
            left = f"SELECT * FROM {self.files([segment.file])} ANTI JOIN replaced USING (event_id)"
            con.execute(f"COPY ({left}) TO {quote(str(path))} {PARQUET}")
            if rows := one(con, f"SELECT count(*) FROM {rows_of(path)}"):
                again = self.described(con, name, path, rows)
                yield self.with_names(con, segment.written_anew(again))
            else:
                path.unlink()

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
        hours = hours_of(con, rows_of(path))
        return Segment(name, f"events/{path.name}", f"events/{people.name}", rows, first, last, seen, hours=hours)

    def with_names(self, con: duckdb.DuckDBPyConnection, segment: Segment) -> Segment:
        """A segment with the file of its names, on disk for good."""
        path = self.root / "events" / f"{segment.id}.names.parquet"
        query = names_sql(self.files([segment.file]), segment.properties, rest=segment.rest)
        con.execute(f"COPY ({query}) TO {_file(path)} {PARQUET}")
        settle(path)
        sync(path.parent)
        return replace(segment, names_file=f"events/{path.name}")

    def ensure_names(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make the files of names and count the hours, where a store of an earlier version has none."""
        if all(segment.names_file and segment.hours for segment in self.manifest().segments):
            return
        with manifests.writing(self.root):
            now = self.manifest()
            named = (s if s.names_file else self.with_names(con, s) for s in now.segments)
            made = tuple(s if s.hours else replace(s, hours=hours_of(con, self.files([s.file]))) for s in named)
            manifests.save(self.root, replace(now, segments=made))

    def cover(self, spans: Spans, source: str = FILES) -> None:
        """Note that a source was asked for these spans, and all it had is stored."""
        with manifests.writing(self.root):
            manifests.save(self.root, self.manifest().with_spans(source, spans))

    def note(self, noted: Callable[[Manifest], Manifest]) -> None:
        """Change what is said beside the files."""
        with manifests.writing(self.root):
            manifests.save(self.root, noted(self.manifest()))

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
        return files_of(self.root, names)

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
        return events_of(self.root, segments, properties)


def _missing(segment: Segment, wanted: dict[str, Column], time_zone: str) -> list[str]:
    have = {key for rollup in segment.rollups if rollup.time_zone == time_zone for key in rollup.columns}
    return sorted(wanted.keys() - have)


def _file(path: Path) -> str:
    return quote(str(path))


__all__ = ["EVENT_COLUMNS", "StoreError", "Stored", "UsageStore"]
