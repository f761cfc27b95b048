"""JSON in any layout, each row a JSON object."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.files.reads import read

ROWS = [{"id": "1", "note": 'said "hi" {'}, {"id": "2", "note": "a\nb\\"}, {"id": "3", "in": [{"x": [1]}]}]


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def laid_out(rows: list[Any], layout: str) -> str:
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]
    match layout:
        case "lines":
            return "".join(f"{text}\n" for text in texts)
        case "array":
            return f"[{', '.join(texts)}]"
        case "array, a row a line":
            return "[\n" + ",\n".join(texts) + "\n]\n"
        case "indented":
            return json.dumps(rows, indent=2)
        case "page":
            return json.dumps({"object": "list", "data": rows, "has_more": False})
        case "one after the other":
            return "".join(texts)
    return "\n".join(json.dumps(row, indent=1) for row in rows)


def alike(texts: list[str], rows: list[Any]) -> bool:
    """The same rows; those of one line come in any order."""
    return sorted(json.dumps(json.loads(text)) for text in texts) == sorted(json.dumps(row) for row in rows)


LAYOUTS = ["lines", "array", "array, a row a line", "indented", "page", "one after the other", "indented objects"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("block", [3, 50, 1 << 20])
def test_each_layout_gives_the_same_rows(tmp_path: Path, layout: str, block: int) -> None:
    came = read(write(tmp_path, "events.json", laid_out(ROWS, layout)), block=block)
    assert alike(came.cells, ROWS)
    assert came.columns is None
    assert (came.broken, came.sentences, came.counted) == ([], [], 3)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(st.sampled_from('ab"\\{}[],: é\n'), max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text('xy"\\{', max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.dictionaries(st.text("xyz", min_size=1, max_size=3), VALUES, max_size=3), min_size=2, max_size=6),
    st.sampled_from(LAYOUTS),
    st.sampled_from([3, 20, 1 << 20]),
)
def test_any_objects_in_any_layout(rows: list[dict[str, Any]], layout: str, block: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        came = read(write(Path(folder), "f.json", laid_out(rows, layout)), block=block)
        assert alike(came.cells, rows)
        assert came.broken == []


def test_rows_begin_at_their_lines(tmp_path: Path) -> None:
    came = read(write(tmp_path, "e.json", '[\n {"id": 1},\n {"id":\n 2}, {"id": 3}\n]'))
    assert [line for line, _ in came.rows] == [2, 3, 4]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"id": 1,', "not valid JSON"),
        (b'{"id": "\xff"}', "not text in UTF-8"),
        (b"[1, 2]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"{'id': 1}", "not valid JSON"),
    ],
)
def test_a_bad_line_is_told_and_changes_no_other(tmp_path: Path, line: bytes, why: str) -> None:
    good = [f'{{"id": {at}}}'.encode() for at in range(40)]
    came = read(write(tmp_path, "e.jsonl", b"\n".join([*good[:20], line, b"", *good[20:]])), block=100)
    assert [json.loads(row)["id"] for row in came.cells] == list(range(40))
    assert [(number, said) for number, said, _ in came.broken] == [(21, why)]
    assert came.broken[0][2] == line.decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (b'{"id": }', "not valid JSON"),
        (b'{"id": "\xff"}', "not text in UTF-8"),
        (b"7", "not a JSON object"),
        (b"[1]", "not a JSON object"),
        (b'{"id": 1', "no JSON object: its brackets or quotes are not closed"),
        (b'{"id": 1}}', "no JSON object: its brackets or quotes are not closed"),
        (b'{"id": "1}', "no JSON object: its brackets or quotes are not closed"),
    ],
)
def test_a_bad_row_of_an_array_is_told_and_changes_no_other(tmp_path: Path, row: bytes, why: str) -> None:
    good = [f'{{"id": {at}}}'.encode() for at in range(40)]
    came = read(write(tmp_path, "e.json", b"[\n" + b",\n".join([*good[:20], row, *good[20:]]) + b"\n]"))
    ids = [json.loads(text)["id"] for text in came.cells]
    assert [number for number in ids if number != 1] == [0, *range(2, 40)]
    assert [(number, said) for number, said, _ in came.broken] == [(22, why)]


def test_an_array_that_is_cut_off_gives_no_row(tmp_path: Path) -> None:
    path = write(tmp_path, "e.json", laid_out(ROWS, "array")[:-20])
    came = read(path)
    assert came.rows == []
    assert came.sentences == [f"{path}: is cut off: its array is not closed; fetch or write the file again"]


def test_rows_at_names_the_array(tmp_path: Path) -> None:
    path = write(tmp_path, "e.json", json.dumps({"meta": {"n": 1}, "answer": {"deals": ROWS}}))
    assert len(read(path, rows_at="answer.deals").rows) == 3
    assert read(path, rows_at="answer.rows").sentences == [
        f"{path}: has no array at `rows_at: answer.rows`; name the keys that lead to the list of its rows"
    ]


def test_one_object_that_holds_a_list_of_its_own_is_a_row(tmp_path: Path) -> None:
    event = {"event": "Order Placed", "items": [{"sku": "a"}], "data": [{"x": 1}]}
    came = read(write(tmp_path, "e.jsonl", json.dumps(event)))
    assert [json.loads(row) for row in came.cells] == [event]


def test_utf_16_is_told_by_its_mark(tmp_path: Path) -> None:
    came = read(write(tmp_path, "e.json", laid_out(ROWS, "array").encode("utf-16")))
    assert alike(came.cells, ROWS)


def test_a_row_may_be_long(tmp_path: Path) -> None:
    long = "x" * 3_000_000
    came = read(write(tmp_path, "e.json", laid_out([{"id": 1, "note": long}, {"id": 2}], "array")), block=1 << 20)
    assert sorted(len(row) for row in came.cells) == [9, 3_000_021]
