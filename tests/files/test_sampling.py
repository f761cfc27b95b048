"""A look at a file: what its columns are, its first rows, and how it is read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expansion.files.read import sampling
from expansion.files.read.found import found_file
from expansion.files.read.rows import Unusable
from expansion.files.read.sampling import Sample, sample
from expansion.files.read.words import ReadWords
from expansion.usage.forms.duck import connect


def look(path: Path, rows: int = 1_000) -> Sample:
    into = path.parent / ".scratch"
    into.mkdir(exist_ok=True)
    looked = sample(connect(), found_file(str(path)), ReadWords(), into, rows)
    assert isinstance(looked, Sample)
    assert not list(into.iterdir())
    return looked


def test_of_a_table_the_columns_rows_and_layout(tmp_path: Path) -> None:
    path = tmp_path / "dt=2025-03-01" / "e.csv"
    path.parent.mkdir()
    path.write_bytes(b"Report\n\nid;n\n1;a\n2;b;c\n3;d\n")
    looked = look(path)
    assert looked.columns == ("id", "n", "dt")
    assert looked.rows[1] == {"id": "3", "n": "d", "dt": "2025-03-01"}
    assert looked.broken == ((5, "3 cells where the heading has 2", "2;b;c"),)
    assert dict(looked.told) == {"kind": "csv", "encoding": "utf-8", "separator": ";", "heading_line": 3}


def test_of_parquet_the_types_and_values_as_text(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    pq.write_table(pa.table({"id": [1, 2], "who": [{"org": "é"}, None], "ok": [True, None]}), path)
    looked = look(path)
    assert looked.types == {"id": "BIGINT", "who": "STRUCT(org VARCHAR)", "ok": "BOOLEAN"}
    assert looked.rows == ({"id": "1", "who": '{"org": "é"}', "ok": "true"}, {"id": "2", "who": None, "ok": None})


def test_of_json_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "e.json"
    path.write_text(json.dumps({"object": "list", "data": [{"id": 1, "in": {"x": [1]}}]}))
    looked = look(path)
    assert looked.rows == ({"id": 1, "in": {"x": [1]}},)
    assert looked.told["rows_at"] == "data"


@pytest.mark.parametrize("name", ["e.jsonl.gz", "e.csv.gz", "e.json.gz"])
def test_of_a_packed_text_only_the_beginning_is_unpacked(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "_BEGINNING", 1 << 20)
    rows = [f'{{"id": {at}, "note": "{"x" * 50}"}}' for at in range(60_000)]
    text = {"e.jsonl.gz": "\n".join(rows), "e.csv.gz": "id\n" + "7\n" * 2_000_000, "e.json.gz": f"[{', '.join(rows)}]"}
    path = tmp_path / name
    packed = gzip.compress(text[name].encode())
    path.write_bytes(packed[: len(packed) - 40])  # that it is cut off is not seen
    looked = look(path, rows=10)
    assert len(looked.rows) == 10
    assert looked.broken == ()


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    path.write_bytes(b"no")
    looked = sample(connect(), found_file(str(path)), ReadWords(), tmp_path)
    assert isinstance(looked, Unusable)
    assert looked.sentence.startswith(f"{path}: is no .parquet file")
