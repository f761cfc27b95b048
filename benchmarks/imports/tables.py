"""Made-up files to import, the same for the same numbers of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from expansion.usage.duck import connect, quote

_EVENTS = """
SELECT printf('e%09d', i) AS event_id,
  ['Report Exported', 'Export Blocked', 'Invite Sent', 'Session Started', 'Page Viewed'][1 + hash(i) % 5] AS name,
  strftime(TIMESTAMP '2026-01-01' + INTERVAL (i * 7776000 // {rows}) SECOND, '%Y-%m-%dT%H:%M:%SZ') AS happened_at,
  printf('a-%05d', hash(i // 25) % 5000) AS account_id,
  printf('u-%06d', hash(i // 25) % 40000) AS user_id,
  ['Team', 'Pro', 'Enterprise'][1 + hash(i // 25) % 3] AS plan,
  hash(i * 7) % 1000 AS rows
FROM range({rows}) AS t(i)
"""
EVENTS_MAP = """
events: {id: event_id, event: name, time: happened_at, account: account_id, user: user_id, properties: [plan, rows]}
"""
FACTS_MAP = "facts: {account: account_id}\n"
DAILY_MAP = "events: {id: event_id, event: name, time: happened_at, account: account_id}\n"


@dataclass(frozen=True)
class File:
    """A file to import, or a folder of them, with its map; and how it is made."""

    name: str
    map_text: str
    rows: int
    make: Callable[[duckdb.DuckDBPyConnection, Path, int], None]
    has_floor: bool = True  # DuckDB reads it, too


def _events(ending: str, form: str) -> Callable[[duckdb.DuckDBPyConnection, Path, int], None]:
    def make(con: duckdb.DuckDBPyConnection, path: Path, rows: int) -> None:
        con.execute(f"COPY ({_EVENTS.format(rows=rows)}) TO {quote(str(path))} ({form})")

    return make


def _one_bad(con: duckdb.DuckDBPyConnection, path: Path, rows: int) -> None:
    """The same as events.csv, with one row that is none in the middle."""
    _events("csv", "FORMAT csv")(con, path, rows)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[rows // 2] = b'"e,never closed\n'
    path.write_bytes(b"".join(lines))


def _facts(fields: int) -> Callable[[duckdb.DuckDBPyConnection, Path, int], None]:
    def make(con: duckdb.DuckDBPyConnection, path: Path, rows: int) -> None:
        each = ", ".join(f"hash(i * 31 + {n}) % {10 ** (1 + n % 6)} AS f{n}" for n in range(fields))
        con.execute(
            f"COPY (SELECT printf('a-%06d', i) AS account_id, {each} FROM range({rows}) AS t(i)) "
            f"TO {quote(str(path))} (FORMAT csv)"
        )

    return make


def _daily(con: duckdb.DuckDBPyConnection, path: Path, files: int) -> None:
    path.mkdir()
    for n in range(files):
        day = f"TIMESTAMP '2025-01-01' + INTERVAL {n} DAY"
        rows = f"SELECT '{n}-' || i AS event_id, 'Login' AS name, {day} AS happened_at, 'a-' || i AS account_id"
        con.execute(f"COPY ({rows} FROM range(20) AS t(i)) TO {quote(str(path / f'daily-{n:03d}.csv'))} (FORMAT csv)")


FILES = (
    File("events.csv", EVENTS_MAP, 2_000_000, _events("csv", "FORMAT csv")),
    File("one-bad.csv", EVENTS_MAP, 2_000_000, _one_bad, has_floor=False),
    File("events.jsonl", EVENTS_MAP, 2_000_000, _events("jsonl", "FORMAT json")),
    File("events.parquet", EVENTS_MAP, 2_000_000, _events("parquet", "FORMAT parquet")),
    File("facts-5.csv", FACTS_MAP, 400_000, _facts(5)),
    File("facts-20.csv", FACTS_MAP, 200_000, _facts(20)),
    File("daily", DAILY_MAP, 400, _daily),
)


def make(folder: Path, share: float) -> None:
    """All files, with this share of their rows."""
    con = connect(threads=1)
    con.execute("SET preserve_insertion_order = true")
    for file in FILES:
        file.make(con, folder / file.name, max(4, int(file.rows * share)))
        (folder / f"{file.name}.map.yaml").write_text(file.map_text, encoding="utf-8")
