"""Rows of a file as Arrow batches: which file, which line, why it is no row, and the cells."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

Broken = tuple[int, str, str]  # the line, why it is no row, the text of it

_BEFORE = [("file", pa.int32()), ("line", pa.int64()), ("broken", pa.string()), ("text", pa.string())]


def schema_of(cells: Sequence[tuple[str, Any]]) -> pa.Schema:
    """The schema of batches with these cells."""
    return pa.schema([*_BEFORE, *cells])


def text_cells(width: int | None) -> list[tuple[str, Any]]:
    """The cells of rows that are text alone: `c0` and so on, or one `row` of JSON."""
    return [(f"c{place}", pa.string()) for place in range(width)] if width is not None else [("row", pa.string())]


class RowBatches:
    """Makes batches of one file's rows, and counts them."""

    def __init__(self, schema: pa.Schema, file: int, counted: MutableMapping[int, int]) -> None:
        self._schema = schema
        self._file = file
        self._counted = counted
        self._nothing = pa.nulls(0, pa.string())

    def rows(self, lines: Any, cells: Sequence[pa.Array]) -> pa.RecordBatch:
        """Good rows. `lines` are numbers, one for each."""
        size = len(lines)
        nothing = self._nulls(size)
        return self._batch(size, [lines, nothing, nothing], cells)

    def broken(self, broken: Sequence[Broken]) -> Iterator[pa.RecordBatch]:
        """What is no row; nothing, where all is well."""
        if broken:
            lines, why, texts = zip(*broken, strict=True)
            cells = [pa.nulls(len(broken), field.type) for field in self._schema][4:]
            told = [pa.array(lines, pa.int64()), pa.array(why, pa.string()), pa.array(texts, pa.string())]
            yield self._batch(len(broken), told, cells)

    def _batch(self, size: int, told: Sequence[Any], cells: Sequence[pa.Array]) -> pa.RecordBatch:
        self._counted[self._file] = self._counted.get(self._file, 0) + size
        lines, why, texts = told
        before = [pa.array(np.full(size, self._file, np.int32)), pa.array(lines, pa.int64()), why, texts]
        return pa.RecordBatch.from_arrays([*before, *cells], schema=self._schema)

    def _nulls(self, size: int) -> pa.Array:
        """The same nulls again and again: a column of them costs nothing."""
        if len(self._nothing) < size:
            self._nothing = pa.nulls(size, pa.string())
        return self._nothing[:size]
