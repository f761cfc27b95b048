"""Plans for ORC, which Arrow reads, a stripe at a time."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
from pyarrow import orc

from expansion.files.read.csv_layout import NoLayout
from expansion.files.read.plans import Plan
from expansion.files.read.row_batches import RowBatches
from expansion.files.read.whole import Whole


def orc_plan(con: duckdb.DuckDBPyConnection, whole: Whole) -> Plan:
    """How a file of ORC is read. Raises NoLayout where it is none."""
    try:
        schema = orc.ORCFile(whole.path).schema
    except (OSError, pa.ArrowException) as error:
        raise NoLayout("is not an ORC file, or is cut off; write it again at its source") from error
    columns = tuple(schema.names)
    cells = tuple((f"c{place}", kind) for place, kind in enumerate(schema.types))

    def batches(to: RowBatches) -> Iterator[pa.RecordBatch]:
        file, line = orc.ORCFile(whole.path), 1
        for stripe in range(file.nstripes):
            batch = file.read_stripe(stripe)
            yield to.rows(range(line, line + batch.num_rows), batch.columns)
            line += batch.num_rows

    return Plan(
        whole, ("orc", str(schema.remove_metadata())), columns, cells, batches, types=_types(con, schema),
        told={"kind": "orc"},
    )  # fmt: skip


def _types(con: duckdb.DuckDBPyConnection, schema: pa.Schema) -> dict[str, str]:
    """What DuckDB calls the types of the columns that are no text."""
    nothing = schema.empty_table()
    con.register("orc_schema", nothing)
    try:
        found = con.execute("DESCRIBE SELECT * FROM orc_schema").fetchall()
    finally:
        con.unregister("orc_schema")
    return {str(row[0]): str(row[1]) for row in found if row[1] != "VARCHAR"}
