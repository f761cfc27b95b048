"""The pulling of one table by its map: the rows that are new, or all; by the same way into the store as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from expansion.contract import Refused
from expansion.files.import_files import import_by, import_given
from expansion.files.maps import AnyMap, EventMap
from expansion.files.read.given_rows import GivenRows
from expansion.files.results import ImportResult
from expansion.tables.maps import ALWAYS, SOURCES, Maps, TableMap
from expansion.tables.marks import Mark, Part, marked, part
from integrations.warehouse.sources import Tables
from jobs.pulled import Pull, Pulled, Stopped

if TYPE_CHECKING:
    from jobs.place import Place

T = TypeVar("T")


def table_pulls(maps: Maps, named: Sequence[str]) -> Iterator[Pull]:
    """Those of the sources that facts.yaml names, and all merges and people, which come first. And one for what is
    wrong: a map that cannot be used, or a source that no map brings.
    """
    wanted = [source for source in SOURCES if source in named or source in ALWAYS]
    yield from (Pull(source, "table", (one.name,)) for source in wanted for one in maps.of(source))
    missing = [source for source in wanted if source in named and not maps.of(source)]
    yield from (Pull(source, "table", ()) for source in missing or SOURCES[-1:] if missing or maps.mistakes)


def pull_table(place: Place, pull: Pull, source: Tables, now: datetime, stopping: Callable[[], bool]) -> Pulled:
    """Read and store. Raises a Failure; then nothing of it is stored, and the next pull begins where this one did."""
    maps = source.maps()
    if not pull.names:
        return Pulled(pull, problem=_nothing(maps, pull.source, source))
    one = maps.named(pull.names[0])
    if one is None:
        raise Refused(f"the map of {pull.title} is gone; say `expansion check`")
    if one.place.files is not None:
        return _told(pull, _files(place, one, now), Part())
    return _Reading(place, pull, source, one, now, stopping).done()


def _nothing(maps: Maps, source: str, of: Tables) -> str:
    """Why there is nothing to read: maps that cannot be used, or none."""
    if maps.mistakes:
        return "\n".join(maps.mistakes.values())
    return f"no map in {of.folder} brings `{source}`; docs/warehouse.md shows one"


def _files(place: Place, one: TableMap, now: datetime) -> ImportResult:
    named = one.place.files or ()
    arguments = [named] if isinstance(named, str) else list(named)
    workspace = place.definitions.workspace
    mapping = one.mapping.model_copy(update={"table": one.mapping.table or one.table})
    return import_by(place.store, arguments, mapping, now, zone=workspace.policy.time_zone, workspace=workspace)


class _Reading:
    """One table, read once."""

    def __init__(
        self, place: Place, pull: Pull, source: Tables, one: TableMap, now: datetime, stopping: Callable[[], bool]
    ) -> None:
        self.place, self.pull, self.source, self.one = place, pull, source, one
        self.now, self.stopping = now, stopping

    def done(self) -> Pulled:
        key = f"{self.pull.source} {self.one.name}"
        mark = Mark.read(self.place.ledger.cursor(key))
        with self.source.open(self.one) as table:
            seen = table.look()
            some = part(mark, seen, self.one.place, self.one.hash, self.now)
            rows = GivenRows(self.one.file, tuple(seen.kinds), partial(self._until, partial(table.batches, some.since)))
            result = self._imported(rows, some)
        if rows.failure is not None:
            raise rows.failure
        if all(file.failure is None for file in result.files):
            left = marked(mark, seen, self.one.hash, self.now, some)
            self.place.ledger.set_cursor(key, left.text, self.now)
        return _told(self.pull, result, some)

    def _imported(self, rows: GivenRows, some: Part) -> ImportResult:
        workspace = self.place.definitions.workspace
        return import_given(
            self.place.store,
            self.one.file,
            rows.reading,
            self._mapping(rows.columns),
            self.now,
            zone=workspace.policy.time_zone,
            workspace=workspace,
            may_be_empty=True,
        )

    def _mapping(self, columns: Sequence[str]) -> AnyMap:
        """A table holds its rows as they are now: one that changed takes the place of what is stored, unless its map
        says otherwise."""
        mapping = self.one.fitted(columns)
        if isinstance(mapping, EventMap) and "update" not in mapping.model_fields_set:
            return mapping.model_copy(update={"update": True})
        return mapping

    def _until(self, batches: Callable[[], Iterator[Sequence[pa.Array]]]) -> Iterator[Sequence[pa.Array]]:
        for some in batches():
            if self.stopping():
                raise Stopped("the run was stopped while a table was being read; the next run reads it again")
            yield some


def _told(pull: Pull, result: ImportResult, some: Part) -> Pulled:
    """What came of it, in one line; what is worth a look beside it."""
    failures = [file.failure for file in result.files if file.failure]
    rejects = sum(file.not_readable for file in result.files)
    report = next((str(file.report) for file in result.files if file.report), None)
    again = (f"{pull.title}: all of it was read again, for {some.why}",) if some.why else ()
    none = () if some.since or any(file.rows for file in result.files) else ("it holds no row; nothing ends by that",)
    notes = (*again, *(f"{pull.title}: {one}" for one in (*some.changed, *none, *result.notes)))
    changed, repeats = (sum(getattr(file, name) for file in result.files) for name in ("updated", "repeats"))
    done = Pulled(pull, result.stored, repeats, rejects, report, notes=notes, changed=changed)
    return replace(done, problem="\n".join(failures)) if failures else done


__all__ = ["pull_table", "table_pulls"]
