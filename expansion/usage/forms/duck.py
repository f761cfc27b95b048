"""DuckDB connections, always set up the same way."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import duckdb

PARQUET = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"  # how files of events are written


def connect(scratch: Path | None = None, *, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory connection. Data lie in Parquet; no database file is opened, so none can be locked.

    Extensions are never fetched, and no progress bar writes into `--json` output (measured: it goes to stdout).
    """
    con = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
    )
    con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false; SET preserve_insertion_order = false")
    if scratch is not None:
        con.execute(f"SET temp_directory = {quote(str(scratch))}")
    con.execute(f"SET threads = {threads or min(os.cpu_count() or 2, 8)}")
    return con


def one(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query gives. Read to its end: a result that is not blocks the connection."""
    ((number,),) = con.execute(query).fetchall()
    return int(number)


def quote(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def quote_list(texts: Iterable[str]) -> str:
    """Texts as an SQL list of literals, without the brackets."""
    return ", ".join(quote(text) for text in texts)
