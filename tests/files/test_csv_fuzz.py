"""Any CSV: each good row is what Python's own reader makes of it alone, and each broken one is told, once."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.files.reads import read


@dataclass(frozen=True)
class Row:
    """A row as it stands in a file. `cells` is None where it is none."""

    text: bytes
    cells: tuple[str, ...] | None


def alone(text: str, separator: str) -> tuple[str, ...]:
    (cells,) = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return tuple(cells)


def good(separator: str, width: int) -> st.SearchStrategy[Row]:
    inside = st.text(st.sampled_from(["x", "é", "1", " ", '"', separator, "\n", "\r", "'", "\\", "\u2028"]), max_size=6)
    cell = st.one_of(st.just(""), inside.map(lambda text: "a" + text))
    plain = st.text(st.sampled_from("xy 1"), max_size=4).map(lambda text: f'5" {text}in')  # 5" pipe
    quoted = st.lists(cell, min_size=width, max_size=width)
    written = st.tuples(quoted, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])).map(
        lambda drawn: _written(drawn[0], separator, drawn[1])
    )
    loose = st.lists(plain, min_size=width, max_size=width).map(separator.join)
    return st.one_of(written, written, loose).map(lambda text: Row(text.encode(), alone(text, separator)))


def _written(cells: list[str], separator: str, quoting: int) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, quoting=quoting, lineterminator="\r\n").writerow(cells)  # type: ignore[arg-type]
    return out.getvalue().removesuffix("\r\n")


def broken(separator: str, width: int) -> st.SearchStrategy[Row]:
    sep = separator.encode()
    kinds = [
        sep.join([b"b"] * (width + 1)),
        sep.join([b"b"] * (width - 1)) or b"b",
        sep.join([b"b"] * (width - 1) + [b'"never closed']),
        sep.join([b'"goes"on'] + [b"b"] * (width - 1)),
        sep.join([b"N\0UL"] + [b"b"] * (width - 1)),
        sep.join([b"\xff\xfe"] + [b"b"] * (width - 1)),
    ]
    return st.sampled_from(kinds).map(lambda text: Row(text, None))


@st.composite
def files(draw: st.DrawFn) -> tuple[str, int, bytes, list[Row | None]]:
    """Separator, width, line end, and the rows; None is an empty line."""
    separator, width = draw(st.sampled_from(",;\t|")), draw(st.integers(2, 4))
    row = st.one_of(*[good(separator, width)] * 4, broken(separator, width), st.none())
    return separator, width, draw(st.sampled_from([b"\n", b"\r\n"])), draw(st.lists(row, max_size=12))


@settings(max_examples=150, deadline=None)
@given(files(), st.booleans(), st.sampled_from([5, 17, 64, 1 << 20]))
def test_each_row_is_read_as_if_it_stood_alone(
    file: tuple[str, int, bytes, list[Row | None]], ends: bool, block: int
) -> None:
    separator, width, end, rows = file
    heading = separator.join(f"é{place}" for place in range(width)).encode()
    texts = [heading, *(row.text if row else b"" for row in rows)]
    line, wanted, wrong = 2, [], []
    for row in rows:
        if row and row.cells is not None:
            wanted.append((line, row.cells))
        elif row:
            wrong.append((line, row.text.decode("utf-8", "replace")))
        line += (row.text.count(b"\n") if row else 0) + 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.csv"
        path.write_bytes(end.join(texts) + (end if ends else b""))
        came = read(path, block=block, separator=separator, heading_line=1)
    assert came.rows == wanted
    assert [(line, text) for line, _, text in came.broken] == wrong


@settings(max_examples=60, deadline=None)
@given(files(), st.sampled_from(["utf-8-sig", "utf-16", "cp1252", "shift_jis"]), st.sampled_from([5, 64, 1 << 20]))
def test_the_encoding_changes_no_row(file: tuple[str, int, bytes, list[Row | None]], encoding: str, block: int) -> None:
    separator, width, end, rows = file
    kept = [row for row in rows if row and row.cells is not None]
    heading = separator.join(f"é{place}" for place in range(width)).encode()
    text = end.join([heading, *(row.text for row in kept)]).decode()
    letters = {
        "cp1252": text.replace("\u2028", "ü"),
        "shift_jis": text.replace("\u2028", "顧").replace("é", "客").replace("\\", "~"),
    }
    text = letters.get(encoding, text)
    with tempfile.TemporaryDirectory() as folder:
        path, plain = Path(folder) / "f.csv", Path(folder) / "plain.csv"
        path.write_bytes(text.encode(encoding))
        plain.write_bytes(text.encode())
        word = encoding if encoding in ("cp1252", "shift_jis") else None
        came = read(path, block=block, separator=separator, heading_line=1, encoding=word)
        assert came.rows == read(plain, separator=separator, heading_line=1).rows


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.text('ab "\n', max_size=4), min_size=2, max_size=2), max_size=8),
    st.integers(1, 3),
    st.sampled_from([5, 40, 1 << 20]),
)
def test_blanks_before_quotes_change_no_cell(rows: list[list[str]], blanks: int, block: int) -> None:
    written = [
        (", ".replace(" ", " " * blanks)).join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row)
        for row in rows
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.csv"
        path.write_text("\n".join(['"é", "n"', *written]), newline="")
        came = read(path, block=block, separator=",", heading_line=1)
    assert came.columns == ("é", "n")
    assert came.cells == [tuple(row) for row in rows]
    assert came.broken == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text('ab 1"', min_size=1, max_size=4).map(lambda text: "x" + text), max_size=8), st.booleans())
def test_a_table_of_one_column(cells: list[str], quoted: bool) -> None:
    written = [f'"{cell.replace(chr(34), chr(34) * 2)}"' if quoted else cell for cell in cells]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.csv"
        path.write_text("\n".join(["id", *written]))
        came = read(path, separator=",", heading_line=1)
    assert came.cells == [(cell,) for cell in cells]
