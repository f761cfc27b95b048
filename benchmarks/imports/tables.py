"""Makes the files, the same for the same numbers of rows: `python -m benchmarks.imports.tables FOLDER SHARE`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.imports.files import FILES
from expansion.usage.forms.duck import connect, quote

Make = Callable[[duckdb.DuckDBPyConnection, Path, int], None]
_NAMES = "['Report Exported', 'Export Blocked', 'Invite Sent', 'Session Started', 'Page Viewed']"
_EVENTS = f"""
SELECT printf('e%09d', i) AS event_id,
  {_NAMES}[1 + CAST(hash(i) % 5 AS INTEGER)] AS name,
  strftime(TIMESTAMP '2026-01-01' + INTERVAL (i * 7776000 // rows) SECOND, '%Y-%m-%dT%H:%M:%SZ') AS happened_at,
  printf('a-%05d', hash(i // 25) % 5000) AS account_id,
  printf('u-%06d', hash(i // 25) % 40000) AS user_id,
  ['Team', 'Pro', 'Enterprise'][1 + CAST(hash(i // 25) % 3 AS INTEGER)] AS plan,
  hash(i * 7) % 1000 AS rows
"""


def _events(form: str) -> Make:
    def make(con: duckdb.DuckDBPyConnection, path: Path, rows: int) -> None:
        each = f"FROM (SELECT range AS i, {rows} AS rows FROM range({rows}))"
        con.execute(f"COPY ({_EVENTS} {each}) TO {quote(str(path))} ({form})")

    return make


def _one_bad(con: duckdb.DuckDBPyConnection, path: Path, rows: int) -> None:
    """The same as events.csv, with one row that is none in the middle."""
    _events("FORMAT csv")(con, path, rows)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[rows // 2] = b'"e,never closed\n'
    path.write_bytes(b"".join(lines))


def _facts(fields: int) -> Make:
    def make(con: duckdb.DuckDBPyConnection, path: Path, rows: int) -> None:
        each = ", ".join(f"hash(i * 31 + {n}) % {10 ** (1 + n % 6)} AS f{n}" for n in range(fields))
        accounts = f"SELECT printf('a-%06d', i) AS account_id, {each} FROM range({rows}) AS t(i)"
        con.execute(f"COPY ({accounts}) TO {quote(str(path))} (FORMAT csv)")

    return make


def _daily(con: duckdb.DuckDBPyConnection, path: Path, files: int) -> None:
    path.mkdir()
    for n in range(files):
        day = f"TIMESTAMP '2025-01-01' + INTERVAL {n} DAY"
        rows = f"SELECT '{n}-' || i AS event_id, 'Login' AS name, {day} AS happened_at, 'a-' || i AS account_id"
        con.execute(f"COPY ({rows} FROM range(20) AS t(i)) TO {quote(str(path / f'daily-{n:03d}.csv'))} (FORMAT csv)")


MAKERS: dict[str, Make] = {
    "events.csv": _events("FORMAT csv"),
    "one-bad.csv": _one_bad,
    "events.jsonl": _events("FORMAT json"),
    "events.parquet": _events("FORMAT parquet"),
    "facts-5.csv": _facts(5),
    "facts-20.csv": _facts(20),
    "daily": _daily,
}


def make(folder: Path, share: float) -> None:
    """All files, with this share of their rows."""
    con = connect(threads=1)
    con.execute("SET preserve_insertion_order = true")
    for file in FILES:
        MAKERS[file.name](con, folder / file.name, max(4, int(file.rows * share)))
        (folder / f"{file.name}.map.yaml").write_text(file.map_text, encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]), float(sys.argv[2]))
