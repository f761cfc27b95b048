"""Files as rows that SQL can read: JSON lines, CSV and Parquet, gzipped or not.

A clean file is parsed once, by DuckDB. A file in which anything is wrong is read again line by line (lines.py), so that
the report can name the line; the good rows of it are stored all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from expansion.usage.duck import identifier, one, quote
from expansion.usage.lines import BROKEN, LINE, TEXT, ImportFailed, count_lines, csv_heading, format_of, numbered

# What reads a line as it is, without guessing: a guess made of a CSV with a bad row was another separator (measured).
_CSV = "auto_detect = false, quote = '\"', escape = '\"', header = true, strict_mode = true"


@dataclass(frozen=True)
class Rows:
    """`sql` gives line, row (JSON, or a struct of `columns`), broken (why it is no row, or NULL), text for people."""

    sql: str
    columns: tuple[str, ...] | None = None  # None: JSON
    typed: frozenset[str] = frozenset()  # of these columns, the values are no text


_CLEAN = "NULL::BIGINT AS line, NULL::VARCHAR AS broken, NULL::VARCHAR AS text"


def clean_rows(con: duckdb.DuckDBPyConnection, path: Path, keys: Sequence[str] | None = None) -> Rows:
    """The rows of a file, if nothing is wrong with it; DuckDB stops at the first row it cannot read.

    `keys` are all that is needed of a JSON line, where that is known.
    """
    match format_of(path):
        case "json":
            if keys:
                return _json_keys(path, keys)
            return Rows(f"SELECT {_CLEAN}, json AS row FROM read_ndjson_objects({_file(path)})")
        case "csv":
            columns, separator = csv_heading(path)
            types = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in columns)
            read = f"read_csv({_file(path)}, {_CSV}, columns = {{{types}}}, delim = {quote(separator)})"
            return Rows(f"SELECT {_CLEAN}, {_packed(columns)} AS row FROM {read}", columns)
    return _parquet_rows(con, path)


def _json_keys(path: Path, keys: Sequence[str]) -> Rows:
    """Lines parsed once into columns of text: less than half the work of taking one key after the other out of each."""
    types = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in keys)
    read = f"read_json({_file(path)}, format = 'newline_delimited', records = true, columns = {{{types}}})"
    return Rows(f"SELECT {_CLEAN}, {_packed(tuple(keys))} AS row FROM {read}", tuple(keys))


@contextmanager
def rows_again(con: duckdb.DuckDBPyConnection, path: Path, scratch: Path) -> Iterator[Rows]:
    """All rows of a file with their numbers; what cannot be read is `broken`."""
    if format_of(path) == "parquet":
        yield _parquet_rows(con, path)
        return
    with numbered(path, scratch) as copied:
        copy = f"read_parquet({quote(str(copied))})"
        if format_of(path) == "csv":
            columns, _ = csv_heading(path)
            named = f"{LINE} AS line, {BROKEN} AS broken, {TEXT} AS text"
            yield Rows(f"SELECT {named}, {_packed(columns)} AS row FROM {copy}", columns)
        else:
            yield Rows(_json_again(copy))


def _json_again(copy: str) -> str:
    what = (
        "CASE WHEN NOT json_valid(text) THEN 'not valid JSON' "
        "WHEN json_type(text) <> 'OBJECT' THEN 'not a JSON object' END"
    )
    lines = f"SELECT {LINE} AS line, {TEXT} AS text, {BROKEN} AS unread FROM {copy}"
    judged = f"SELECT line, text, CASE WHEN unread IS NULL THEN {what} ELSE unread END AS broken FROM ({lines})"
    return f"SELECT line, broken, text, CASE WHEN broken IS NULL THEN text::JSON END AS row FROM ({judged})"


def count_rows(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """How many rows a file seems to hold. A CSV with line breaks inside its cells holds fewer."""
    match format_of(path):
        case "json":
            return count_lines(path)
        case "csv":
            return max(0, count_lines(path) - 1)
    return one(con, f"SELECT count(*) FROM read_parquet({_file(path)})")


def _parquet_rows(con: duckdb.DuckDBPyConnection, path: Path) -> Rows:
    try:
        found = con.execute(f"DESCRIBE SELECT * FROM read_parquet({_file(path)})").fetchall()
    except duckdb.Error as error:
        raise ImportFailed(f"{path}: is not a Parquet file, or is cut off; write it again at its source") from error
    columns = tuple(str(column[0]) for column in found)
    typed = frozenset(str(column[0]) for column in found if column[1] != "VARCHAR")
    named = "file_row_number + 1 AS line, NULL::VARCHAR AS broken, NULL::VARCHAR AS text"
    read = f"read_parquet({_file(path)}, file_row_number = true)"
    return Rows(f"SELECT {named}, {_packed(columns)} AS row FROM {read}", columns, typed)


def _packed(columns: tuple[str, ...]) -> str:
    return f"struct_pack({', '.join(f'{identifier(name)} := {identifier(name)}' for name in columns)})"


def _file(path: Path) -> str:
    """A file's name as SQL; what would be a wildcard there stands for itself."""
    return quote("".join(f"[{ch}]" if ch in "*?[" else ch for ch in str(path)))
