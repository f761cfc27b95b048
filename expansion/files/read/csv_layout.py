"""How a CSV is laid out: what separates its cells, where its heading stands, what its columns are called."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from expansion.files.read.bounds import LONGEST_ROW, SAMPLED_ROWS
from expansion.files.read.words import ReadWords

BLANKS = "blanks"  # one or several, the word for them in a map
NO_QUOTE = "none"
_SEPARATORS = (",", ";", "\t", "|")
_NAMED = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "space": BLANKS, " ": BLANKS}
_SEP_LINE = re.compile(r'"?sep=(.)"?[\r\n]+')
_VALUE = re.compile(r"[-+]?[\d.,:/ TZ-]*\d[\d.,:/ TZ-]*%?")  # a number or a moment: no name of a column
_TITLES = 50  # rows among which a heading is looked for


class NoLayout(Exception):
    """Why a text is no table, and what to write."""


@dataclass(frozen=True)
class CsvLayout:
    """What is the same of all rows. `first_line` is where rows begin; `heading_line` is 0 where there is no heading."""

    columns: tuple[str, ...]
    separator: str
    quote: str
    heading_line: int
    first_line: int


Sampled = tuple[int, int, list[str]]  # the line where a row begins, the line after it, its cells


def csv_layout(text: str, words: ReadWords, name: str) -> CsvLayout:
    """How the text is laid out that begins like this; raises NoLayout where it cannot be told."""
    separator, skipped = _separator_word(words), 0
    if match := _SEP_LINE.match(text):
        separator, skipped = separator or match[1], 1
        text = text[match.end() :]
    quote = words.quote or '"'
    if separator is None:
        separator = _separator(text, quote, blanks=not name.lower().endswith(".csv"))
    rows = [(start + skipped, end + skipped, cells) for start, end, cells in _rows(text, separator, quote)]
    heading = heading_of(rows, words)
    return CsvLayout(heading.columns, separator, quote, heading.line, heading.first)


@dataclass(frozen=True)
class Heading:
    """The columns' names, the line that says them, 0 for none, and the line where rows begin."""

    columns: tuple[str, ...]
    line: int
    first: int


def heading_of(rows: Sequence[Sampled], words: ReadWords) -> Heading:
    """The heading of a table that begins with these rows; raises NoLayout where there is none."""
    if words.columns and words.heading_line is None:
        columns = tuple(words.columns)
        said = bool(rows) and [cell.strip() for cell in rows[0][2]] == list(columns)
        return Heading(columns, rows[0][0], rows[0][1]) if said else Heading(columns, 0, 1)
    at = _heading(rows, words.heading_line)
    start, end, cells = rows[at]
    columns = tuple(words.columns) if words.columns else _names(_as_wide(cells, rows[at + 1 :]))
    return Heading(columns, start, end)


def reader(lines: Iterator[str], separator: str, quote: str, **more: bool) -> Iterator[list[str]]:
    """Python's own reader of CSV, with room for long cells."""
    csv.field_size_limit(LONGEST_ROW)
    if separator == BLANKS:
        lines, separator, more["skipinitialspace"] = (line.strip(" \t") for line in lines), " ", True
    if quote == NO_QUOTE:
        return csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE, **more)  # type: ignore[arg-type]
    return csv.reader(lines, delimiter=separator, quotechar=quote, **more)  # type: ignore[arg-type]


def _separator_word(words: ReadWords) -> str | None:
    word = _NAMED.get(words.separator, words.separator) if words.separator else None
    if word and word != BLANKS and len(word) != 1:
        raise NoLayout(f"`separator: {word}` is not one sign; write one such as `;`, or `tab` or `blanks`")
    return word


def _separator(text: str, quote: str, blanks: bool) -> str:
    """The sign that parts the most rows into the same number of cells, two or more."""
    shares = {sign: _share(text, sign, quote) for sign in _SEPARATORS if sign in text}
    best = max(shares, key=lambda sign: shares[sign], default=",")
    if shares.get(best, (0.0, 0))[0] > 0.5:
        return best
    if blanks and _share(text, BLANKS, quote)[0] > 0.9:
        return BLANKS
    return best


def _share(text: str, separator: str, quote: str) -> tuple[float, int]:
    widths = Counter(len(cells) for _, _, cells in _rows(text, separator, quote))
    width, rows = max(widths.items(), key=lambda each: (each[0] > 1, each[1], each[0]), default=(0, 0))
    return (round(rows / widths.total(), 1), width) if width > 1 else (0.0, 0)


def _rows(text: str, separator: str, quote: str) -> list[Sampled]:
    """The first rows, those of blank lines left out."""
    lines = io.StringIO(text, newline="")
    read = reader(lines, separator, quote, skipinitialspace=True)
    found, line = [], 1
    try:
        for cells in islice(read, SAMPLED_ROWS):
            end = read.line_num + 1  # type: ignore[attr-defined]
            if any(cell.strip() for cell in cells):
                found.append((line, end, cells))
            line = end
    except csv.Error:
        pass  # rows after it are judged one by one when they are read
    return found


def _heading(rows: Sequence[Sampled], line: int | None) -> int:
    """Which of the rows names the columns: the first with as many filled cells as most rows have cells, or nearly."""
    if line is not None:
        at = next((at for at, (start, _, _) in enumerate(rows) if start >= line), None)
        if at is None or rows[at][0] != line:
            raise NoLayout(
                f"`heading_line: {line}` names a line that holds no row; name the line of the columns' names"
            )
        return at
    if not rows:
        raise NoLayout("holds no row, and no heading; write it again at its source, or leave it out")
    usual, often = Counter(len(cells) for _, _, cells in rows).most_common(1)[0]
    if len(rows[0][2]) >= usual and _is_heading(rows[0][2], usual):
        return 0
    if often * 2 > len(rows):
        for at, (_, _, cells) in enumerate(rows[:_TITLES]):
            if len(cells) == usual and _is_heading(cells, usual) and not _has_value(cells):
                sure = not _is_heading(rows[0][2], usual) or all(
                    _has_value(below) for _, _, below in rows[at + 1 :][:3]
                )
                return at if sure else 0
    return 0


def _has_value(cells: Sequence[str]) -> bool:
    return any(_VALUE.fullmatch(cell.strip()) for cell in cells)


def _is_heading(cells: Sequence[str], usual: int) -> bool:
    return usual == 1 or sum(bool(cell.strip()) for cell in cells) * 2 > usual


def _as_wide(heading: list[str], rows: Sequence[Sampled]) -> list[str]:
    """The heading, one wider or narrower where only it, or only the rows, end with the sign that separates."""
    widths = Counter(len(cells) for _, _, cells in rows)
    usual = widths.most_common(1)[0][0] if widths else len(heading)
    if usual == len(heading) - 1 and not heading[-1].strip():
        return heading[:-1]
    if usual == len(heading) + 1 and not any(cells[-1].strip() for _, _, cells in rows if len(cells) == usual):
        return [*heading, ""]
    return heading


def _names(heading: Sequence[str]) -> tuple[str, ...]:
    """The columns' names: without blanks around them, each once; one without a name is called by its place."""
    names: list[str] = []
    for place, cell in enumerate(heading, 1):
        bare = cell.strip("\ufeff").strip() or f"column {place}"
        name, times = bare, 1
        while name in names:
            times += 1
            name = f"{bare} ({times})"
        names.append(name)
    return tuple(names)
