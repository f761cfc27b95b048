"""Rows of CSV, clean or not, at one speed.

Nearly every line is a row by itself, and Arrow parses those a block at a time. A line that may be none is judged by
itself, together with those that follow it where a quoted cell goes on; it is then handed to Arrow in plain form, or
told as broken. So what is wrong with one row changes no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from expansion.files.blocks import Block, Text, count_lines
from expansion.files.csv_doubts import Ints, Lines, doubtful
from expansion.files.csv_judge import TOO_LONG, CsvJudge, other_width
from expansion.files.csv_layout import BLANKS, NO_QUOTE, CsvLayout
from expansion.files.row_batches import Broken, RowBatches

_RUNS = re.compile(rb"[ \t]+")
_AT_ENDS = re.compile(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)")


@dataclass
class _Plain:
    """Rows of a block in plain form, a line each for Arrow; the lines they begin at; and what is broken."""

    pieces: list[Text] = field(default_factory=list)
    not_rows: list[int] = field(default_factory=list)  # lines that begin no row
    broken: list[Broken] = field(default_factory=list)


class CsvRows:
    """Reads the blocks of one file into batches of rows."""

    def __init__(self, layout: CsvLayout, batches: RowBatches) -> None:
        self._layout = layout
        self._batches = batches
        self._judge = CsvJudge(layout)
        self._blanks = layout.separator == BLANKS
        self._separator = "\t" if self._blanks else layout.separator
        self._quote = "" if layout.quote == NO_QUOTE else layout.quote
        self._names = [f"c{place}" for place in range(len(layout.columns))]
        self._convert = pc.ConvertOptions(
            column_types=dict.fromkeys(self._names, pa.string()), strings_can_be_null=False, check_utf8=False
        )

    def batches(self, blocks: Iterable[Block]) -> Iterator[pa.RecordBatch]:
        """The rows of the blocks; the end of a block is left for the next where a row goes on there."""
        for block in blocks:
            if block.too_long:
                text = block.text.decode("utf-8", "replace")
                yield from self._batches.broken([(block.line, TOO_LONG, text)])
            else:
                yield from self._rows(block)

    def _rows(self, block: Block) -> Iterator[pa.RecordBatch]:
        lines = Lines(block.text)
        doubts = doubtful(lines, self._separator.encode(), self._quote.encode(), plain_quotes=not self._blanks)
        if not len(doubts) and not self._blanks:
            yield from self._parsed(block.text, lines, block.line, [])
            return
        plain = self._plain(block, lines, doubts)
        text = b"".join(plain.pieces)
        yield from self._parsed(text, Lines(block.text[: block.taken]), block.line, plain.not_rows)
        yield from self._batches.broken(plain.broken)

    def _plain(self, block: Block, lines: Lines, doubts: Ints) -> _Plain:
        plain, free = _Plain(), 0
        for at in doubts.tolist():
            if at < free:
                continue
            judged = self._judge.judge(lines, at, block.last)
            plain.pieces.append(self._evenly(lines, free, at))
            if judged is None:
                block.taken = int(lines.bounds[at])
                return plain
            free = at + judged.lines
            if judged.cells is not None:
                plain.pieces.append(self._written(judged.cells))
                plain.not_rows.extend(range(at + 1, free))
            else:
                text = block.text[lines.bounds[at] : lines.bounds[free]].decode("utf-8", "replace").rstrip("\r\n")
                plain.broken.append((block.line + at, judged.broken or "", text))
                plain.not_rows.extend(range(at, free))
        plain.pieces.append(self._evenly(lines, free, len(lines)))
        return plain

    def _evenly(self, lines: Lines, start: int, end: int) -> Text:
        """Lines without doubt, as they are; several blanks are one separator where blanks separate."""
        text = lines.text[lines.bounds[start] : lines.bounds[end]]
        return _RUNS.sub(b"\t", _AT_ENDS.sub(b"", text)) if self._blanks else text

    def _written(self, cells: list[str]) -> bytes:
        quote = self._quote
        quoted = (f"{quote}{cell.replace(quote, quote * 2)}{quote}" if quote else cell for cell in cells)
        return (self._separator.join(quoted) + "\n").encode()

    def _parsed(self, text: Text, lines: Lines, first: int, not_rows: list[int]) -> Iterator[pa.RecordBatch]:
        wrong: list[tuple[int, int, str]] = []  # the row's place, how many cells it has, its text
        table = self._table(text, wrong)
        numbers = _row_lines(lines, len(table) + len(wrong), not_rows) + first
        if wrong:
            places = np.array([place for place, _, _ in wrong], np.int64)
            width = len(self._names)
            told = [
                (int(numbers[place]), other_width(cells, width), text) for place, cells, text in wrong if text.strip()
            ]
            yield from self._batches.broken(told)
            numbers = np.delete(numbers, places)
        if len(table):
            (batch,) = table.combine_chunks().to_batches()
            yield self._batches.rows(numbers, batch.columns)

    def _table(self, text: Text, wrong: list[tuple[int, int, str]]) -> pa.Table:
        def other(row: pc.InvalidRow) -> str:
            wrong.append((row.number - 1, row.actual_columns, row.text))
            return "skip"

        if not text or (text.isspace() and not text.strip(b"\r\n")):
            return pa.table({name: pa.nulls(0, pa.string()) for name in self._names})
        parse = pc.ParseOptions(delimiter=self._separator, quote_char=self._quote or False, invalid_row_handler=other)
        read = pc.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=self._names)
        return pc.read_csv(pa.BufferReader(text), read, parse, self._convert)


def _row_lines(lines: Lines, rows: int, not_rows: list[int]) -> Ints:
    """The line at which each row begins, counted from the block's first."""
    if not not_rows and rows == count_lines(lines.text, len(lines.text)) + (not lines.text.endswith(b"\n")):
        return np.arange(rows)
    begins = np.ones(len(lines), bool)
    begins[lines.empty()] = False
    begins[not_rows] = False
    found = np.flatnonzero(begins)
    if len(found) != rows:
        raise AssertionError(f"{rows} rows were parsed of {len(found)} lines")
    return found
