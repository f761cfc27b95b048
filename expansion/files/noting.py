"""Which rows could not be stored, told while they are read: a file is read once, and good rows go on.

The SQL that takes the good rows calls a function for each of the others. DuckDB calls it for those alone, some
thousand at a time, so that a clean file costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from expansion.usage.storage.rejects import MOST, Reject

SKIPPED = "left out by the map"
BROKEN = "\x1b"  # before the reason of what is no row at all
_SHOWN = 300  # characters of a row that are kept
_ARGUMENTS: list[Any] = ["INTEGER", "BIGINT", "VARCHAR", "VARCHAR", "VARCHAR"]


@dataclass
class Noted:
    """By file: how many rows had each reason, an example of what was read, and the first of them, with their lines."""

    counts: dict[int, Counter[str]] = field(default_factory=dict)
    examples: dict[tuple[int, str], str] = field(default_factory=dict)
    skipped: Counter[int] = field(default_factory=Counter)
    broken: Counter[int] = field(default_factory=Counter)  # what was no row at all
    nothing: Counter[str] = field(default_factory=Counter)  # words that were taken for an empty cell
    _rows: dict[int, list[Reject]] = field(default_factory=dict)

    @classmethod
    def on(cls, con: duckdb.DuckDBPyConnection) -> Noted:
        """Lets queries of a connection call `noted(file, line, reason, said, shown)`, which is false, and
        `worded(words)`, which is true.
        """
        noted = cls()
        shared: dict[str, Any] = {"type": "arrow", "null_handling": "special", "side_effects": True}
        con.create_function("noted", noted._take, _ARGUMENTS, "BOOLEAN", **shared)
        con.create_function("worded", noted._count, ["VARCHAR[]"], "BOOLEAN", **shared)
        return noted

    def rejects(self, file: int) -> Iterator[Reject]:
        """The rows of a file that could not be stored, in order."""
        yield from sorted(self._rows.get(file, ()), key=lambda reject: (reject[0] or 0, reject[1]))

    def add(
        self,
        file: int,
        line: int | None,
        reason: str,
        said: str | None,
        shown: str | None,
        *,
        listed: str | None = None,
    ) -> None:
        """One row more; `listed` is the reason as the list of all of them has it, where it says more of this row."""
        if reason == SKIPPED:
            self.skipped[file] += 1
            return
        if reason.startswith(BROKEN):
            self.broken[file] += 1
            reason = reason.removeprefix(BROKEN)
        self.counts.setdefault(file, Counter())[reason] += 1
        if said:
            self.examples.setdefault((file, reason), said)
        kept = self._rows.setdefault(file, [])
        if len(kept) <= MOST:  # one more than a report holds, so that it says that there were more
            whole = listed or (f"{reason}; it says `{said}`" if said else reason)
            kept.append((line, whole, shown and shown[:_SHOWN]))

    def count(self, file: int, reason: str, more: int) -> None:
        """So many rows more, which are not listed one by one."""
        if more:
            self.counts.setdefault(file, Counter())[reason] += more

    def forget(self, first: int) -> None:
        """Nothing was told of the files from this number on: they are read again."""
        for told in (self.counts, self.skipped, self.broken, self._rows):
            for file in [file for file in told if file >= first]:
                del told[file]
        self.examples = {key: said for key, said in self.examples.items() if key[0] < first}

    def _take(self, file: pa.Array, line: pa.Array, reason: pa.Array, said: pa.Array, shown: pa.Array) -> pa.Array:
        columns = (file, line, reason, said, shown)
        for row in zip(*(column.to_pylist() for column in columns), strict=True):
            self.add(*row)
        return pa.array([False] * len(file), pa.bool_())

    def _count(self, words: pa.Array) -> pa.Array:
        every = pc.list_flatten(words.combine_chunks() if isinstance(words, pa.ChunkedArray) else words)
        for found in pc.value_counts(every).to_pylist():
            if found["values"] is not None:
                self.nothing[found["values"]] += found["counts"]
        return pa.array([True] * len(words), pa.bool_())


def good(checked: str, columns: str, first: int) -> str:
    """SQL for the rows without a reason; the others are noted, their files numbered from `first` on."""
    others = f"noted(CAST(file + {first} AS INTEGER), line, reason, said, left(shown, {_SHOWN}))"
    return f"SELECT {columns} FROM ({checked}) WHERE CASE WHEN reason IS NULL THEN true ELSE {others} END"
