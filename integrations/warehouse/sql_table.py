"""Tables of whatever SQLAlchemy reaches: the rows of a cursor that the server keeps, where its driver knows one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    TIMESTAMP,
    BindParameter,
    Connection,
    Engine,
    Select,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from expansion.contract import Failure
from expansion.files.from_words import From
from expansion.tables.marks import Seen
from integrations.warehouse.meanings import first_line
from integrations.warehouse.table_meanings import failure
from integrations.warehouse.tables import TOGETHER, trimmed

# How a value of a cursor comes back from its text, by the kind of Python that the driver gives it.
_READ: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": lambda said: datetime.fromisoformat(said).date(),
    "int": lambda said: int(Decimal(said)),
    "float": float,
    "Decimal": Decimal,
}


@dataclass
class SqlTable:
    """A table or a query behind an engine."""

    engine: Engine
    place: From
    secrets: set[str]
    _connection: Connection | None = None
    _kinds: dict[str, str] = field(default_factory=dict)

    def look(self) -> Seen:
        try:
            return self._look()
        except SQLAlchemyError as error:
            raise self._failure(error) from error

    def batches(self, since: str | None) -> Iterator[Sequence[pa.Array]]:
        try:
            result = self._open.execution_options(stream_results=True).execute(self.query(since))
            for some in result.partitions(TOGETHER):
                yield [pa.array([_text(value) for value in column], pa.string()) for column in zip(*some, strict=True)]
        except SQLAlchemyError as error:
            raise self._failure(error) from error

    def writes(self) -> list[str] | None:
        return [] if self.engine.dialect.name == "sqlite" else None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self.engine.dispose()

    @property
    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self.engine.connect()
        return self._connection

    def _look(self) -> Seen:
        result = self._open.execute(self.query(None).where(literal_column("1") == literal_column("0")))
        self._kinds = dict.fromkeys(result.keys(), "")
        result.close()
        lowest, highest = (self._end(which) for which in (func.min, func.max))
        if self.place.cursor is not None:
            self._kinds[self.place.cursor] = type(highest).__name__
        return Seen(self._kinds, _text(lowest), _text(highest))

    def _end(self, which: Callable[[Any], Any]) -> Any:
        if self.place.cursor is None:
            return None
        return self._open.execute(select(which(self._cursor)).select_from(self._held)).scalar()

    def query(self, since: str | None) -> Select[Any]:
        """All rows, or those from this value of the cursor on."""
        query: Select[Any] = select(literal_column("held.*")).select_from(self._held)
        if since is None or self.place.cursor is None:
            return query
        read = _READ.get(self._kinds[self.place.cursor], str)
        return query.where(or_(self._cursor >= _sent(read(since)), self._cursor.is_(None)))

    @property
    def _held(self) -> Any:
        if self.place.table is None:
            return text(f"({trimmed(self.place)}\n) AS held")
        quoted = ".".join(map(self._quote, self.place.table.split(".")))
        return text(f"{quoted} AS held")

    @property
    def _cursor(self) -> Any:
        assert self.place.cursor is not None, "asked where there is one"
        return literal_column(f"held.{self._quote(self.place.cursor)}")

    def _quote(self, name: str) -> str:
        """A name as people write it: one in quotes stays as it is, else the dialect quotes what needs it."""
        return name if name[:1] in ('"', "`") else self.engine.dialect.identifier_preparer.quote(name)

    def _failure(self, error: SQLAlchemyError) -> Failure:
        cause = getattr(error, "orig", None) or error
        state = str(getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or "")
        # SQLite says so of a table that is not there, too.
        away = isinstance(error, OperationalError) and self.engine.dialect.name != "sqlite"
        what = self.place.table or "the query of the map"
        return failure(state, away, first_line(cause, self.secrets), self.place.connection, what)


def _sent(value: Any) -> BindParameter[Any]:
    """A value to compare a cursor with. BigQuery compares a moment in a zone with nothing that is called a DATETIME."""
    in_zone = isinstance(value, datetime) and value.tzinfo is not None
    return literal(value, TIMESTAMP(timezone=True) if in_zone else None)


def _text(value: Any) -> str | None:
    """A value as an import reads it."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case dict() | list() | tuple():
            return json.dumps(value, default=str)
    return str(value)


__all__ = ["SqlTable"]
