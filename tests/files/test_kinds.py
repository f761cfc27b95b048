"""Every kind of file, packed and not, by its name or by what is in it."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from tests.files.books import book
from tests.files.reads import read

CSV = b"id,event\n1,Login\n2,Export\n"
CELLS = [("1", "Login"), ("2", "Export")]
TABLE = pa.table({"id": pa.array([1, 2], pa.int64()), "event": ["Login", "Export"], "who": [{"org": "acme"}, None]})


def zstd(data: bytes) -> bytes:
    """As `zstd` writes it: a frame that names no size."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return bytes(sink.getvalue())


def zipped(**files: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return sink.getvalue()


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(TABLE, sink)
    return sink.getvalue()


PACKED = {
    "e.csv": CSV,
    "e.CSV": CSV,
    "e.csv.gz": gzip.compress(CSV),
    "e.csv.bz2": bz2.compress(CSV),
    "e.csv.xz": lzma.compress(CSV),
    "e.csv.zst": zstd(CSV),
    "e.zip": zipped(e_csv=CSV),
    "e.gz": gzip.compress(gzip.compress(CSV)),
    "no-end": CSV,
    "packed-without-saying": gzip.compress(CSV),
    "e.tsv": CSV.replace(b",", b"\t"),
    "e.tab": CSV.replace(b",", b"\t"),
    "e.txt": CSV.replace(b",", b"  "),
}


@pytest.mark.parametrize("name", PACKED)
def test_text_in_every_packing(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PACKED[name])
    came = read(path)
    assert (came.cells, came.sentences) == (CELLS, [])


def test_an_archive_of_several_files_is_those_files(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(zipped(events_csv=CSV, in__more_jsonl=b'{"id": 3}\n', bad_parquet=b"PAR1", MACOSX=b""))
    came = read(path)
    assert sorted(came.tables) == ["events", "macosx", "more"] or sorted(came.tables) == ["events", "more"]
    assert came.by_file[f"{path}: events.csv"] == CELLS
    assert came.by_file[f"{path}: in/more.jsonl"] == ['{"id": 3}\n']
    assert any("bad.parquet" in sentence for sentence in came.sentences)


@pytest.mark.parametrize("pack", ["plain", "gz", "unnamed"])
def test_parquet_keeps_its_types(tmp_path: Path, pack: str) -> None:
    path = tmp_path / {"plain": "e.parquet", "gz": "e.parquet.gz", "unnamed": "e.data"}[pack]
    path.write_bytes(gzip.compress(parquet()) if pack == "gz" else parquet())
    came = read(path)
    assert came.types == {"id": "BIGINT", "who": "STRUCT(org VARCHAR)"}
    assert came.rows == [(1, (1, "Login", {"org": "acme"})), (2, (2, "Export", None))]
    assert came.counted == 2


def test_parquet_files_of_one_schema_are_read_as_one(tmp_path: Path) -> None:
    for at in range(3):
        pq.write_table(TABLE.slice(0, 1), tmp_path / f"[{at}] e.parquet")
    came = read(tmp_path)
    assert came.groups == 1
    assert {Path(name).name: len(rows) for name, rows in came.by_file.items()} == {
        f"[{at}] e.parquet": 1 for at in range(3)
    }


def test_orc(tmp_path: Path) -> None:
    orc.write_table(TABLE, tmp_path / "e.orc")
    came = read(tmp_path / "e.orc")
    assert came.types == {"id": "BIGINT", "who": "STRUCT(org VARCHAR)"}
    assert came.rows == [(1, (1, "Login", {"org": "acme"})), (2, (2, "Export", None))]


AVRO = {
    "type": "record",
    "name": "event",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "cost", "type": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}},
        {"name": "rate", "type": "double"},
        {"name": "who", "type": ["null", {"type": "map", "values": "string"}]},
    ],
}


def test_avro_records_are_json(tmp_path: Path) -> None:
    path = tmp_path / "e.avro"
    at = datetime(2025, 3, 1, 10, tzinfo=UTC)
    rows = [
        {"id": 1, "at": at, "day": date(2025, 3, 1), "cost": Decimal("1.50"), "rate": 0.5, "who": {"org": "acme"}},
        {"id": 2, "at": at, "day": date(2025, 3, 1), "cost": Decimal("2.00"), "rate": float("nan"), "who": None},
    ]
    with path.open("wb") as file:
        fastavro.writer(file, AVRO, rows)
    first, second = (json.loads(row) for row in read(path).cells)
    assert first == {
        "id": 1, "at": "2025-03-01T10:00:00+00:00", "day": "2025-03-01", "cost": "1.50", "rate": 0.5,
        "who": {"org": "acme"},
    }  # fmt: skip
    assert second["rate"] is None

    path.write_bytes(path.read_bytes()[:-30])
    came = read(path)
    assert "cannot be read to its end" in came.sentences[0]


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "e.avro"
    with path.open("wb") as file:
        fastavro.writer(file, AVRO, [])
    monkeypatch.setitem(sys.modules, "fastavro", None)
    assert read(path).sentences == [f"{path}: is Avro, which an extra reads: pip install 'expansion-triggers[avro]'"]


def test_a_workbook_is_read_as_text(tmp_path: Path) -> None:
    rows = [
        ["Logins of March"],
        [],
        ["id", "when", "cost", "paid"],
        [1, datetime(2025, 3, 1, 10, 30), 1.5, True],
        [2, date(2025, 3, 2), 20, ""],
    ]
    path = book(tmp_path / "e.xlsx", {"March": rows, "April": [["id"], [7]]})
    came = read(path)
    assert came.columns == ("id", "when", "cost", "paid")
    assert came.rows == [(4, ("1", "2025-03-01 10:30:00", "1.5", "true")), (5, ("2", "2025-03-02", "20", ""))]
    assert read(path, sheet="April").cells == [("7",)]
    assert read(path, sheet="May").sentences == [f"{path}: has no sheet `May`; its sheets are `March`, `April`"]


def test_addresses_are_read_through_fsspec(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for name in ("a-1.csv", "a-2.csv", "_SUCCESS"):
        memory.pipe(f"/bucket/raw/{name}", CSV)
    try:
        for address in ("memory://bucket/raw/a-*.csv", "memory://bucket/raw"):
            came = read(address, scratch=tmp_path / "s")
            assert sorted(came.by_file) == ["memory://bucket/raw/a-1.csv", "memory://bucket/raw/a-2.csv"]
        (sentence,) = read("memory://bucket/raw/b.csv", scratch=tmp_path / "s").sentences
        assert sentence.startswith("memory://bucket/raw/b.csv: there is no such file")
    finally:
        memory.rm("/bucket", recursive=True)


def test_the_extra_for_s3_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    assert read("s3://bucket/e.csv", scratch=tmp_path / "s").sentences == [
        "s3://bucket/e.csv: to read such an address an extra is needed: pip install 'expansion-triggers[s3]'"
    ]
