"""What people answer by buttons: in the ledger before the call is answered, and shown in the system right after it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from expansion.contract import Disposition
from jobs.answers import name_people, show_answers, take_answers
from jobs.place import Place

log = logging.getLogger("expansion.serve")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Answers:
    """Over one place. What cannot be shown now is due in the ledger, and the next run shows it."""

    place: Place
    now: Callable[[], datetime] = _now
    # One thread: two answers to one message are shown in the order in which they were given.
    _after: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "answers"))

    def take(self, said: Sequence[Disposition]) -> None:
        """Write them down; who clicked waits for nothing else."""
        take_answers(self.place, said, self.now())
        self._after.submit(self._show)

    def close(self) -> None:
        """What is to be shown is shown."""
        self._after.shutdown()

    def _show(self) -> None:
        try:
            name_people(self.place)
            show_answers(self.place, self.now)
        except Exception as error:  # the answer stands in the ledger, and the next run shows it
            log.error("%s while answers were shown; the next run shows them", type(error).__name__)
