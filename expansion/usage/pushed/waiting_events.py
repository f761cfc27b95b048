"""Events of people whose account nobody knows yet: they wait, and each fold looks again, as a `group` call or the CRM
may tell it later. After a while they are set aside."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from expansion.contract import EventRow
from expansion.private_files import replace_file
from expansion.usage.forms.cells import as_id, is_nothing
from expansion.usage.forms.moments import moment
from expansion.usage.pushed.journal_lines import lines_of, rows_of

_NAME = "journal-waiting.jsonl"
LONGEST = timedelta(days=30)  # from when it arrived to when the newest did
MOST = 100_000  # events that wait; the oldest are set aside first
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class WaitingEvents:
    """Those of a store."""

    root: Path

    @property
    def path(self) -> Path:
        return self.root / _NAME

    def rows(self) -> Iterator[EventRow]:
        """The events that wait, the oldest first."""
        if self.path.exists():
            yield from rows_of(self.path, EventRow)

    def keep(self, rows: Collection[EventRow]) -> None:
        """These wait from now on, in place of those that did; on disk when this returns."""
        if rows:
            replace_file(self.path, lines_of(rows))
        else:
            self.path.unlink(missing_ok=True)


def parted(rows: Sequence[EventRow], users: Mapping[str, str]) -> tuple[list[EventRow], list[EventRow]]:
    """Those that can be stored, or are set aside; and those of a person whose account is not known."""
    ready: list[EventRow] = []
    waiting: list[EventRow] = []
    for row in rows:
        (waiting if _waits(row, users) else ready).append(row)
    return ready, waiting


def _waits(row: EventRow, users: Mapping[str, str]) -> bool:
    if not is_nothing(row.account_id) or is_nothing(row.user_id) or is_nothing(row.event_id):
        return False
    return as_id(row.user_id) not in users


def too_long(waiting: Sequence[EventRow]) -> tuple[list[EventRow], list[EventRow]]:
    """Those that have waited long enough, and the others: by when the newest of them came in, as no clock is asked."""
    once = list({row.event_id: row for row in waiting}.values())
    newest = max(map(_arrived, once), default=_LONG_AGO)
    old = [row for row in once if newest - _arrived(row) > LONGEST]
    left = [row for row in once if newest - _arrived(row) <= LONGEST]
    return old + left[:-MOST], left[-MOST:]


def _arrived(row: EventRow) -> datetime:
    return moment(row.received_at) or moment(row.time) or _LONG_AGO
