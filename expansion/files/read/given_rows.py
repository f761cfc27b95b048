"""Rows that are no file's, column by column as they come, as SQL can read them once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa

from expansion.files.read.found import FoundFile
from expansion.files.read.reading import Stream
from expansion.files.read.row_batches import RowBatches, schema_of, text_cells
from expansion.files.read.rows import Rows


@dataclass
class GivenRows:
    """The rows of a table: `batches` gives columns of text. What breaks while they come is kept in `failure`, and then
    not one of them is stored."""

    file: FoundFile
    columns: tuple[str, ...]
    batches: Callable[[], Iterator[Sequence[pa.Array]]]
    failure: BaseException | None = None
    count: int = 0
    _counted: dict[int, int] = field(default_factory=dict)

    def reading(self, con: duckdb.DuckDBPyConnection, files: Sequence[FoundFile]) -> Iterator[Rows]:
        """As an import asks for them; they can be read once."""
        self._counted = {0: 0}
        schema = schema_of(text_cells(len(self.columns)))
        name = f"given_{uuid.uuid4().hex[:12]}"
        con.register(name, Stream(pa.RecordBatchReader.from_batches(schema, self._rows(schema))))
        try:
            yield Rows(f"SELECT * FROM {name}", (self.file,), self.columns, {}, lambda: self._counted, self._problems)
        finally:
            con.unregister(name)

    def _rows(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        to = RowBatches(schema, 0, self._counted)
        try:
            for cells in self.batches():
                size = len(cells[0])
                yield to.rows(np.arange(self.count + 1, self.count + 1 + size), cells)
                self.count += size
        except BaseException as failure:  # through Arrow and DuckDB no more than its text would come back
            self.failure = failure

    def _problems(self) -> dict[int, str]:
        return {} if self.failure is None else {0: f"{self.file.name}: the rows broke off"}


__all__ = ["GivenRows"]
