"""Reading files line by line, for the report on what could not be read."""

from __future__ import annotations

import csv
import gzip
import uuid
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count, islice
from pathlib import Path
from typing import IO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from expansion.text.for_people import ForPeople
from expansion.usage.manifest import room_in

FORMATS = {".json": "json", ".jsonl": "json", ".ndjson": "json", ".csv": "csv", ".parquet": "parquet"}

# Columns of a numbered copy; the rest are the file's own.
LINE, BROKEN, TEXT = "__line", "__broken", "__text"

_NOT_TEXT = "not UTF-8 text"
_LONGEST_LINE = 16 << 20  # what DuckDB takes of a JSON line, too; a file without line ends would fill the memory
_TOO_LONG = "a line of more than 16 MB; rows end with a line break"
_BATCH = 50_000  # lines held in memory at a time
_LONGEST = 1_000  # lines of one CSV row: a quote that is not closed by then was never meant to open
_BLOCK = 1 << 20


class ImportFailed(ForPeople):
    """A file cannot be imported. The message names it and the remedy; nothing of it was stored."""


def format_of(path: Path) -> str:
    """`json`, `csv` or `parquet` by the end of the name; raises ImportFailed for anything else."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = FORMATS.get(suffixes[-1]) if suffixes else None
    if kind is None:
        ends = ", ".join(FORMATS)
        raise ImportFailed(
            f"{path}: its name does not say what it holds; let it end in one of {ends} "
            "(.gz may follow, except after .parquet)"
        )
    return kind


def count_lines(path: Path) -> int:
    """How many lines a file holds, blank ones at its end aside."""
    lines, blank, last = 0, 0, b""
    with _open(path) as file:
        while block := file.read(_BLOCK):
            text = block.rstrip()
            tail = block[len(text) :].count(b"\n")
            lines += block.count(b"\n")
            blank = blank + tail if not text else tail
            last = text[-1:] or last
    return lines - blank + 1 if last else 0


def csv_heading(path: Path) -> tuple[tuple[str, ...], str]:
    """The names of a CSV's columns, and what separates them: the sign that the heading holds most often."""
    with _reading(path) as file:
        line = file.readline(_BLOCK)
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ImportFailed(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    separator = max(",;\t|", key=text.count)
    columns = next(csv.reader([text], delimiter=separator), [])
    if not any(columns):
        raise ImportFailed(f"{path}: has no heading; its first line should name the columns")
    lower = [name.lower() for name in columns]
    if twice := sorted({name for name in columns if lower.count(name.lower()) > 1}):
        raise ImportFailed(f"{path}: two columns are called `{twice[0]}`; give each its own name")
    return tuple(columns), separator


@contextmanager
def numbered(path: Path, scratch: Path) -> Iterator[Path]:
    """A copy of a JSON-lines or CSV file as Parquet: LINE, BROKEN, TEXT, and a CSV's columns.

    Raises ImportFailed where the file cannot be read to its end, StoreError where there is no room for the copy.
    """
    copy = scratch / f"{uuid.uuid4().hex[:16]}.parquet"
    columns, separator = csv_heading(path) if format_of(path) == "csv" else ((), "")
    texts = ((name, pa.string()) for name in (BROKEN, TEXT, *columns))
    schema = pa.schema([(LINE, pa.int64()), *texts])
    try:
        with _reading(path) as file, room_in(scratch):
            _copy(_csv_rows(file, len(columns), separator) if columns else _json_lines(file), copy, schema)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _copy(rows: Iterator[Row], copy: Path, schema: pa.Schema) -> None:
    with pq.ParquetWriter(copy, schema) as out:
        while some := list(islice(rows, _BATCH)):
            out.write_table(pa.table([list(column) for column in zip(*some, strict=True)], schema=schema))


Row = tuple[int, str | None, str | None, *tuple[str | None, ...]]  # line, why it is no row, its text, its cells


def _json_lines(file: IO[bytes]) -> Iterator[Row]:
    for number, text, broken in _texts(file):
        if broken:
            yield number, broken, None
        elif text.strip():
            yield number, None, text


def _csv_rows(file: IO[bytes], width: int, separator: str) -> Iterator[Row]:
    lines = _Lines(_texts(file))
    next(lines, None)
    nothing = (None,) * width
    for number, text, broken in lines:
        if broken:
            yield number, broken, None, *nothing
        elif text.strip():
            cells, wrong = _cells(text, lines, separator)
            if wrong is None and len(cells) != width:
                wrong = f"{len(cells)} cells where the heading has {width}"
            yield number, wrong, text, *(nothing if wrong else (cell or None for cell in cells))


def _cells(text: str, lines: _Lines, separator: str) -> tuple[list[str], str | None]:
    """The cells of the row that begins with this line; it takes further lines only if they belong to it."""
    taken: list[Line] = []

    def further() -> Iterator[str]:
        for line in islice(lines, _LONGEST):
            taken.append(line)
            yield line.text

    try:
        return next(csv.reader(chain([text], further()), delimiter=separator, strict=True)), None
    except csv.Error as error:
        lines.put_back(taken)
        return [], f"not a row of CSV: {error}"


class Line(NamedTuple):
    """A line of a file, or why it is none."""

    number: int
    text: str = ""
    broken: str | None = None


class _Lines:
    """Numbered lines that can be put back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> Line:
        return next(self._lines)

    def put_back(self, lines: Sequence[Line]) -> None:
        self._lines = chain(lines, self._lines)


def _texts(file: IO[bytes]) -> Iterator[Line]:
    """Each line with its number, or why it is none."""
    for number in count(1):
        line = file.readline(_LONGEST_LINE + 1)
        if not line:
            return
        if len(line) > _LONGEST_LINE:
            _to_its_end(file, line)
            yield Line(number, broken=_TOO_LONG)
            continue
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            yield Line(number, broken=_NOT_TEXT)
            continue
        yield Line(number, broken=_NOT_TEXT) if "\0" in text else Line(number, text)


def _to_its_end(file: IO[bytes], line: bytes) -> None:
    """Pass over the rest of a line without keeping it."""
    while line and not line.endswith(b"\n"):
        line = file.readline(_BLOCK)


@contextmanager
def _reading(path: Path) -> Iterator[IO[bytes]]:
    try:
        with _open(path) as file:
            yield file
    except (OSError, EOFError, zlib.error) as error:
        raise ImportFailed(f"{path}: cannot be read to its end ({error}); fetch or write the file again") from error


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]
