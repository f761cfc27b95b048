"""Which files are meant, what they are called, and what their rows are rows of."""

from __future__ import annotations

from pathlib import Path

import pytest

from expansion.files.read.found import found, found_file
from tests.files.reads import read


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("in/events-2025-03-01.csv.gz", "events"),
        ("export (2).csv", "export"),
        ("company_property_history.parquet", "company_property_history"),
        ("Q1 Tickets 2025.xlsx", "q_tickets"),
        ("usage/dt=2025-03-01/part-00000-9c8ab7e1-0c1d-4b7e-9f43-1c2d3e4f5a6b-c000.snappy.parquet", "usage"),
        ("lake/usage/year=2025/month=03/data.csv", "usage"),
        ("lake/orders/part-0001.parquet", "orders"),
        ("20250301T101500Z.json", "20250301t101500z"),
        ("2025.csv", "2025"),
        ("events", "events"),
        ("s3://bucket/raw/logins_000000000012.jsonl.zst", "logins"),
    ],
)
def test_the_table_is_the_name_without_digits_and_dates(path: str, table: str) -> None:
    assert found_file(path).table == table


def test_the_folders_name_columns() -> None:
    file = found_file("lake/usage/dt=2025-03-01/region=eu%2Fwest/part-1.csv")
    assert dict(file.parts) == {"dt": "2025-03-01", "region": "eu/west"}


def _files(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("id,n\n1,a\n")


def test_a_folder_gives_its_files_of_a_known_kind_in_the_order_people_count(tmp_path: Path) -> None:
    _files(
        tmp_path, "s-10.csv", "s-2.csv", ".hidden.csv", "_SUCCESS", "_tmp/x.csv", "notes.md", "b/s-1.csv.gz", "s-1.tsv"
    )
    files, sentences = found([str(tmp_path)])
    assert [str(Path(file.path).relative_to(tmp_path)) for file in files] == [
        "b/s-1.csv.gz",
        "s-1.tsv",
        "s-2.csv",
        "s-10.csv",
    ]
    assert sentences == []


def test_patterns_are_carried_out_and_each_file_is_read_once(tmp_path: Path) -> None:
    _files(tmp_path, "a-1.csv", "a-2.csv", "b.csv", "deep/a-3.csv")
    files, sentences = found([f"{tmp_path}/a-*.csv", f"{tmp_path}/a-1.csv", f"{tmp_path}/**/a-3.csv"])
    assert [Path(file.path).name for file in files] == ["a-1.csv", "a-2.csv", "a-3.csv"]
    assert sentences == []


def test_a_name_with_the_signs_of_a_pattern_is_that_file(tmp_path: Path) -> None:
    _files(tmp_path, "a[1].csv", "a1.csv")
    files, _ = found([f"{tmp_path}/a[1].csv"])
    assert [Path(file.path).name for file in files] == ["a[1].csv"]


def test_what_names_nothing_is_said_and_stops_nothing(tmp_path: Path) -> None:
    _files(tmp_path, "a.csv", "empty/notes.md")
    files, sentences = found([f"{tmp_path}/b.csv", f"{tmp_path}/a.csv", f"{tmp_path}/c*.csv", f"{tmp_path}/empty"])
    assert len(files) == 1
    assert [sentence.split(": ")[0] for sentence in sentences] == [
        f"{tmp_path}/b.csv", f"{tmp_path}/c*.csv", f"{tmp_path}/empty",
    ]  # fmt: skip


def test_columns_of_folders_stand_beside_those_of_the_file_which_win(tmp_path: Path) -> None:
    _files(tmp_path, "u/dt=2025-03-01/n=9/a.csv", "u/dt=2025-03-02/n=9/a.csv")
    came = read(tmp_path / "u")
    assert came.columns == ("id", "n", "dt")
    assert sorted(came.cells) == [("1", "a", "2025-03-01"), ("1", "a", "2025-03-02")]
    assert came.groups == 1


def test_columns_of_folders_are_keys_of_json(tmp_path: Path) -> None:
    path = tmp_path / "u" / "dt=2025-03-01" / "id=7" / "a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"id": 1}\n{"id": 2}\nnot\n')
    came = read(path)
    assert came.cells == ['{"dt":"2025-03-01","id":1}', '{"dt":"2025-03-01","id":2}']
    assert [text for _, _, text in came.broken] == ["not"]
