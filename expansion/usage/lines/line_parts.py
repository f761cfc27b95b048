"""Lines of events, taken apart while more are downloaded: pieces of them into files of a private folder.

Nothing of the store is locked meanwhile, and no more than a few pieces are held in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from duckdb.func import ARROW, SPECIAL

from expansion.event_lines import Column, PlainLine, lines_of
from expansion.usage.forms.duck import one, quote, quote_list
from expansion.usage.import_events import checked_pull, load_users
from expansion.usage.lines.line_sql import LineSql
from expansion.usage.storage.segments import EVENT_COLUMNS
from expansion.usage.storage.store import UsageStore

_PART = "(FORMAT parquet, COMPRESSION snappy)"  # read once, and soon
_LF = 10


class LineParts:
    """What came of the lines so far: `files` of events, the lines that are left over, and how many there were."""

    def __init__(
        self,
        store: UsageStore,
        plain: PlainLine,
        users: Mapping[str, str],
        by: datetime | None,
        folder: Path,
        *,
        with_former: bool,
        few: int,
    ) -> None:
        self._folder, self._con, self._left, self._few = folder, store.connect(), folder / "left.jsonl", few
        load_users(self._con, users)
        _create(self._con, "ids", plain.ids, len(plain.known_by))
        _create(self._con, "former_ids", plain.former_ids, len(plain.formerly))
        lines = f"(SELECT *, NULL::BIGINT AS line FROM ({LineSql(plain, with_former).pulled('lines')}))"
        self._checked = checked_pull(by, lines, "names", "row", "former_id", plain=True)
        self.files: list[Path] = []
        self.size = 0  # bytes of the files
        self.names: Counter[str] = Counter()  # of properties: in how many events
        self.read = 0

    def take(self, block: bytes) -> None:
        """Take whole lines apart; few are left over: to plan the query takes longer than to read a thousand lines."""
        if len(block) < self._few:
            self._leave(lines_of(block))
            return
        try:
            texts = _texts(block)
        except UnicodeDecodeError:  # some line is no text: what it is, the source has to say
            self._leave(lines_of(block))
            return
        self._con.register("lines", pa.table({"row": texts}))
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE checked AS SELECT * EXCLUDE (text) FROM ({self._checked})")
        self._con.unregister("lines")
        self._count_names()
        self._write()

    def _count_names(self) -> None:
        """A line that names a property twice means the last of the two, which DuckDB does not tell."""
        self._con.execute(
            "CREATE OR REPLACE TEMP TABLE named AS SELECT names, count(*) AS events, "
            "len(list_distinct(names)) < len(names) AS twice FROM checked WHERE reason IS NULL GROUP BY names"
        )
        if one(self._con, "SELECT count(*) FROM named WHERE twice"):
            twice = "SELECT names FROM named WHERE twice"
            self._con.execute(f"UPDATE checked SET reason = 'twice' WHERE names IN ({twice})")
        counted = "SELECT unnest(names) AS name, events FROM named WHERE NOT twice"
        found = self._con.execute(f"SELECT name, CAST(sum(events) AS BIGINT) FROM ({counted}) GROUP BY name")
        self.names.update(dict(found.fetchall()))

    def _write(self) -> None:
        left = self._con.execute("SELECT row FROM checked WHERE reason IS NOT NULL")
        while some := left.fetchmany(10_000):
            self._leave(row.encode() for (row,) in some)
        good = one(self._con, "SELECT count(*) FROM checked WHERE reason IS NULL")
        if good:
            path = self._folder / f"{len(self.files)}-{self.read}.parquet"
            rows = f"SELECT {EVENT_COLUMNS}, properties, former_id FROM checked WHERE reason IS NULL"
            self._con.execute(f"COPY ({rows}) TO {quote(str(path))} {_PART}")
            self.files.append(path)
            self.size += path.stat().st_size
            self.read += good

    def _leave(self, lines: Iterable[bytes]) -> None:
        """Keep these lines for the source to read."""
        some = [line.rstrip(b"\n") + b"\n" for line in lines if line.strip()]
        self.read += len(some)
        with self._left.open("ab") as file:
            file.writelines(some)

    def left_over(self) -> Iterator[bytes]:
        """The lines that the source reads."""
        if self._left.exists():
            with self._left.open("rb") as lines:
                yield from (line.rstrip(b"\n") for line in lines)

    @property
    def relation(self) -> str:
        """SQL for the events with `properties`, as JSON, and `former_id`."""
        return f"read_parquet([{quote_list(map(str, self.files))}])"

    def gone(self) -> None:
        """Take the files away: what they held is stored."""
        for path in self.files:
            path.unlink()
        self.files, self.size, self.names = [], 0, Counter()


def _texts(block: bytes) -> pa.Array:
    """The lines of a block as one column that shares its memory. Raises UnicodeDecodeError where they are no text."""
    if not block.isascii():
        str(block, "utf-8")
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == _LF) + 1
    bounds = np.concatenate(([0], ends, [] if block.endswith(b"\n") else [len(block)])).astype(np.int32)
    return pa.StringArray.from_buffers(len(bounds) - 1, pa.py_buffer(bounds), pa.py_buffer(block))


def _create(con: duckdb.DuckDBPyConnection, name: str, work: Callable[..., Column], width: int) -> None:
    """A function in SQL, of so many columns of text."""

    @wraps(work)  # DuckDB asks how many columns it takes
    def called(*columns: pa.Array) -> pa.Array:
        return pa.array(work(*(column.to_pylist() for column in columns)), pa.string())

    shared: dict[str, Any] = {"type": ARROW, "null_handling": SPECIAL}
    con.create_function(name, called, ["VARCHAR"] * width, "VARCHAR", **shared)


__all__ = ["LineParts"]
