"""A batch of events on its way into the store: written down once, then looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from expansion.usage.forms.duck import PARQUET, one, quote
from expansion.usage.forms.properties import MOST, REST, column_of, shredded, taken, without
from expansion.usage.storage.segments import EVENT_COLUMNS, columns_of, listed
from expansion.usage.storage.spans import Spans, told

_SORTED_AT_ONCE = 16_000_000  # hashes: 128 MB
_DAY, _HOUR, _MICROSECOND = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
_SEVERAL = 2
PLACE = "file, line"  # where a row of a file stands


@dataclass(frozen=True)
class Batch:
    """Events in a file, and which of their properties have a column: SQL for those columns."""

    con: duckdb.DuckDBPyConnection
    file: Path
    properties: tuple[str, ...]
    kept: str
    rest: bool = False
    of_files: bool = False  # with PLACE

    @classmethod
    def written(
        cls,
        con: duckdb.DuckDBPyConnection,
        events: str,
        file: Path,
        properties: Sequence[str] | None,
        empty: Sequence[str],
        *,
        of_files: bool,
        spoiled: Callable[[], Collection[int]] = tuple,
    ) -> Batch:
        """The rows of `events` in a file; see `UsageStore.add_events`."""
        given = "properties" if properties is None else columns_of(properties)
        columns = listed(EVENT_COLUMNS, given, PLACE if of_files else "")
        con.execute(f"COPY (SELECT {columns} FROM ({events})) TO {quote(str(file))} {PARQUET}")
        if gone := spoiled():
            left = f"file NOT IN ({', '.join(map(str, gone))})"
            _write_anew(con, file, lambda rows: f"SELECT * FROM {rows} WHERE {left}")
        if properties is not None:
            return cls(con, file, tuple(properties), given, of_files=of_files)
        names, rest = _shred(con, file, empty, PLACE if of_files else "")
        return cls(con, file, names, listed(columns_of(names), REST if rest else ""), rest, of_files)

    @property
    def relation(self) -> str:
        return rows_of(self.file)

    @property
    def columns(self) -> str:
        """What is stored of a row."""
        return listed(EVENT_COLUMNS, self.kept, PLACE if self.of_files else "")

    @property
    def names(self) -> list[str]:
        """The columns that those are."""
        return [*map(column_of, self.properties), *([REST] if self.rest else [])]

    def count(self) -> int:
        return one(self.con, f"SELECT count(*) FROM {self.relation}")

    def by_file(self) -> dict[int, int]:
        """How many rows there are of each file of a table."""
        return rows_by_file(self.con, self.file) if self.of_files else {}

    def repeated(self, rows: int) -> npt.NDArray[np.uint64]:
        """The hashes that several ids have. Sorting hashes takes half the time and memory of COUNT(DISTINCT)."""
        parts = 1 + rows // _SORTED_AT_ONCE
        found = []
        for part in range(parts):
            mine = f"SELECT hash(event_id) AS h FROM {self.relation} WHERE hash(event_id) % {parts} = {part}"
            hashes = np.asarray(self.con.execute(mine).fetchnumpy()["h"])
            hashes.sort()
            found.append(np.unique(hashes[1:][hashes[1:] == hashes[:-1]]))
        return np.concatenate(found)

    def spans(self) -> Spans:
        """The spans for which it holds events. What arrived a day late or more is a straggler that says nothing of the
        others of its day, unless most of it is like that: then lateness is how this source is loaded. A table of days
        speaks for whole days.
        """
        hours = self.con.execute(
            "SELECT min(ts), max(ts), count(*), min(ts) FILTER (on_time), max(ts) FILTER (on_time), "
            "count(*) FILTER (on_time) FROM (SELECT ts, seen_at <= ts + INTERVAL 1 DAY AS on_time "
            f"FROM {self.relation}) GROUP BY date_trunc('hour', ts)"
        ).fetchall()
        mostly = 2 * sum(hour[5] for hour in hours) >= sum(hour[2] for hour in hours)
        ends = [hour[3:6] for hour in hours if hour[5]] if mostly else [hour[0:3] for hour in hours]
        if self.of_files and _is_daily((first, last, count) for first, last, count, *_ in hours):
            ends = [(first, last + _DAY - _MICROSECOND, count) for first, last, count in ends]
        return told((first.replace(tzinfo=UTC), last.replace(tzinfo=UTC), count) for first, last, count in ends)


def _write_anew(con: duckdb.DuckDBPyConnection, file: Path, query: Callable[[str], str]) -> None:
    """Put what a query makes of a file's rows in its place."""
    before = file.with_suffix(".before")
    file.replace(before)
    try:
        con.execute(f"COPY ({query(rows_of(before))}) TO {quote(str(file))} {PARQUET}")
    finally:
        before.unlink()


def rows_of(file: Path) -> str:
    return f"read_parquet({quote(str(file))})"


def _is_daily(hours: Iterable[tuple[datetime, datetime, int]]) -> bool:
    """Whether each row is one of a whole day: all have one time of the day, or two where clocks are changed, and then
    no day has both. Given by hours, each with its first and last moment and how many there are."""
    known = sorted(hours)
    times = sorted({first - first.replace(hour=0, minute=0, second=0, microsecond=0) for first, _, _ in known})
    if sum(count for _, _, count in known) < _SEVERAL or any(first != last for first, last, _ in known):
        return False
    if 2 * len(known) < (known[-1][0] - known[0][0]).days + 1:
        return False  # of rare events that were written down as days
    if len({first.date() for first, _, _ in known}) < len(known):
        return False
    return len(times) == 1 or (len(times) == _SEVERAL and (times[1] - times[0]) in (_HOUR, _DAY - _HOUR))


def rows_by_file(con: duckdb.DuckDBPyConnection, file: Path) -> dict[int, int]:
    """How many of the rows came from each of the files that were imported."""
    return dict(con.execute(f"SELECT file, count(*) FROM {rows_of(file)} GROUP BY file ORDER BY file").fetchall())


def _shred(
    con: duckdb.DuckDBPyConnection, file: Path, empty: Sequence[str], place: str
) -> tuple[tuple[str, ...], bool]:
    """Give the commonest properties of a batch that has them as JSON a column each. Says which, and whether there are
    more."""
    keys = f"SELECT unnest(json_keys(properties)) AS name FROM {rows_of(file)}"
    counted = con.execute(f"SELECT name FROM ({keys}) GROUP BY name ORDER BY count(*) DESC, name").fetchall()
    names, rest = tuple(name for (name,) in counted[:MOST]), len(counted) > MOST
    parts = [*shredded(names, empty), *([f"{without(names)} AS {REST}"] if rest else [])]
    columns = listed(EVENT_COLUMNS, *parts, place)
    _write_anew(con, file, lambda rows: f"SELECT {columns} FROM (SELECT *, {taken(names)} FROM {rows})")
    return names, rest
