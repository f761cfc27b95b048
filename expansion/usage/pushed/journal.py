"""What is pushed, on disk before anybody is told that it was taken; folded into the store by the next run.

One JSON line a row (journal_lines.py). A line that a dying process left half written was never acknowledged, and is
left out. Folding twice changes nothing: the store keeps an event's id once.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

from expansion.contract import Arrived
from expansion.private_files import private_folder, sync, write_whole
from expansion.usage.pushed.cohort_pages import CohortPages
from expansion.usage.pushed.folding import SOURCE, Fold, Folded
from expansion.usage.pushed.journal_lines import lines_of, rows_of
from expansion.usage.pushed.waiting_events import WaitingEvents
from expansion.usage.pushed.waiting_people import WaitingPeople
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.scratch import scratch
from expansion.usage.storage.store import UsageStore

_NAME = "journal.jsonl"
_ASIDE = "journal-folding.jsonl"
_FOLD = "journal.lock"

T = TypeVar("T", bound=Arrived)


@dataclass(frozen=True)
class Journal:
    """The journal of a usage store. Any number of processes may append, and fold: one after the other."""

    root: Path

    def append(self, rows: Sequence[Arrived]) -> None:
        """Write rows down. When this returns they are on disk; where it raises OSError, none of them is."""
        self.append_lines(lines_of(rows))

    def append_lines(self, lines: bytes) -> None:
        """The same for rows that are lines already, so that many callers can share one sync."""
        with self._alone() as handle:
            before = os.fstat(handle).st_size
            try:
                write_whole(handle, lines)
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, before)
                raise

    def fold(self, store: UsageStore, *, users: Mapping[str, str] | None = None) -> Folded:
        """Bring what was written down into the store; raises what an import raises, and then keeps it for next time.

        It is put aside first, so that what comes in meanwhile goes into a new journal. One fold at a time, from
        beginning to end: a second one would put its journal aside in place of the one that is being read.
        """
        if not any(path.exists() for path in (*self._files, *self._waiting)):
            return Folded()
        journal, aside = self._files
        with self._folding():
            if not aside.exists() and journal.exists():  # else a fold was killed: that one comes first
                with self._alone():
                    journal.replace(aside)
                sync(self.root)
            folded = Fold(store, users or {}).fold(partial(_rows_of, aside))
            aside.unlink(missing_ok=True)
            return folded

    def beside(self, store: UsageStore, *, users: Mapping[str, str] | None = None) -> UsageStore:
        """The store as a fold would leave it, for this process alone: nothing of the store or the journal is written.

        The same store where nothing was pushed. Whoever reads it keeps the files of the store with a Reading.
        """
        # The journal first, then the one put aside, then the manifest: what a fold moves meanwhile is read twice, and
        # counts once.
        written = list(chain.from_iterable(map(_all_of, self._files)))
        if not written and not any(path.exists() for path in self._waiting):
            return store
        copy = UsageStore(scratch(store.root) / f"pushed-{uuid.uuid4().hex[:8]}")
        with manifests.writing(copy.root):
            manifests.save(copy.root, store.manifest().seen_from_elsewhere(store.root))
        Fold(copy, users or {}, copy_of=self.root).fold(partial(_of_kind, written))
        return copy

    def now(self) -> Iterator[Arrived]:
        """What was written down and is in no store yet, the oldest first; for who begins to listen."""
        for path in reversed(self._files):
            yield from _all_of(path)

    @property
    def _files(self) -> tuple[Path, Path]:
        """The journal, and the one that was put aside."""
        return self.root / _NAME, self.root / _ASIDE

    @property
    def _waiting(self) -> tuple[Path, ...]:
        """What earlier folds kept for later ones."""
        return WaitingEvents(self.root).path, WaitingPeople(self.root).path, CohortPages(self.root).path

    @contextmanager
    def _folding(self) -> Iterator[None]:
        handle = os.open(self.root / _FOLD, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """The open journal, for this process alone; a new one, if it was put aside while we waited for it."""
        private_folder(self.root)
        path = self.root / _NAME
        while True:
            is_new = not path.exists()
            handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if path.exists() and os.fstat(handle).st_ino == path.stat().st_ino:
                    _end_line(handle)
                    yield handle
                    if is_new:
                        sync(self.root)
                    return
            finally:
                os.close(handle)


def _end_line(handle: int) -> None:
    """After a line that a dying process left half written, begin a new one."""
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        write_whole(handle, b"\n")


def _of_kind(rows: Sequence[Arrived], kind: type[T]) -> Iterator[T]:
    return (row for row in rows if isinstance(row, kind))


def _all_of(path: Path) -> Iterator[Arrived]:
    return _rows_of(path)


def _rows_of(path: Path, kind: type[T] | None = None) -> Iterator[T]:
    """The rows of a file that another process may put aside, or be done with, at any moment."""
    try:
        yield from rows_of(path, kind)
    except FileNotFoundError:
        return


__all__ = ["SOURCE", "Journal"]
