"""CSV as teams have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files.reads import read

PLAIN = 'id,event,note\n1,Login,"y, z"\n2,Login,"said ""hi"""\n3,Login,"line1\nline2"\n4,Login,Zoë – ü\n5,Login, lead\n'
ROWS = [
    ("1", "Login", "y, z"),
    ("2", "Login", 'said "hi"'),
    ("3", "Login", "line1\nline2"),
    ("4", "Login", "Zoë – ü"),
    ("5", "Login", " lead"),
]


def write(folder: Path, name: str, text: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def test_a_plain_file_gives_each_row_with_its_line(tmp_path: Path) -> None:
    came = read(write(tmp_path, "events.csv", PLAIN))
    assert came.columns == ("id", "event", "note")
    assert came.cells == ROWS
    assert [line for line, _ in came.rows] == [2, 3, 4, 6, 7]
    assert came.counted == 5


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_lines_end_in_any_way(tmp_path: Path, ending: str) -> None:
    came = read(write(tmp_path, "events.csv", "id,n\n1,a\n\n2,b".replace("\n", ending)))
    assert came.rows == [(2, ("1", "a")), (4, ("2", "b"))]


def test_lines_may_end_in_cr_alone(tmp_path: Path) -> None:
    came = read(write(tmp_path, "events.csv", "id,n\r1,a\r2,b\r"))
    assert came.rows == [(2, ("1", "a")), (3, ("2", "b"))]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_at_the_beginning_tells_the_encoding(tmp_path: Path, encoding: str) -> None:
    assert read(write(tmp_path, "events.csv", PLAIN, encoding)).cells == ROWS


def test_another_code_page_is_refused_with_what_to_write_and_read_when_it_is_written(tmp_path: Path) -> None:
    text = "id,name\n1,Zoë\n2,Jürgen\n3,Anna\n"
    path = write(tmp_path, "people.csv", text, "cp1252")
    assert read(path).sentences == [
        f"{path}: is not UTF-8 text; it looks like cp1252: write `read: {{encoding: cp1252}}` in the map if it is, "
        "or save the file as UTF-8"
    ]
    assert read(path, encoding="cp1252").cells == [("1", "Zoë"), ("2", "Jürgen"), ("3", "Anna")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_told_by_looking(tmp_path: Path, separator: str) -> None:
    text = "\n".join(separator.join(row) for row in (("id", "cost", "note"), ("1", "1.5", "a b"), ("2", "2.5", "c d")))
    assert read(write(tmp_path, "costs.txt", text)).cells == [("1", "1.5", "a b"), ("2", "2.5", "c d")]


def test_decimal_commas_do_not_separate(tmp_path: Path) -> None:
    assert read(write(tmp_path, "c.csv", "id;cost\n1;1,5\n2;2,5\n")).cells == [("1", "1,5"), ("2", "2,5")]


def test_blanks_separate_and_the_map_names_the_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "cdnow.txt", " 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n")
    came = read(path, columns=["id", "day", "number", "amount"])
    assert came.rows == [(1, ("00001", "19970101", "1", "11.77")), (2, ("00002", "19970112", "1", "12.00"))]


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        (" id, event ,\tnote", ("id", "event", "note")),
        (",event,note", ("column 1", "event", "note")),
        ("id,z,z", ("id", "z", "z (2)")),
    ],
)
def test_headings_as_they_come(tmp_path: Path, heading: str, columns: tuple[str, ...]) -> None:
    came = read(write(tmp_path, "e.csv", f"{heading}\n1,a,b\n"))
    assert came.columns == columns
    assert came.cells == [("1", "a", "b")]


@pytest.mark.parametrize("before", ['"Report: Logins"\n\n', "Logins,,\n", "Period,March\n\n", "sep=,\n"])
def test_what_stands_above_the_heading_is_passed_over(tmp_path: Path, before: str) -> None:
    came = read(write(tmp_path, "e.csv", f"{before}id,event,n\n1,Login,3\n2,Login,4\n"))
    assert came.columns == ("id", "event", "n")
    assert came.rows[0] == (before.count("\n") + 2, ("1", "Login", "3"))


def test_a_comma_at_the_end_of_the_heading_alone_or_of_each_row(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.csv", "id,n,\n1,a\n2,b\n")).columns == ("id", "n")
    assert read(write(tmp_path, "b.csv", "id,n,\n1,a,\n2,b,\n")).cells == [("1", "a", ""), ("2", "b", "")]
    assert read(write(tmp_path, "c.csv", "id,n\n1,a,\n2,b,\n")).cells == [("1", "a", ""), ("2", "b", "")]


BROKEN = {
    '1,"Login': "a quote that is not closed",
    "1,Login,x": "3 cells where the heading has 2",
    "1": "1 cell where the heading has 2",
    "1,Lo\0gin": "has a NUL sign in it",
    '1,"Log"in': "a quote that is not closed, or stands where none may",
}


@pytest.mark.parametrize("line", BROKEN)
def test_a_bad_row_is_told_with_its_line_and_changes_no_other(tmp_path: Path, line: str) -> None:
    good = [f'{at},"Login {at}"' for at in range(100)]
    came = read(write(tmp_path, "e.csv", "\n".join(["id,event", *good[:60], line, *good[60:]]) + "\n"))
    assert came.cells == [(str(at), f"Login {at}") for at in range(100)]
    ((number, why, text),) = came.broken
    assert (number, text) == (62, line)
    assert why.startswith(BROKEN[line])


def test_a_row_that_is_no_text_is_told_by_itself(tmp_path: Path) -> None:
    came = read(write(tmp_path, "e.csv", "id,event\n1,Zoë\n2,\n".encode() + b"3,\xff\xfe\n" + "4,Jürgen\n".encode()))
    assert came.cells == [("1", "Zoë"), ("2", ""), ("4", "Jürgen")]
    assert came.broken == [(4, "not text in UTF-8", "3,��")]


def test_a_cell_may_be_long_whatever_stands_beside_it(tmp_path: Path) -> None:
    long = "x" * 200_000
    came = read(write(tmp_path, "e.csv", f'id,note\n1,{long}\n2,a,b\n3,"{long}\n{long}"\n'))
    assert came.cells == [("1", long), ("3", f"{long}\n{long}")]
    assert [line for line, _, _ in came.broken] == [3]


def test_blanks_after_commas_before_a_quote(tmp_path: Path) -> None:
    came = read(write(tmp_path, "e.csv", 'id, event, note\n"1", "Login", "a, b"\n"2", "Login"\n"3", "Login", "c\nd"\n'))
    assert came.cells == [("1", "Login", "a, b"), ("3", "Login", "c\nd")]
    assert [line for line, _, _ in came.broken] == [3]


def test_a_quote_within_a_cell_that_is_not_quoted_is_a_sign_like_any(tmp_path: Path) -> None:
    came = read(write(tmp_path, "e.csv", 'id,what\n1,5" pipe\n2,6" or 7" pipe\n3,"8"" pipe"\n'))
    assert came.cells == [("1", '5" pipe'), ("2", '6" or 7" pipe'), ("3", '8" pipe')]


def test_files_of_one_layout_are_read_as_one(tmp_path: Path) -> None:
    paths = [write(tmp_path, f"day-{at}.csv", f"id,n\n{at},x\n") for at in (1, 2, 10)]
    came = read(write(tmp_path, "day-3.csv", "id,m\n3,x\n"), *paths)
    assert came.groups == 3
    assert came.by_file == {str(tmp_path / f"day-{at}.csv"): [(str(at), "x")] for at in (1, 2, 3, 10)}
    assert came.tables == ["day"] * 4


@pytest.mark.parametrize("block", [7, 16, 64])
def test_the_size_of_a_block_does_not_matter(tmp_path: Path, block: int) -> None:
    assert read(write(tmp_path, "events.csv", PLAIN), block=block).cells == ROWS
