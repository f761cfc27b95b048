"""Rows of CSV, clean or not, at one speed.

Nearly every line is a row by itself, and Arrow parses those a block at a time. A line that may be none is judged by
itself, together with those that follow it where a quoted cell goes on; it is then handed to Arrow in plain form, or
told as broken. So what is wrong with one row changes no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from expansion.files.read.blocks import Block, Text, count_lines
from expansion.files.read.bounds import LONGEST_ROW
from expansion.files.read.csv_doubts import Ints, Lines, Quoting, doubtful, plain_quoting, unclear
from expansion.files.read.csv_judge import TOO_LONG, CsvJudge, other_width, rows_of_one_cell
from expansion.files.read.csv_layout import BLANKS, NO_QUOTE, CsvLayout
from expansion.files.read.row_batches import Broken, RowBatches

_RUNS = re.compile(rb"[ \t]+")
_AT_ENDS = re.compile(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)")


@dataclass
class _Plain:
    """Rows of a block in plain form, a line each for Arrow; the lines they begin at; and what is broken."""

    pieces: list[Text] = field(default_factory=list)
    not_rows: list[int] = field(default_factory=list)  # lines that begin no row
    broken: list[Broken] = field(default_factory=list)


@dataclass(frozen=True)
class _Table:
    """What Arrow made of a text; `wrong` are rows of another width: the place, how many cells, the text."""

    rows: pa.Table
    wrong: list[tuple[int, int, str]]


@dataclass(frozen=True)
class _Parsed:
    """Rows, the lines they come from, those of them that begin none, and the quotes within which none begins."""

    table: _Table
    lines: Lines
    not_rows: Sequence[int] = ()
    quoting: Quoting | None = None

    @cached_property
    def a_row_a_line(self) -> bool:
        """Whether each line is a row, so that nothing has to be counted."""
        text = self.lines.text
        return not self.not_rows and self.rows == count_lines(text, len(text)) + (not text.endswith(b"\n"))

    @property
    def rows(self) -> int:
        return len(self.table.rows) + len(self.table.wrong)

    def numbers(self) -> Ints:
        """The line at which each row begins, counted from the first."""
        if self.a_row_a_line:
            return np.arange(self.rows)
        begins = np.ones(len(self.lines), bool)
        begins[self.lines.empty()] = False
        begins[list(self.not_rows)] = False
        if self.quoting:
            begins[self.quoting.within(self.lines)] = False
        found = np.flatnonzero(begins)
        if len(found) != self.rows:
            raise AssertionError(f"{self.rows} rows were parsed of {len(found)} lines")
        return found


class CsvRows:
    """Reads the blocks of one file into batches of rows."""

    def __init__(self, layout: CsvLayout, batches: RowBatches) -> None:
        self._layout = layout
        self._batches = batches
        self._judge = CsvJudge(layout)
        self._blanks = layout.separator == BLANKS
        self._separator = "\t" if self._blanks else layout.separator
        self._quote = b"" if layout.quote == NO_QUOTE else layout.quote.encode()
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
        parsed = self._at_once(block, lines)
        if parsed is None:
            plain = self._plain(block, lines)
            yield from self._batches.broken(plain.broken)
            rows = self._table(b"".join(plain.pieces))
            parsed = _Parsed(rows, Lines(block.text[: block.taken]), plain.not_rows)
        yield from self._given(parsed, block.line)

    def _at_once(self, block: Block, lines: Lines) -> _Parsed | None:
        """The rows of a block in which no line needs to be looked at by itself."""
        if self._blanks or len(unclear(lines)) or len(block.text) > LONGEST_ROW:
            return None
        if not self._quote or self._quote not in block.text:
            return _Parsed(self._table(block.text), lines)
        quoting = plain_quoting(lines, self._separator.encode(), self._quote, block.last)
        if quoting is None:
            return None
        taken = lines if quoting.upto == len(block.text) else Lines(block.text[: quoting.upto])
        text = taken.text
        if len(quoting.blanks):
            text = np.delete(np.frombuffer(text, np.uint8), quoting.blanks).tobytes()
        parsed = _Parsed(self._table(text), taken, quoting=quoting)
        if not parsed.a_row_a_line and self._may_run_on(parsed, lines):
            return None
        block.taken = quoting.upto
        return parsed

    def _may_run_on(self, parsed: _Parsed, lines: Lines) -> bool:
        """Whether a quote may have been taken to go on over lines where it was never meant to."""
        assert parsed.quoting is not None
        most = rows_of_one_cell(len(self._names))
        long = most is not None and parsed.quoting.longest(lines) > most
        return long or any("\n" in text.rstrip("\r\n") for _, _, text in parsed.table.wrong)

    def _plain(self, block: Block, lines: Lines) -> _Plain:
        """The rows of a block, each doubtful line looked at by itself."""
        plain, free = _Plain(), 0
        doubts = doubtful(lines, self._separator.encode(), self._quote, plain_quotes=not self._blanks)
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
        quote = self._quote.decode()
        quoted = (f"{quote}{cell.replace(quote, quote * 2)}{quote}" if quote else cell for cell in cells)
        return (self._separator.join(quoted) + "\n").encode()

    def _given(self, parsed: _Parsed, first: int) -> Iterator[pa.RecordBatch]:
        table, wrong = parsed.table.rows, parsed.table.wrong
        numbers = parsed.numbers() + first
        if wrong:
            width = len(self._names)
            told = [(int(numbers[at]), other_width(cells, width), text) for at, cells, text in wrong if text.strip()]
            yield from self._batches.broken(told)
            numbers = np.delete(numbers, [at for at, _, _ in wrong])
        if len(table):
            (batch,) = table.combine_chunks().to_batches()
            yield self._batches.rows(numbers, batch.columns)

    def _table(self, text: Text) -> _Table:
        wrong: list[tuple[int, int, str]] = []

        def other(row: pc.InvalidRow) -> str:
            wrong.append((row.number - 1, row.actual_columns, row.text))
            return "skip"

        if not text or (text.isspace() and not text.strip(b"\r\n")):
            return _Table(pa.table({name: pa.nulls(0, pa.string()) for name in self._names}), wrong)
        parse = pc.ParseOptions(
            delimiter=self._separator, quote_char=self._quote.decode() or False, invalid_row_handler=other
        )
        read = pc.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=self._names)
        return _Table(pc.read_csv(pa.BufferReader(text), read, parse, self._convert), wrong)
