"""Plans for CSV and JSON."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from expansion.files.read.blocks import blocks, marked, pieces, start
from expansion.files.read.bounds import SAMPLED
from expansion.files.read.csv_layout import NoLayout, csv_layout
from expansion.files.read.csv_rows import CsvRows
from expansion.files.read.encodings import check_names, check_utf8, known_encoding
from expansion.files.read.json_layout import JsonLayout, json_layout
from expansion.files.read.json_lines import json_lines
from expansion.files.read.json_objects import JsonObjects
from expansion.files.read.plans import Plan
from expansion.files.read.row_batches import RowBatches, text_cells
from expansion.files.read.whole import Whole
from expansion.files.read.words import ReadWords


def csv_plan(whole: Whole, words: ReadWords, size: int) -> Plan:
    """How a text file is read as a table. Raises NoLayout where it cannot be."""
    path = whole.path
    encoding, sample = _sample(whole, words)
    if not sample:
        raise NoLayout("is empty; write it again at its source, or leave it out")
    lone_returns = b"\r" in sample and b"\n" not in sample
    layout = csv_layout(sample.decode("utf-8", "replace"), words, whole.file.name)
    if encoding is None:
        check_names(layout.columns, sample)

    def batches(to: RowBatches) -> Iterator[pa.RecordBatch]:
        lines = blocks(path, size, encoding, lone_returns=lone_returns, first_line=layout.first_line)
        return CsvRows(layout, to).batches(lines)

    told = {
        "kind": "csv", "encoding": encoding or "utf-8", "separator": layout.separator,
        "heading_line": layout.heading_line or None,
    }  # fmt: skip
    key = ("csv", layout.columns, layout.separator, layout.quote)
    return Plan(whole, key, layout.columns, tuple(text_cells(len(layout.columns))), batches, told=told)


def json_plan(whole: Whole, words: ReadWords, size: int) -> Plan:
    """How a file of JSON is read. Raises NoLayout where it cannot be."""
    path = whole.path
    encoding, sample = _sample(whole, words)
    layout = json_layout(sample or b"{}", len(sample) < SAMPLED, words.rows_at)  # a day without events is no mistake
    if layout.in_array and not whole.partial:
        _check_end(whole, encoding)

    def batches(to: RowBatches) -> Iterator[pa.RecordBatch]:
        if layout.lines:
            return json_lines(blocks(path, size, encoding), to)
        return JsonObjects(to, layout.start, layout.in_array).batches(pieces(path, size, encoding))

    told = {"kind": _name(layout), "encoding": encoding or "utf-8", "rows_at": layout.rows_at}
    return Plan(whole, ("json",), None, tuple(text_cells(None)), batches, told=told)


def _sample(whole: Whole, words: ReadWords) -> tuple[str | None, bytes]:
    """The encoding of a text, None for UTF-8, and how it begins, in UTF-8."""
    encoding = marked(whole.path) or known_encoding(words.encoding)
    sample = start(whole.path, SAMPLED, encoding)
    if encoding is None:
        check_utf8(sample)
    return (None if encoding == "utf-8" else encoding), sample


def _check_end(whole: Whole, encoding: str | None) -> None:
    """An array that is cut off is known by its end, before any row of it is read."""
    with whole.path.open("rb") as file:
        file.seek(max(0, whole.stamp[0] - 4096))
        end = file.read().decode(encoding or "latin-1", "replace").rstrip(" \t\r\n\0,;")
    if not end.endswith(("]", "}")):
        raise NoLayout("is cut off: its array is not closed; fetch or write the file again")


def _name(layout: JsonLayout) -> str:
    return "json lines" if layout.lines else "json array" if layout.in_array else "json objects"
