"""Brings files into the usage store by a map: each file is read once, and one that cannot be used stops no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path, PurePath
from typing import Literal
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from expansion.evaluate.naming import left_out
from expansion.files.events_in import EventsIn
from expansion.files.facts_in import FactsIn
from expansion.files.maps import AnyMap, Covers, EventMap, FactMap, MergeMap, load_map
from expansion.files.merges_in import MergesIn
from expansion.files.notes import Notes
from expansion.files.noting import Noted
from expansion.files.read.found import FoundFile, found
from expansion.files.read.reading import reading
from expansion.files.read.rows import Rows, Unusable
from expansion.files.results import FileResult, ImportResult
from expansion.language.model.models import Facts
from expansion.language.workspace import Workspace
from expansion.usage.facts import user_accounts
from expansion.usage.forms.clock import Clock
from expansion.usage.forms.failures import ImportFailed
from expansion.usage.identity.merges import contradiction
from expansion.usage.storage.manifest import of_table, room_in
from expansion.usage.storage.rejects import list_rejects
from expansion.usage.storage.scratch import scratch
from expansion.usage.storage.store import UsageStore
from expansion.usage.storage.tables import Stored, Table

# Gives the rows of files: of those of one table, as they are laid out alike.
Giving = Callable[[duckdb.DuckDBPyConnection, Sequence[FoundFile]], Iterator[Rows | Unusable]]
_OTHER_ROW = (
    "its id stands for another row of this table, which came first and is kept; `update: true` in the map replaces it"
)


def import_files(
    store: UsageStore,
    arguments: Sequence[str],
    map_path: Path,
    now: datetime,
    *,
    zone: str = "UTC",
    facts: Facts | None = None,
    workspace: Workspace | None = None,
) -> ImportResult:
    """Store the events or facts of files, folders and patterns. Raises MapError where the map cannot be used.

    A day without a time begins in `zone`. With `facts`, columns are compared with what facts.yaml asks for; with a
    whole `workspace`, also what conditions ask of events.
    """
    mapping = load_map(map_path).table
    return import_by(store, arguments, mapping, now, zone=zone, facts=facts, workspace=workspace)


def import_by(
    store: UsageStore,
    arguments: Sequence[str],
    mapping: AnyMap,
    now: datetime,
    *,
    zone: str = "UTC",
    facts: Facts | None = None,
    workspace: Workspace | None = None,
) -> ImportResult:
    """The same with a map that was read already."""
    files, problems = found(arguments)
    notes = Notes(mapping, workspace.facts if workspace else facts)
    run = _Run(store, mapping, now, zone, files, notes, workspace, _of_files(store, mapping))
    failed = [FileResult(sentence.partition(":")[0], failure=sentence) for sentence in problems]
    return run.done(failed)


def import_given(
    store: UsageStore,
    file: FoundFile,
    giving: Giving,
    mapping: AnyMap,
    now: datetime,
    *,
    zone: str = "UTC",
    workspace: Workspace | None = None,
    may_be_empty: bool = False,
) -> ImportResult:
    """The same with rows that are no file's: `file` is what they are called by, and which table they are of."""
    notes = Notes(mapping, workspace.facts if workspace else None)
    run = _Run(store, mapping, now, zone, [file], notes, workspace, giving, may_be_empty, "warehouse.merges")
    return run.done(())


def _of_files(store: UsageStore, mapping: AnyMap) -> Giving:
    return lambda con, files: reading(con, files, mapping.read.words, scratch(store.root))


@dataclass
class _Run:
    """One import. Its files have numbers in the order of reading: all that is told of them goes by those."""

    store: UsageStore
    mapping: AnyMap
    now: datetime
    zone: str
    files: Sequence[FoundFile]
    notes: Notes
    workspace: Workspace | None
    giving: Giving
    may_be_empty: bool = False  # what is read is a part of a table: it may have nothing new
    merges_from: str = "files.merges"  # who says so, where the rows are merges
    results: list[FileResult] = field(default_factory=list)

    def done(self, failed: Sequence[FileResult]) -> ImportResult:
        """Read and store all."""
        con = self.store.connect()
        noted = Noted.on(con)
        if isinstance(self.mapping, EventMap):
            self._events(con, self.mapping, noted)
            values = None
        elif isinstance(self.mapping, MergeMap):
            values = self._merges(con, self.mapping, noted, all_there=not failed)
        else:
            values = self._facts(con, self.mapping, noted)
        self._tell(noted)
        kinds: dict[type[AnyMap], Literal["events", "facts", "merges"]] = {EventMap: "events", MergeMap: "merges"}
        what = kinds.get(type(self.mapping), "facts")
        return ImportResult(what, [*failed, *self.results], values, self.notes.sentences(noted))

    @property
    def _clock(self) -> Clock:
        return Clock(self.zone, self.mapping.zone, self.mapping.dates)

    # --- events -------------------------------------------------------------------------------------------------------

    def _events(self, con: duckdb.DuckDBPyConnection, mapping: EventMap, noted: Noted) -> None:
        _load_users(con, user_accounts(self.store))
        for name, files in self._tables().items():
            late = mapping.late_after
            table = Table(name, mapping.update, str(late) if late else None)
            events = EventsIn(self.store, con, mapping, self._clock, self.now, noted, table)
            for rows, first in self._read(con, files):
                with self._failing(rows, first, noted):
                    stored, columns = events.take(rows, first)
                    self.notes.look(columns)
                    self._told(stored, noted)
            if mapping.covers:
                self._cover(name, mapping.covers)
            if self.workspace:
                self.notes.asked += left_out(self.workspace, self.store, name, self.now)

    def _told(self, stored: Stored, noted: Noted) -> None:
        listed = Counter(row.file for row in stored.other_rows)
        for row in stored.other_rows:
            noted.add(row.file, row.line, _OTHER_ROW, row.event_id, None)
        for number, of_file in stored.by_file.items():
            result = self.results[number]
            result.stored = (result.stored or 0) + of_file.stored - of_file.updated
            result.updated += of_file.updated
            result.repeats += of_file.repeats
            noted.count(number, _OTHER_ROW, of_file.differing - listed[number])

    def _cover(self, table: str, covers: Covers) -> None:
        """Note the days that a table covers by its map, whatever its own events tell."""
        mine = [one for one in self.store.manifest().segments if one.table == table]
        if not mine:
            return
        zone, first, last = ZoneInfo(self.zone), min(one.first_ts for one in mine), max(one.last_ts for one in mine)
        begins = datetime.combine(covers.from_, time(), zone) if covers.from_ else datetime.fromisoformat(first)
        ends = datetime.fromisoformat(last)
        if isinstance(covers.until, date):
            ends = datetime.combine(covers.until + timedelta(days=1), time(), zone)
        elif covers.until == "import":
            ends = self.now
        begins, ends = begins.astimezone(UTC), min(ends, self.now).astimezone(UTC)
        if begins < ends:
            self.store.cover(((begins, ends),), of_table(table))

    # --- facts --------------------------------------------------------------------------------------------------------

    def _facts(self, con: duckdb.DuckDBPyConnection, mapping: FactMap, noted: Noted) -> int:
        facts = FactsIn(self.store, con, mapping, self._clock, self.now, noted, self.notes.kinds)
        with room_in(self.store.root):
            for rows, first in self._read(con, self.files):
                with self._failing(rows, first, noted):
                    self.notes.look(facts.take(rows, first))
        self.notes.unreadable = list(facts.unreadable())
        pa.default_memory_pool().release_unused()  # what reading took; to store takes as much again
        stored = facts.store()
        for number, count in facts.repeats.items():
            self.results[number].repeats = count
        return stored

    def _merges(self, con: duckdb.DuckDBPyConnection, mapping: MergeMap, noted: Noted, *, all_there: bool) -> int:
        merges = MergesIn(self.store, con, mapping, self._clock, self.now, noted, self.merges_from)
        for rows, first in self._read(con, self.files):
            with self._failing(rows, first, noted):
                self.notes.look(merges.take(rows, first))
        all_read = all_there and not noted.counts and not any(result.failure for result in self.results)
        why_not = _why_not_whole(merges, all_read=all_read) if mapping.complete else ""
        if why_not:
            self.notes.asked.append(f"{why_not}, so no earlier merge is taken back")
        added = merges.store(whole=mapping.complete and not why_not)
        self.notes.asked += [contradiction(was, one) for was, one in added.against]
        return added.new

    # --- what all do -------------------------------------------------------------------------------------------------

    def _tables(self) -> Mapping[str, list[FoundFile]]:
        """The files of each table."""
        found: dict[str, list[FoundFile]] = {}
        for file in self.files:
            found.setdefault(self.mapping.table or file.table, []).append(file)
        return found

    def _read(self, con: duckdb.DuckDBPyConnection, files: Sequence[FoundFile]) -> Iterator[tuple[Rows, int]]:
        """Rows, with the number of the first of their files; the numbers of the others follow it."""
        for given in self.giving(con, files):
            first = len(self.results)
            if isinstance(given, Unusable):
                self.results.append(FileResult(self._name(given.file), failure=given.sentence))
                continue
            none = 0 if isinstance(self.mapping, EventMap) else None
            self.results += [FileResult(self._name(file), stored=none) for file in given.files]
            yield given, first
            if len(self.results) == first:
                continue  # its files come again, one by one
            for place, count in given.counted().items():
                self.results[first + place].rows = count

    def _name(self, file: FoundFile) -> str:
        """What a file is called beside the others: without its folders, where that tells it apart."""
        short = PurePath(file.name).name
        return short if sum(PurePath(one.name).name == short for one in self.files) < 2 else file.name

    @contextmanager
    def _failing(self, rows: Rows, first: int, noted: Noted) -> Iterator[None]:
        """What keeps some files from being used is told of each of them, and stops no other."""
        try:
            yield
        except ImportFailed as failure:
            for place, file in enumerate(rows.files):
                self.results[first + place].failure = f"{file.name}: {failure}"
        except duckdb.Error as error:
            if not rows.damaged(error):
                raise
            del self.results[first:]
            noted.forget(first)
            return
        for place, sentence in rows.problems().items():
            self.results[first + place].failure = sentence

    def _is_no_use(self, result: FileResult, broken: int) -> bool:
        """Of what is not what its name says every row is broken, and none is worth a line."""
        if result.rows and broken == result.rows:
            what = "holds no row that can be read; check that the file is what its name says"
        elif not result.rows and isinstance(self.mapping, FactMap) and not self.may_be_empty:
            what = "holds no row; is it the file that was meant?"
        else:
            return False
        result.failure = f"{result.source}: {what}"
        return True

    def _tell(self, noted: Noted) -> None:
        """Put what was noted of rows into the results, and list the rows beside the store."""
        for number, result in enumerate(self.results):
            result.left_out = noted.skipped[number]
            if result.failure or self._is_no_use(result, noted.broken[number]):
                continue
            result.rejects = dict(noted.counts.get(number, {}))
            result.examples = {reason: said for (file, reason), said in noted.examples.items() if file == number}
            if result.rejects:
                listed = list_rejects(self.store.root, result.source, noted.rejects(number), by_line=True)
                result.report = listed.report


def _why_not_whole(merges: MergesIn, *, all_read: bool) -> str:
    """Why what these files do not hold is not taken back all the same: half a file ends nothing."""
    if merges.is_empty:
        return "not one row says who has another id"
    return "" if all_read else "not every row could be read"


def _load_users(con: duckdb.DuckDBPyConnection, users: Mapping[str, str]) -> None:
    names = pa.table(
        [pa.array(users.keys(), pa.string()), pa.array(users.values(), pa.string())], ["known_user", "known_account"]
    )
    con.register("user_accounts", names)
