"""Where a run keeps its files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Above this, events are written and imported as Parquet only: JSON lines of 100 million events are 21 GB.
LINES_UP_TO = 20_000_000


def has_lines(events: int) -> bool:
    """Whether so many events are also written as JSON lines."""
    return events <= LINES_UP_TO


@dataclass(frozen=True)
class Place:
    """The folder of one number of events. What every job reads is made once, before the rounds."""

    root: Path

    @property
    def lines(self) -> Path:
        """The events as JSON lines."""
        return self.root / "events.jsonl"

    @property
    def raw(self) -> Path:
        """The same events as Parquet with nine plain columns, in order of time: a pattern for one file or several."""
        return self.root / "events-*.parquet"

    def part(self, number: int) -> Path:
        """One of the files that `raw` stands for."""
        return self.root / f"events-{number:02d}.parquet"

    @property
    def parts(self) -> list[Path]:
        return sorted(self.root.glob(self.raw.name))

    @property
    def day_lines(self) -> Path:
        """One more day of events, as JSON lines."""
        return self.root / "day.jsonl"

    @property
    def day_raw(self) -> Path:
        return self.root / "day.parquet"

    @property
    def imported(self) -> Path:
        """A store with the events and no rollups."""
        return self.root / "imported"

    @property
    def ready(self) -> Path:
        """A store with rollups."""
        return self.root / "ready"

    @property
    def snapshots(self) -> Path:
        """A year of daily snapshots of facts, a row a day and account."""
        return self.root / "snapshots.parquet"

    @property
    def stated(self) -> Path:
        """A store that holds them."""
        return self.root / "stated"

    @property
    def day_imported(self) -> Path:
        """A store with rollups, and one more day that has none yet."""
        return self.root / "day-imported"

    def fired(self, name: str) -> Path:
        """The accounts that each trigger fired for, as one way of computing found them."""
        return self.root / f"fired-{name}.json"

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder that is gone afterwards."""
        folder = self.root / f"scratch-{os.getpid()}"
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def linked_copy(store: Path, to: Path) -> Path:
    """A copy of a store in no time: its files are never changed, only replaced, so hard links serve."""
    shutil.rmtree(to, ignore_errors=True)
    return Path(shutil.copytree(store, to, copy_function=os.link))
