"""Tables of PostgreSQL by COPY: the server's own text of each value, taken apart by Arrow as it comes.

Measured, two million rows of nine columns: COPY of CSV into Arrow takes 4.3 to 6 s, Arrow's own driver for PostgreSQL
(ADBC) 3.7 to 4.2 s, and rows by a cursor of the server 11 to 12 s; what only fetches the bytes takes 5.4 s. So ADBC is
not worth a dependency: it gives types where an import wants texts, and what costs is the server.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg
import pyarrow as pa
from psycopg import sql
from pyarrow import csv

from expansion.contract import Failure
from expansion.files.from_words import From
from expansion.tables.marks import Seen
from integrations.warehouse.meanings import first_line
from integrations.warehouse.table_meanings import SECONDS, failure
from integrations.warehouse.tables import trimmed

_OPTIONS = f"-c statement_timeout={SECONDS}s -c timezone=UTC -c datestyle=ISO -c bytea_output=hex"
# A server that is gone without a word is noticed within two minutes.
_ALIVE = {"keepalives": 1, "keepalives_idle": 60, "keepalives_interval": 15, "keepalives_count": 4}
_BLOCK = 1 << 20  # blocks of 4 MB take 60 MB more, and are no faster (measured)
_WRITING = ("INSERT", "UPDATE", "DELETE")


@dataclass
class PostgresTable:
    """Read in one transaction that only reads, as the table was when it began."""

    connection: psycopg.Connection[Any]
    place: From
    secrets: set[str]
    _kinds: dict[str, str] = field(default_factory=dict)

    @classmethod
    def opened(cls, url: str, place: From, secrets: set[str]) -> PostgresTable:
        try:
            connection = psycopg.connect(url, options=_OPTIONS, connect_timeout=15, client_encoding="utf8", **_ALIVE)  # type: ignore[arg-type]  # libpq's own words
        except psycopg.Error as error:
            raise _failure(error, place, secrets) from error
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return cls(connection, place, secrets)

    def look(self) -> Seen:
        try:
            return self._look()
        except psycopg.Error as error:
            raise _failure(error, self.place, self.secrets) from error

    def batches(self, since: str | None) -> Iterator[Sequence[pa.Array]]:
        assert self._kinds, "asked after it was looked at"
        query = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(self._query(since))
        try:
            with self.connection.cursor() as cursor, cursor.copy(query) as copy:
                yield from _parsed(copy, len(self._kinds))
        except psycopg.Error as error:
            raise _failure(error, self.place, self.secrets) from error

    def writes(self) -> list[str] | None:
        if self.place.table is None:
            return []
        with self.connection.cursor() as cursor:
            name = self._named.as_string(cursor)
            return [right for right in _WRITING if self._may(cursor, name, right)]

    def close(self) -> None:
        self.connection.close()

    @staticmethod
    def _may(cursor: psycopg.Cursor[Any], name: str, right: str) -> bool:
        row = cursor.execute("SELECT has_table_privilege(%s, %s)", [name, right]).fetchone()
        return row is not None and bool(row[0])

    def _look(self) -> Seen:
        with self.connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(self._held))
            self._kinds = {column.name: column.type_display for column in cursor.description or ()}
            lowest, highest = self._ends(cursor)
            return Seen(self._kinds, lowest, highest, self._identity(cursor))

    def _ends(self, cursor: psycopg.Cursor[Any]) -> tuple[str | None, str | None]:
        """Two queries: an index answers each at once, and both together not."""
        if self.place.cursor is None:
            return None, None
        ends = []
        for which in ("min", "max"):
            query = sql.SQL("SELECT {}({})::text FROM {}").format(sql.SQL(which), self._cursor, self._held)
            ends.append(cast("tuple[str | None]", cursor.execute(query).fetchone())[0])
        return ends[0], ends[1]

    def _identity(self, cursor: psycopg.Cursor[Any]) -> str | None:
        """The number that a table has as long as it is the same one."""
        if self.place.table is None:
            return None
        row = cursor.execute("SELECT to_regclass(%s)::oid::text", [self._named.as_string(cursor)]).fetchone()
        return row[0] if row else None

    def _query(self, since: str | None) -> sql.Composed:
        columns = sql.SQL(", ").join(_text(name, kind) for name, kind in self._kinds.items())
        query = sql.SQL("SELECT {} FROM {}").format(columns, self._held)
        if since is None or self.place.cursor is None:
            return query
        return query + sql.SQL(" WHERE {0} >= {1} OR {0} IS NULL").format(self._cursor, sql.Literal(since))

    @property
    def _named(self) -> sql.Composable:
        assert self.place.table is not None, "asked of tables"
        return sql.Identifier(*self.place.table.split("."))

    @property
    def _held(self) -> sql.Composable:
        if self.place.table is not None:
            return sql.SQL("{} AS held").format(self._named)
        return sql.SQL("({}\n) AS held").format(sql.SQL(trimmed(self.place)))

    @property
    def _cursor(self) -> sql.Composable:
        assert self.place.cursor is not None, "asked where there is one"
        name = next((one for one in self._kinds if one.lower() == self.place.cursor.lower()), self.place.cursor)
        return sql.SQL("held.{}").format(sql.Identifier(name))


def _text(name: str, kind: str) -> sql.Composable:
    """A column as an import reads it: yes and no in words, lists as JSON, all else as the server writes it."""
    column = sql.SQL("held.{}").format(sql.Identifier(name))
    if kind == "bool":
        return sql.SQL("{}::text").format(column)
    if kind.endswith("[]") or kind.startswith("_"):
        return sql.SQL("to_json({})::text").format(column)
    return column


class _Bytes:
    """What COPY sends, as a file that Arrow reads. What breaks is kept: Arrow would make another error of it."""

    closed = False

    def __init__(self, copy: psycopg.Copy) -> None:
        self._copy = copy
        self._left = bytearray()
        self._done = False
        self.failure: BaseException | None = None

    def read(self, size: int) -> bytes:
        left = self._left
        try:
            while len(left) < size and not self._done:
                if some := self._copy.read():
                    left += some
                else:
                    self._done = True
        except BaseException as failure:
            self.failure, self._done = failure, True
            raise OSError("the rows broke off") from failure
        some = bytes(left[:size])
        del left[:size]
        return some

    def end(self) -> None:
        self._done = True
        self._left.clear()

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        """Nothing is written."""


def _parsed(copy: psycopg.Copy, width: int) -> Iterator[Sequence[pa.Array]]:
    source = _Bytes(copy)
    names = [f"c{place}" for place in range(width)]
    try:
        # A cell in quotes is a text, if an empty one; without them nothing is there.
        reader = csv.open_csv(
            pa.PythonFile(source, "r"),
            csv.ReadOptions(block_size=_BLOCK, column_names=names),
            csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
            ),
        )
        for batch in reader:
            yield batch.columns
    except (OSError, pa.ArrowException) as error:
        if source.failure is not None:
            raise source.failure from error
        if "Empty CSV file" not in str(error):
            raise
    finally:
        source.end()
    if source.failure is not None:
        raise source.failure


def _failure(error: psycopg.Error, place: From, secrets: set[str]) -> Failure:
    away = isinstance(error, psycopg.OperationalError)
    what = place.table or "the query of the map"
    return failure(error.sqlstate or "", away, first_line(error, secrets), place.connection, what)


__all__ = ["PostgresTable"]
