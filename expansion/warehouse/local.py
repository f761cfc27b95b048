"""What came back from a warehouse, in tables beside the facts: the engine goes on from there as from its own files."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from expansion.usage.forms.sql_dialect import PLACES
from expansion.warehouse.dialects import SPELLINGS, Portable
from expansion.warehouse.table import naive_utc

TEXT, DAY, MOMENT, COUNT, AMOUNT = pa.string(), pa.date32(), pa.timestamp("us"), pa.int64(), pa.decimal128(38, PLACES)
Schema = Sequence[tuple[str, Any]]  # the name of each column, and one of these

_AT_ONCE = 20_000  # rows: so many are held as Python's objects
_LAST, _EXACT = Decimal(1).scaleb(-PLACES), Context(prec=60)


class Warehouse(Protocol):
    """Talks to a warehouse."""

    @property
    def dialect(self) -> str:
        """One of SPELLINGS."""
        ...

    def rows(self, query: str) -> Iterable[Sequence[Any]]:
        """The rows of a SELECT."""
        ...


@dataclass(frozen=True)
class Local:
    """Asks a warehouse, and keeps what came back in tables of a connection."""

    warehouse: Warehouse
    con: duckdb.DuckDBPyConnection
    _known: dict[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def spelling(self) -> Portable:
        return SPELLINGS[self.warehouse.dialect]

    def table(self, queries: Sequence[str], schema: Schema) -> str:
        """The name of a local table with the rows of these queries; they are asked once."""
        key = tuple(queries)
        if key not in self._known:
            name = f"pushed_{len(self._known)}"
            self._fill(name, itertools.chain.from_iterable(map(self.warehouse.rows, queries)), schema)
            self._known[key] = name
        return self._known[key]

    def _fill(self, name: str, rows: Iterable[Sequence[Any]], schema: Schema) -> None:
        verb = f"CREATE OR REPLACE TEMP TABLE {name} AS"
        for some in _tables(rows, pa.schema(schema)):
            self.con.register("came_back", some)
            self.con.execute(f"{verb} SELECT * FROM came_back")
            verb = f"INSERT INTO {name}"
        self.con.unregister("came_back")


def _tables(rows: Iterable[Sequence[Any]], schema: Any) -> Iterator[Any]:
    """The rows as tables of some at a time; an empty one where there are none."""
    left = iter(rows)
    some = list(itertools.islice(left, _AT_ONCE))
    yield _table(some, schema) if some else schema.empty_table()
    while some := list(itertools.islice(left, _AT_ONCE)):
        yield _table(some, schema)


def _table(rows: Sequence[Sequence[Any]], schema: Any) -> Any:
    columns = zip(*rows, strict=True)
    arrays = [_array(list(values), kind) for values, kind in zip(columns, schema.types, strict=True)]
    return pa.table(arrays, schema=schema)


def _array(values: list[Any], kind: Any) -> Any:
    """A column as drivers give it: moments with a zone or without, counts as decimals, amounts with fewer places."""
    if kind == MOMENT:
        values = [naive_utc(one) if isinstance(one, datetime) and one.tzinfo else one for one in values]
    elif kind == COUNT:
        values = [None if one is None else int(one) for one in values]
    elif kind == AMOUNT:
        values = [None if one is None else Decimal(one).quantize(_LAST, context=_EXACT) for one in values]
    return pa.array(values, kind)
