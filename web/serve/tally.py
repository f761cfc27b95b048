"""What came, by door: for `GET /health` and for whoever watches the terminal. No names, no addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from expansion.contract import Arrived, Aside, Failure


@dataclass
class Taken:
    """Of one door, since the service began."""

    calls: int = 0
    rows: int = 0
    set_aside: int = 0
    refused: int = 0  # whole calls
    failed: int = 0  # by a fault of ours
    reasons: dict[str, int] = field(default_factory=dict)  # why rows were set aside, and calls refused

    def because(self, reason: str, times: int = 1) -> None:
        """Count a reason; they are sentences of ours, so there are few."""
        if reason in self.reasons or len(self.reasons) < 50:
            self.reasons[reason] = self.reasons.get(reason, 0) + times


@dataclass
class Tally:
    """Of all doors."""

    by_door: dict[str, Taken] = field(default_factory=dict)

    def of(self, door: str) -> Taken:
        """Those of a door."""
        return self.by_door.setdefault(door, Taken())

    def took(self, door: str, rows: Sequence[Arrived]) -> None:
        """A call was taken."""
        one = self.of(door)
        one.calls += 1
        one.rows += len(rows)
        for row in rows:
            if isinstance(row, Aside):
                one.set_aside += 1
                one.because(row.reason)

    def refused(self, door: str, failure: Failure) -> None:
        """A call was not."""
        one = self.of(door)
        one.refused += 1
        one.because(str(failure))

    def failed(self, door: str) -> None:
        """A call could not be read, and that is no fault of its sender."""
        self.of(door).failed += 1

    def counts(self) -> dict[str, dict[str, int]]:
        """For everybody who may ask: numbers alone."""
        return {
            name: {"calls": one.calls, "rows": one.rows, "set_aside": one.set_aside, "refused": one.refused}
            for name, one in sorted(self.by_door.items())
        }
