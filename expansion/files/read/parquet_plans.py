"""Plans for Parquet, which DuckDB reads itself."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from expansion.files.read.csv_layout import NoLayout
from expansion.files.read.plans import Plan
from expansion.files.read.whole import Whole
from expansion.usage.forms.duck import identifier, quote

_FILE = "file that it is of"  # the names of the two columns that are added; no table has such


class ParquetPlans:
    """Makes plans. Files of one schema are described once."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._described: dict[str, dict[str, str]] = {}

    def plan(self, whole: Whole) -> Plan:
        """How a Parquet file is read. Raises NoLayout where it is none."""
        try:
            schema = pq.read_schema(whole.path).remove_metadata()
        except (OSError, pa.ArrowException) as error:
            raise NoLayout("is not a Parquet file, or is cut off; write it again at its source") from error
        types = self._types(str(schema), whole)
        columns = tuple(types)
        return Plan(
            whole, ("parquet", str(schema)), columns, (), None,
            types={name: kind for name, kind in types.items() if kind != "VARCHAR"}, told={"kind": "parquet"},
        )  # fmt: skip

    def _types(self, schema: str, whole: Whole) -> dict[str, str]:
        if schema not in self._described:
            try:
                found = self._con.execute(f"DESCRIBE SELECT * FROM {_read([whole], '')}").fetchall()
            except duckdb.Error as error:
                raise NoLayout("is not a Parquet file, or is cut off; write it again at its source") from error
            self._described[schema] = {str(row[0]): str(row[1]) for row in found}
        return self._described[schema]


def parquet_relation(wholes: Sequence[Whole], columns: Sequence[str]) -> str:
    """SQL of the rows of Parquet files of one schema."""
    paths = ", ".join(quote(str(whole.path)) for whole in wholes)
    file = f"(list_position([{paths}], {identifier(_FILE)}) - 1)::INTEGER" if len(wholes) > 1 else "0::INTEGER"
    cells = "".join(f", {identifier(name)} AS c{place}" for place, name in enumerate(columns))
    added = f", file_row_number = true, filename = {quote(_FILE)}"
    return (
        f"SELECT {file} AS file, file_row_number + 1 AS line, NULL::VARCHAR AS broken, NULL::VARCHAR AS text{cells} "
        f"FROM {_read(wholes, added)}"
    )


def parquet_rows(whole: Whole) -> int:
    """How many rows a Parquet file says it holds."""
    return int(pq.read_metadata(whole.path).num_rows)


def _read(wholes: Sequence[Whole], more: str) -> str:
    paths = ", ".join(quote(_itself(str(whole.path))) for whole in wholes)
    return f"read_parquet([{paths}], hive_partitioning = false{more})"


def _itself(path: str) -> str:
    """A file's name in which what would be a wildcard stands for itself."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)
