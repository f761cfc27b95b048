"""What is told of people whose account nobody knows yet: it waits, as their events do, and each fold looks again.

After a while it is set aside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from expansion.contract import FactRecord
from expansion.private_files import replace_file
from expansion.usage.pushed.journal_lines import lines_of, rows_of
from expansion.usage.pushed.waiting_events import LONGEST, MOST

_NAME = "journal-waiting-people.jsonl"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class WaitingPeople:
    """Those of a store."""

    root: Path

    @property
    def path(self) -> Path:
        return self.root / _NAME

    def rows(self) -> Iterator[FactRecord]:
        """What waits, the oldest first."""
        if self.path.exists():
            yield from rows_of(self.path, FactRecord)

    def keep(self, rows: Collection[FactRecord]) -> None:
        """These wait from now on, in place of those that did; on disk when this returns."""
        if rows:
            replace_file(self.path, lines_of(rows))
        else:
            self.path.unlink(missing_ok=True)


def too_long(waiting: Sequence[FactRecord]) -> tuple[list[FactRecord], list[FactRecord]]:
    """Those that have waited long enough, and the others, by when the newest came in; what was said twice is one."""
    once = list({(one.source, one.user_id, one.at, *map(str, one.values.items())): one for one in waiting}.values())
    newest = max(map(_arrived, once), default=_LONG_AGO)
    old = [one for one in once if newest - _arrived(one) > LONGEST]
    left = [one for one in once if newest - _arrived(one) <= LONGEST]
    return old + left[:-MOST], left[-MOST:]


def _arrived(record: FactRecord) -> datetime:
    return record.known_at or record.at or _LONG_AGO
