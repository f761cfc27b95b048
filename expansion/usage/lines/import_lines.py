"""Lines of events that a source downloads, into the store: taken apart in SQL while more of them come."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from expansion.contract import EventRow
from expansion.event_lines import EventLines
from expansion.usage.forms.duck import one
from expansion.usage.forms.properties import MOST, shredded, taken, without
from expansion.usage.import_events import Imported, Importing, import_rows, stored_by_pulls
from expansion.usage.lines.line_parts import LineParts
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.scratch import scratch
from expansion.usage.storage.segments import EVENT_COLUMNS, listed
from expansion.usage.storage.spans import Span
from expansion.usage.storage.store import UsageStore

_MOST_AT_ONCE = 2 << 30  # bytes of files, until they are stored: some 30 million events
_FEW = 1 << 18  # bytes of lines that are read one by one


def import_lines(
    store: UsageStore,
    source: str,
    lines: EventLines,
    covered: Span | None,
    *,
    users: Mapping[str, str] | None = None,
    most_at_once: int = _MOST_AT_ONCE,
    few: int = _FEW,
) -> Imported:
    """As `import_rows` of the events that the lines say, and several times as fast where nearly all lines are plain.

    Where people were forgotten each line is read by its source: any text of it may name one of them.
    """
    if lines.plain is None or forgotten_people(store.root):
        return import_rows(store, source, lines.events(), covered, users=users)
    run = Importing(store, source, covered, users or {})
    with _folder(store) as folder:
        with_former = stored_by_pulls(store) is not None
        parts = LineParts(store, lines.plain, users or {}, run.by, folder, with_former=with_former, few=few)
        failure = _Lines(run, lines, lines.plain.reserved, parts, most_at_once).stored()
    if failure is not None:
        raise failure
    return run.done()


@contextmanager
def _folder(store: UsageStore) -> Iterator[Path]:
    """A private folder, which goes with the process at the latest."""
    folder = scratch(store.root) / uuid.uuid4().hex[:16]
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Lines:
    """The lines of one pull: into parts, and from there into the store."""

    run: Importing
    lines: EventLines
    reserved: frozenset[str]
    parts: LineParts
    most_at_once: int
    bad: int = 0

    def stored(self) -> Exception | None:
        """Store all. A failure of the source is handed back, so that what came before it is kept."""
        failure = self._take_all()
        self._store()
        try:
            self.run.rows(self._left_over())
            if failure is None:
                self.lines.ended(self.parts.read, self.bad)
        except Exception as later:  # whatever a source raises is raised again when the folder is gone
            return failure or later
        return failure

    def _take_all(self) -> Exception | None:
        """A block is taken apart while the next one comes."""
        with ThreadPoolExecutor(1) as beside:
            taking: Future[None] | None = None
            blocks = self.lines.blocks()
            while True:
                try:
                    block, failure = next(blocks, None), None
                except Exception as broken:
                    block, failure = None, broken
                if taking:
                    taking.result()
                if block is None:
                    return failure
                if self.parts.size > self.most_at_once:
                    self._store()
                taking = beside.submit(self.parts.take, block)

    def _left_over(self) -> Iterator[EventRow]:
        """The events of the lines that are not plain."""
        for line in self.parts.left_over():
            rows = self.lines.rows(line)
            self.bad += rows is None
            yield from rows or ()

    def _store(self) -> None:
        """Store what was taken apart so far."""
        if not self.parts.files:
            return
        run, relation = self.run, self.parts.relation
        run.reading.add(run.con, run.store, f"SELECT ts, account_id, NULL::VARCHAR AS reason FROM {relation}")
        names = self.parts.names
        properties = tuple(sorted(names.keys() - self.reserved, key=lambda name: (-names[name], name)))
        events = _events(self._without_known(relation), properties, self.reserved)
        run.add(events, properties if len(properties) <= MOST else None)
        self.parts.gone()

    def _without_known(self, relation: str) -> str:
        """Without the events that are stored under a former id, which count as they are."""
        stored = stored_by_pulls(self.run.store)
        known = f"former_id IN (SELECT event_id FROM {stored})" if stored else "false"
        count = one(self.run.con, f"SELECT count(*) FROM {relation} WHERE {known}") if stored else 0
        self.run.result.duplicates += count
        return f"(SELECT * FROM {relation} WHERE ({known}) IS NOT TRUE)" if count else relation


def _events(relation: str, properties: tuple[str, ...], reserved: frozenset[str]) -> str:
    """SQL for events with a column for each property; or with all in one, where they are too many for that."""
    if len(properties) > MOST:
        return f"SELECT {EVENT_COLUMNS}, {without(sorted(reserved))} AS properties FROM {relation}"
    columns = listed(EVENT_COLUMNS, *shredded(properties))
    return f"SELECT {columns} FROM (SELECT {EVENT_COLUMNS}, {taken(properties)} FROM {relation})"


__all__ = ["import_lines"]
