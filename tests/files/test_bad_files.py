"""Files that cannot be used: one sentence each, no row of them, and every other file is read."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expansion.files.read import whole
from expansion.files.read.found import found
from expansion.files.read.reading import ReadWords, Rows, reading
from expansion.usage.forms.duck import connect
from expansion.usage.storage.store import StoreError
from tests.files.reads import read

CSV = b"id,event\n" + b"".join(f"{at},Login\n".encode() for at in range(20_000))


def beside(folder: Path, name: str, data: bytes) -> str:
    """The one sentence for a file that stands beside a good one, which is read."""
    (folder / name).write_bytes(data)
    (folder / "z-good.csv").write_bytes(b"id,n\n1,a\n")
    came = read(folder / name, folder / "z-good.csv")
    assert came.by_file == {str(folder / "z-good.csv"): [("1", "a")]}
    (sentence,) = came.sentences
    return sentence.removeprefix(f"{folder / name}: ")


def zipped(data: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("e.csv", data)
    return sink.getvalue()


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return bytes(sink.getvalue())


PACKS: dict[str, Any] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd, "zip": zipped}


@pytest.mark.parametrize("end", PACKS)
def test_a_packed_file_that_is_cut_off_gives_no_row(tmp_path: Path, end: str) -> None:
    packed = PACKS[end](CSV)
    said = beside(tmp_path, f"e.csv.{end}", packed[: len(packed) // 2])
    assert said.startswith(("is cut off or damaged (", "cannot be unpacked ("))


@pytest.mark.parametrize("end", ["gz", "zip"])
def test_a_packed_file_that_is_damaged_gives_no_row(tmp_path: Path, end: str) -> None:
    packed = bytearray(PACKS[end](CSV))
    packed[len(packed) // 2] ^= 0xFF
    said = beside(tmp_path, f"e.csv.{end}", bytes(packed))
    assert said.startswith(("is cut off or damaged (", "cannot be unpacked ("))


@pytest.mark.parametrize("end", PACKS)
def test_what_unpacks_to_more_than_any_table_does_is_refused(
    tmp_path: Path, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "FREELY", 1 << 20)
    monkeypatch.setattr(whole, "SWELLS", 2)
    said = beside(tmp_path, f"e.csv.{end}", PACKS[end](b"0" * (3 << 20)))
    assert said.removeprefix("e.csv: ").startswith("unpacks to more than 2 times its size and ")


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("e.csv", b"", "is empty; write it again at its source, or leave it out"),
        ("e.csv", b"\n\n", "holds no row, and no heading"),
        ("e.parquet", b"", "is empty"),
        ("e.parquet", b"id,event\n1,Login\n", "is no .parquet file, though its name says so"),
        ("e.parquet", b"PAR1" + b"x" * 100, "is not a Parquet file, or is cut off"),
        ("e.orc", b"ORC" + b"x" * 100, "is not an ORC file, or is cut off"),
        ("e.avro", b"Obj\x01" + b"x" * 100, "is no Avro that can be read"),
        ("e.xlsx", b"\xd0\xcf\x11\xe0" + b"x" * 100, "is no workbook that can be read"),
        ("e.csv.gz", b"id,event\n1,Login\n", "is no .gz file, though its name says so"),
        ("e.bin", bytes(range(256)) * 20, "is no text, and no other kind of file that is known"),
        ("e.zip", zipped(b"")[:0] + b"PK\x05\x06" + b"\0" * 18, "holds no file"),
        ("e.csv", "id,event\n1,Login\n".encode("utf-16-le"), "is not UTF-8 text; it looks like utf-16-le"),
        ("e.csv", "имя,событие\nАнна,вход\n".encode("cp1251"), "is not UTF-8 text; it looks like cp1251"),
        ("e.csv", "名前,出来事\n花子さん,ログイン\n".encode("shift_jis"), "is not UTF-8 text; it looks like shift_jis"),
        ("e.tar", b"x" * 257 + b"ustar" + b"\0" * 500, "is a tar archive"),
    ],
)
def test_what_is_not_what_it_should_be_is_told(tmp_path: Path, name: str, data: bytes, sentence: str) -> None:
    assert beside(tmp_path, name, data).startswith(sentence)


def test_a_file_that_is_not_there_any_more_stops_no_other(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(b"id,n\n1,a\n")
    files, _ = found([str(tmp_path)])
    (tmp_path / "a.csv").unlink()
    first, second = reading(connect(), files, ReadWords(), tmp_path)
    assert not isinstance(first, Rows)
    assert first.sentence == (
        f"{tmp_path / 'a.csv'}: cannot be opened (No such file or directory); look at its path and its rights"
    )
    assert isinstance(second, Rows)


def test_a_file_that_changes_while_it_is_read_is_told_afterwards(tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        path.write_bytes(b"id,n\n1,a\n")
    files, _ = found([str(path) for path in paths])
    con = connect()
    for rows in reading(con, files, ReadWords(), tmp_path):
        assert isinstance(rows, Rows)
        with paths[0].open("ab") as file:
            file.write(b"2,b\n")
        os.utime(paths[0], (1, 1))
        con.execute(rows.relation).fetchall()
        assert rows.problems() == {0: f"{paths[0]}: was changed while it was read; import it again when it is whole"}


def test_a_full_disk_is_no_fault_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "e.csv.gz"
    path.write_bytes(gzip.compress(CSV))
    real = Path.open

    def opened(self: Path, mode: str = "r", *args: Any, **more: Any) -> Any:
        if "w" in mode:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, mode, *args, **more)

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(StoreError, match="there is no room to write in"):
        read(path)


def test_a_row_that_is_longer_than_any_may_be_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_bytes(b"id,n\n1,a\n2," + b"x" * (17 << 20) + b"\n3,c\n")
    came = read(path)
    assert came.rows == [(2, ("1", "a")), (4, ("3", "c"))]
    ((line, why, text),) = came.broken
    assert (line, why) == (3, "longer than 16 MB; rows end with a line break")
    assert len(text) <= 1_000

    path = tmp_path / "e.jsonl"
    path.write_bytes(b'{"id": 1}\n{"id": "' + b"x" * (17 << 20) + b'"}\n{"id": 3}')
    came = read(path)
    assert [line for line, _ in came.rows] == [1, 3]
    assert [line for line, _, _ in came.broken] == [2]


def test_a_quote_that_is_never_closed_costs_its_own_row(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_bytes(b'id,event,n\n1,"Login,3\n' + b"".join(b"%d,Login,3\n" % at for at in range(2, 50_000)))
    came = read(path, block=1 << 16)
    assert len(came.rows) == 49_998
    assert [line for line, _, _ in came.broken] == [2]


def test_parquet_that_is_damaged_within_stops_no_other(tmp_path: Path) -> None:
    table = pa.table({"id": [str(at) for at in range(20_000)]})
    for name in ("a", "b", "c"):
        pq.write_table(table, tmp_path / f"{name}.parquet", compression="zstd", use_dictionary=False)
    damaged = bytearray((tmp_path / "b.parquet").read_bytes())
    damaged[2_000:2_400] = bytes(byte ^ 0x5A for byte in damaged[2_000:2_400])
    (tmp_path / "b.parquet").write_bytes(damaged)
    files, _ = found([str(tmp_path)])
    con, read_to_end, sentences = connect(), [], []
    for rows in reading(con, files, ReadWords(), tmp_path):
        if not isinstance(rows, Rows):
            sentences.append(rows.sentence)
            continue
        try:
            con.execute(f"SELECT sum(strlen(c0)) FROM ({rows.relation})").fetchall()
        except duckdb.Error as error:
            assert rows.damaged(error)
        else:
            read_to_end += [Path(file.path).name for file in rows.files]
    assert read_to_end == ["a.parquet", "c.parquet"]
    assert [sentence.partition(" (")[0] for sentence in sentences] == [f"{tmp_path / 'b.parquet'}: is damaged"]
