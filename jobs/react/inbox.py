"""Events that wait to be reacted to. Whoever brings them never waits, and what waits is bounded.

They are on disk before they come here. So where too many wait, their rows are let go and read again from there; of
whom they were is kept, for an account that was touched ten times is asked about once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Condition

from expansion.contract import EventRow

MOST_ROWS, MOST_PEOPLE = 20_000, 200_000


@dataclass(frozen=True)
class Batch:
    """What came in until somebody looked. `skipped`: so many rows were let go; `people`: whose they were."""

    rows: Sequence[EventRow] = ()
    skipped: int = 0
    people: frozenset[tuple[str, str]] = frozenset()  # account and user as they were said; "" for none


@dataclass
class Inbox:
    """Any thread may put something in; one takes it out."""

    most_rows: int = MOST_ROWS
    most_people: int = MOST_PEOPLE
    _rows: list[EventRow] = field(default_factory=list)
    _skipped: int = 0
    _people: set[tuple[str, str]] = field(default_factory=set)
    _came: Condition = field(default_factory=Condition)

    def put(self, rows: Sequence[EventRow]) -> None:
        """Rows that are on disk."""
        with self._came:
            self._rows.extend(rows)
            if self._skipped or len(self._rows) > self.most_rows:
                self._let_go()
            self._came.notify()

    def take(self, wait: float, gather: float) -> Batch:
        """All that is there, at the latest after `wait` seconds; once something is, more is gathered for a moment."""
        with self._came:
            if not self._came.wait_for(self._has_some, wait):
                return Batch()
        if gather:
            time.sleep(gather)
        with self._came:
            batch = Batch(self._rows, self._skipped, frozenset(self._people))
            self._rows, self._skipped, self._people = [], 0, set()
            return batch

    def wake(self) -> None:
        """Whoever waits looks up."""
        with self._came:
            self._came.notify()

    def _has_some(self) -> bool:
        return bool(self._rows or self._skipped)

    def _let_go(self) -> None:
        self._skipped += len(self._rows)
        for one in map(named, self._rows):
            if len(self._people) < self.most_people:  # those beyond wait for the next run
                self._people.add(one)
        self._rows = []


def named(row: EventRow) -> tuple[str, str]:
    """Whose event it is, as it was said."""
    return str(row.account_id or ""), str(row.user_id or "")
