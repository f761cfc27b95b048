"""Tables of a DuckDB file, opened for reading alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from expansion.contract import Failure, Refused, TryLater
from expansion.files.from_words import From
from expansion.tables.marks import Seen
from expansion.usage.forms.duck import identifier, quote
from integrations.warehouse.meanings import first_line
from integrations.warehouse.table_meanings import failure
from integrations.warehouse.tables import TOGETHER, trimmed

_NESTED = ("STRUCT", "MAP", "UNION")


@dataclass
class DuckTable:
    """A table or a query of a file."""

    con: duckdb.DuckDBPyConnection
    place: From
    _kinds: dict[str, str] = field(default_factory=dict)

    @classmethod
    def opened(cls, path: str, place: From) -> DuckTable:
        try:
            con = duckdb.connect(path, read_only=True)
        except duckdb.Error as error:
            raise _unopened(error, place) from error
        con.execute("SET TimeZone = 'UTC'")
        return cls(con, place)

    def look(self) -> Seen:
        try:
            return self._look()
        except duckdb.Error as error:
            raise self._failure(error) from error

    def batches(self, since: str | None) -> Iterator[Sequence[pa.Array]]:
        columns = ", ".join(_text(name, kind) for name, kind in self._kinds.items())
        query = f"SELECT {columns} FROM {self._held}"  # noqa: S608  # quoted, or the map's own
        if since is not None and self.place.cursor is not None:
            query += f" WHERE {self._cursor} >= {quote(since)} OR {self._cursor} IS NULL"
        try:
            for batch in self._rows(query):
                yield [batch.column(at).cast(pa.string()) for at in range(batch.num_columns)]
        except (duckdb.Error, OSError) as error:
            raise self._failure(error) from error

    def writes(self) -> list[str] | None:
        return []  # the file is opened for reading

    def close(self) -> None:
        self.con.close()

    def _look(self) -> Seen:
        described = self.con.execute(f"DESCRIBE SELECT * FROM {self._held}").fetchall()  # noqa: S608  # the same
        self._kinds = {str(row[0]): str(row[1]) for row in described}
        if self.place.cursor is None:
            return Seen(self._kinds)
        ends = f"min({self._cursor})::VARCHAR, max({self._cursor})::VARCHAR"
        ((lowest, highest),) = self.con.execute(f"SELECT {ends} FROM {self._held}").fetchall()  # noqa: S608
        return Seen(self._kinds, lowest, highest)

    def _rows(self, query: str) -> pa.RecordBatchReader:
        return self.con.sql(query).to_arrow_reader(TOGETHER)

    @property
    def _held(self) -> str:
        if self.place.table is None:
            return f"({trimmed(self.place)}\n) AS held"
        return f"{'.'.join(map(identifier, self.place.table.split('.')))} AS held"

    @property
    def _cursor(self) -> str:
        assert self.place.cursor is not None, "asked where there is one"
        return f"held.{identifier(self.place.cursor)}"

    def _failure(self, error: Exception) -> Failure:
        what = self.place.table or "the query of the map"
        return failure("", False, first_line(error, set()), self.place.connection, what)


def _text(name: str, kind: str) -> str:
    column = f"held.{identifier(name)}"
    is_nested = kind.startswith(_NESTED) or kind.endswith("]")
    return f"CAST({f'to_json({column})' if is_nested else column} AS VARCHAR) AS {identifier(name)}"


def _unopened(error: duckdb.Error, place: From) -> Failure:
    said = first_line(error, set())
    if "lock" in said.lower():
        return TryLater(f"the warehouse ({place.connection}) is being written by another program: {said}")
    return Refused(f"the warehouse ({place.connection}) cannot be opened: {said}; check the path in its URL")


__all__ = ["DuckTable"]
