"""The first rows of files, table by table, for a map to be proposed of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from expansion.files.maps import ReadMap
from expansion.files.propose.looking import Table
from expansion.files.read.found import PACKED, found
from expansion.files.read.rows import Unusable
from expansion.files.read.sampling import Sample, sample
from expansion.usage.forms.duck import connect

MOST_ROWS = 10_000  # of a table: enough to tell what its columns are
_FEWEST = 1_000
_MOST_CELLS = 300_000  # a wide table is looked at in seconds, too
_MOST_FILES = 50  # of a table: a year of daily files says no more


@dataclass
class _Gathered:
    """What was read of one table so far."""

    most: int
    columns: dict[str, None] = field(default_factory=dict)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    files: int = 0
    is_whole: bool = True
    is_json: bool = False

    @property
    def room(self) -> int:
        """How many rows are still wanted."""
        most = min(self.most, max(_FEWEST, _MOST_CELLS // max(1, len(self.columns))))
        return 0 if self.files >= _MOST_FILES else most - len(self.rows)

    def take(self, looked: Sample) -> None:
        """The rows of one more file."""
        for column in looked.columns or (name for row in looked.rows for name in row):
            self.columns.setdefault(column)
        room = self.room
        self.files += 1
        # Of a packed file the beginning is unpacked: whether that is all of it is not known.
        packed = looked.file.path.endswith(PACKED) and len(looked.rows) >= _FEWEST
        self.is_whole &= len(looked.rows) <= room and not packed
        self.is_json |= looked.columns is None
        self.rows += looked.rows[:room]


def tables(
    arguments: Sequence[str], most: int = MOST_ROWS, read: Mapping[str, Any] | None = None
) -> tuple[list[Table], list[str]]:
    """The tables that files hold, each with its first rows; and a sentence for each file that gives none.

    `read` are words of a map's `read:`, for files of which looking does not tell how they are read.
    """
    words = ReadMap.model_validate(read or {}).words
    files, sentences = found(arguments)
    gathered: dict[str, _Gathered] = {}
    with TemporaryDirectory(prefix="expansion-map-") as folder, connect(threads=1) as con:
        for file in files:
            table = gathered.setdefault(file.table, _Gathered(most))
            if table.room <= 0:
                table.is_whole = False
                continue
            looked = sample(con, file, words, Path(folder), table.room + 1)
            if isinstance(looked, Unusable):
                sentences.append(looked.sentence)
            else:
                table.take(looked)
    return [_table(name, one, read or {}) for name, one in gathered.items() if one.files], sentences


def _table(name: str, gathered: _Gathered, read: Mapping[str, Any]) -> Table:
    return Table(name, tuple(gathered.columns), gathered.rows, gathered.is_whole, gathered.is_json, read)
