"""Reading files line by line, for the report on what could not be read."""

from __future__ import annotations

import csv
import gzip
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb

from expansion.usage.duck import quote

FORMATS = {".json": "json", ".jsonl": "json", ".ndjson": "json", ".csv": "csv", ".parquet": "parquet"}


class ImportFailed(Exception):
    """A file is not what it says. The message names it and the remedy; nothing of it was stored."""


def format_of(path: Path) -> str:
    """`json`, `csv` or `parquet` by the end of the name; raises ImportFailed for anything else."""
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    kind = FORMATS.get(suffixes[-1]) if suffixes else None
    if kind is None:
        ends = ", ".join(FORMATS)
        raise ImportFailed(f"{path}: its name does not say what it holds; let it end in one of {ends} (.gz may follow)")
    return kind


def count_rows(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """How many rows a file holds, blank lines and a CSV's heading aside."""
    if format_of(path) == "parquet":
        row = con.execute(f"SELECT count(*) FROM read_parquet({quote(str(path))})").fetchone()
        return int(row[0]) if row else 0
    with _open(path) as file:
        rows = sum(1 for line in file if line.strip())
    return max(0, rows - 1) if format_of(path) == "csv" else rows


@dataclass(frozen=True)
class CleanCopy:
    """The readable rows of a file as JSON lines that hold their line number, and what was not readable."""

    path: Path
    rejects: list[tuple[int, str, str]]  # line, reason, the beginning of the row


def clean_copy(path: Path, scratch: Path) -> CleanCopy:
    """Copy the readable rows of a JSON-lines or CSV file. Raises ImportFailed where the file as a whole is not that."""
    kind = format_of(path)
    if kind == "parquet":
        raise ImportFailed(f"{path}: is not a Parquet file, or is cut off; write it again at its source")
    scratch.mkdir(parents=True, exist_ok=True)
    copy = scratch / f"clean-{uuid.uuid4().hex[:12]}.jsonl"
    rejects: list[tuple[int, str, str]] = []
    good = 0
    with copy.open("w", encoding="utf-8") as out:
        for number, row, reason, text in _rows(path, kind):
            if reason is None:
                good += 1
                out.write(json.dumps({**row, "__line": number}) + "\n")
            else:
                rejects.append((number, reason, text[:300]))
    if not good:
        copy.unlink()
        raise ImportFailed(f"{path}: holds no row that reads as {kind}; check that the file is what its name says")
    return CleanCopy(copy, rejects)


def _rows(path: Path, kind: str) -> Iterator[tuple[int, dict[str, Any], str | None, str]]:
    try:
        with _open(path) as file:
            yield from _csv_rows(file) if kind == "csv" else _json_rows(file)
    except (OSError, EOFError) as error:
        raise ImportFailed(f"{path}: cannot be read to its end ({error}); fetch or write the file again") from error


def _json_rows(file: IO[bytes]) -> Iterator[tuple[int, dict[str, Any], str | None, str]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        text = line.decode("utf-8", "replace")
        try:
            row = json.loads(line)
        except ValueError:
            yield number, {}, "not valid JSON", text
            continue
        reason = None if isinstance(row, dict) else "not a JSON object"
        yield number, row if reason is None else {}, reason, text


def _csv_rows(file: IO[bytes]) -> Iterator[tuple[int, dict[str, Any], str | None, str]]:
    reader = csv.reader(line.decode("utf-8", "replace") for line in file)
    heading = next(reader, [])
    for cells in reader:
        if len(cells) == len(heading):
            yield reader.line_num, dict(zip(heading, cells, strict=True)), None, ""
        elif cells:
            yield reader.line_num, {}, f"{len(cells)} cells where the heading has {len(heading)}", ",".join(cells)


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
