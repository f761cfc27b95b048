"""Where a run keeps its files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


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
        """The same events as one Parquet file with eight plain columns, in order of time."""
        return self.root / "events.parquet"

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
