"""Rows of JSON lines: an object each line, a block at a time, no Python value made of any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from expansion.files.read.blocks import Block, Text
from expansion.files.read.csv_doubts import Lines, not_text
from expansion.files.read.csv_judge import NOT_TEXT, TOO_LONG
from expansion.files.read.row_batches import Broken, RowBatches

NOT_AN_OBJECT = "not a JSON object"


def json_lines(blocks: Iterable[Block], batches: RowBatches) -> Iterator[pa.RecordBatch]:
    """The rows of the blocks. Whether each is valid JSON is left to the SQL that reads them."""
    for block in blocks:
        if block.too_long:
            yield from batches.broken([(block.line, TOO_LONG, block.text.decode("utf-8", "replace"))])
            continue
        lines = Lines(block.text)
        block.lines = len(lines)
        objects, broken = _objects(lines, block.line)
        yield from batches.broken(broken)
        texts = texts_at(block.text, lines.bounds)
        numbers = np.arange(block.line, block.line + len(lines))
        if not objects.all():
            texts, numbers = texts.filter(pa.array(objects)), numbers[objects]
        if len(numbers):
            yield batches.rows(numbers, [texts])


def texts_at(text: Text, bounds: np.typing.NDArray[np.int64]) -> pa.Array:
    """The parts of a text between its bounds, as one column that shares its memory."""
    offsets = pa.py_buffer(bounds.astype(np.int32))
    return pa.StringArray.from_buffers(len(bounds) - 1, offsets, pa.py_buffer(text))


def _objects(lines: Lines, first: int) -> tuple[np.typing.NDArray[np.bool_], list[Broken]]:
    """Which lines look like an object, and what is wrong with those that hold something else."""
    objects = lines.signs[lines.bounds[:-1]] == ord("{")
    broken: list[Broken] = []
    for at in np.flatnonzero(~objects).tolist():
        line = lines.line(at).strip()
        if line.startswith(b"{"):
            objects[at] = True
        elif line:
            broken.append((first + at, NOT_AN_OBJECT, line.decode("utf-8", "replace")))
    for at in not_text(lines).tolist():
        if objects[at]:
            objects[at] = False
            broken.append((first + at, NOT_TEXT, lines.line(at).decode("utf-8", "replace").rstrip("\r\n")))
    return objects, broken
