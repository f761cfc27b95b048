"""One doubtful line of a CSV at a time: what row begins there, or why none does."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from expansion.files.read.bounds import LONGEST_ROW
from expansion.files.read.csv_doubts import Lines
from expansion.files.read.csv_layout import CsvLayout, reader

NOT_TEXT = "not text in UTF-8"
NUL = "has a NUL sign in it, which no text has"
TOO_LONG = f"longer than {LONGEST_ROW >> 20} MB; rows end with a line break"
_NOT_CLOSED = "a quote that is not closed, or stands where none may; one within a quoted cell is written twice"


@dataclass(frozen=True)
class Judged:
    """What begins at a line: so many lines belong together, and are a row, or broken."""

    lines: int
    cells: list[str] | None = None
    broken: str | None = None


@dataclass(frozen=True)
class _Read:
    """What Python's reader made of the text from a line on."""

    lines: int
    cells: list[str] | None = None
    unfinished: bool = False  # the text ends within a quoted cell


class CsvJudge:
    """Judges lines of a block."""

    def __init__(self, layout: CsvLayout) -> None:
        self._layout = layout
        self._width = len(layout.columns)
        separator = "[ \t]" if len(layout.separator) > 1 else re.escape(layout.separator)
        self._blank_quote = re.compile(rf"(?:^|{separator}) +{re.escape(layout.quote)}")
        self._blanks_at_end = re.compile(rf"(^|{separator}) +$")

    def judge(self, lines: Lines, at: int, last: bool) -> Judged | None:
        """What begins at this line; None where that shows only in the next block, because this is not the `last`."""
        first = _text(lines.line(at))
        read = self._read(lines, at, at + 1)
        if read.unfinished:
            follow = self._rows_follow(lines, at)
            if follow:
                return Judged(1, broken=_unreadable(first) or _NOT_CLOSED)
            read = self._read(lines, at)
            if not last and (read.unfinished or follow is None):
                return None
        if self._blank_quote.search(first) and not self._plainly(read):
            loose = self._read(lines, at, loose=True)
            if loose.unfinished and not last:
                return None
            if self._fits(loose):
                read = loose
        if read.cells is None:
            return Judged(1, broken=_unreadable(first) or _NOT_CLOSED)
        if self._fits(read):
            whole = first if read.lines == 1 else "".join(read.cells)
            return Judged(read.lines, read.cells) if not (why := _unreadable(whole)) else Judged(read.lines, broken=why)
        if self._has_rows_inside(lines, at, read.lines):
            return Judged(1, broken=_unreadable(first) or _NOT_CLOSED)
        return Judged(read.lines, broken=_unreadable(first) or other_width(len(read.cells), self._width))

    def _fits(self, read: _Read) -> bool:
        return read.cells is not None and len(read.cells) == self._width

    def _plainly(self, read: _Read) -> bool:
        """Whether a row was read and none of its cells is a quoted one after a blank."""
        cells = read.cells or []
        return self._fits(read) and not any(
            cell.startswith(" ") and cell.lstrip(" ").startswith(self._layout.quote) for cell in cells
        )

    def _has_rows_inside(self, lines: Lines, at: int, count: int) -> bool:
        """Whether a later one of the lines is a row by itself: then it was the first that was never closed."""
        if self._width < 2:
            return False
        inside = (lines.line(line) for line in range(at + 1, at + count))
        return any(self._is_row(_text(line)) for line in inside)

    def _is_row(self, line: str) -> bool:
        if line.count(self._layout.quote) % 2:
            return False
        try:
            return any(len(cells) == self._width for cells in self._reader(iter([line])))
        except csv.Error:
            return False

    def _rows_follow(self, lines: Lines, at: int) -> bool | None:
        """Whether the next lines are rows by their looks, so that the quote before them was never meant to go on.

        None where the text ends before that is told.
        """
        most = rows_of_one_cell(self._width)
        if most is None:
            return False
        quote, separator, cells = self._layout.quote.encode(), self._layout.separator.encode(), self._width
        for line in range(at + 1, at + 1 + most):
            if line == len(lines):
                return None
            text = lines.line(line)
            if quote in text or (
                (len(separator) > 1 or text.count(separator) + 1 != cells) and len(text.split()) != cells
            ):
                return False
        return True

    def _read(self, lines: Lines, at: int, end: int | None = None, loose: bool = False) -> _Read:
        """A row of Python's reader from this line on; `loose` passes over blanks between a separator and a quote."""
        taken = size = 0
        ended = inside = False

        def further() -> Iterator[str]:
            nonlocal taken, size, ended, inside
            for line in range(at, len(lines) if end is None else end):
                size += int(lines.bounds[line + 1] - lines.bounds[line])
                if size > LONGEST_ROW and taken:
                    return
                taken += 1
                text = _text(lines.line(line))
                if loose:
                    text, inside = self._tight(text, inside)
                yield text
            ended = True

        try:
            cells = next(self._reader(further()))
        except csv.Error:
            return _Read(taken, unfinished=ended)
        return _Read(taken, cells)

    def _tight(self, line: str, inside: bool) -> tuple[str, bool]:
        """The line without blanks between a separator and a quote, and whether it ends within a quoted cell."""
        parts = line.split(self._layout.quote)
        for place, part in enumerate(parts[:-1]):
            if (place % 2 == 0) != inside and (place == 0 or part):
                parts[place] = self._blanks_at_end.sub(r"\1", part)
        return self._layout.quote.join(parts), inside != (len(parts) % 2 == 0)

    def _reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        return reader(lines, self._layout.separator, self._layout.quote, strict=True)


def rows_of_one_cell(width: int) -> int | None:
    """So many lines without a quote that look like rows are rows, though a quote is open; None where nothing tells."""
    return {1: None, 2: 200}.get(width, 20)


def other_width(width: int, wanted: int) -> str:
    """Why a row with so many cells is none."""
    return f"{width} cell{'s' if width != 1 else ''} where the heading has {wanted}"


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")


def _unreadable(text: str) -> str | None:
    if "\0" in text:
        return NUL
    return None if text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text) else NOT_TEXT
