"""What became of files that were imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass
class FileResult:
    """What became of one file. `rejects` holds the reasons and how often, `examples` what was read, where that tells
    more; `report` the file with every row. `failure`: why nothing of it could be used.
    """

    source: str
    rows: int = 0
    stored: int | None = None  # events that are new; of facts, whose values are counted together, None
    updated: int = 0  # events that took the place of another row of the same id
    repeats: int = 0
    left_out: int = 0  # by the map
    rejects: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    report: Path | None = None
    failure: str | None = None

    @property
    def not_readable(self) -> int:
        return sum(self.rejects.values())

    @property
    def is_useless(self) -> bool:
        """Nothing of it could be read."""
        return self.failure is not None or (self.rows > 0 and self.not_readable == self.rows)


@dataclass
class ImportResult:
    """What became of all files of one import. `values`: of facts, how many are new."""

    what: Literal["events", "facts", "merges"]
    files: Sequence[FileResult]
    values: int | None = None
    notes: Sequence[str] = ()  # what may not be as it was meant

    @property
    def stored(self) -> int:
        return self.values if self.values is not None else sum(one.stored or 0 for one in self.files)
