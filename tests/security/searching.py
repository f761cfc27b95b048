"""Looks for canaries in everything that was written, in every form in which they may stand there.

Made without the code that hides them, so that a fault in that code is found and not repeated.
"""

from __future__ import annotations

import base64
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb

_ADDRESS = re.compile(rb"[\w.+-]+(?:@|%40|\\u0040)[\w-]+\.example\b")


def forms(secret: str) -> set[bytes]:
    """Plain, in URLs, in base64 alone or after anything, the whole of it each time but for the ends."""
    found = {
        secret.encode(),
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
        secret.encode().hex().encode(),
    }
    for before in (b"", b"x", b"xx"):
        for coded in (base64.b64encode(before + secret.encode()), base64.urlsafe_b64encode(before + secret.encode())):
            found.add(coded[4:-4])
    return found


def written_below(*roots: Path) -> Iterator[tuple[str, bytes]]:
    """(where, what) of every file; of SQLite and Parquet also every row: their files split or pack long texts."""
    for root in roots:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file():
                yield str(path), path.name.encode() + b"\n" + path.read_bytes()
                yield from _rows(path)


def _rows(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.read_bytes()[:15] == b"SQLite format 3":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in db.execute(f'SELECT * FROM "{table}"'):
                    yield f"{path}, {table}", _bytes(row)
    elif path.suffix == ".parquet":
        for row in duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall():
            yield str(path), _bytes(row)


def _bytes(row: tuple[object, ...]) -> bytes:
    return b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in row)


def found_in(places: Iterator[tuple[str, bytes]], secrets: list[str]) -> list[tuple[str, str]]:
    """(which, where) for every place that holds one of the secrets."""
    wanted = [(secret, form) for secret in secrets for form in forms(secret)]
    return sorted({(secret, where) for where, what in places for secret, form in wanted if form in what})


def addresses_in(places: Iterator[tuple[str, bytes]]) -> list[tuple[str, str]]:
    """(address, where) for every e-mail address of the world that stands in full."""
    cut = b"\\u2026"  # `…` in JSON: an address that is cut short
    return sorted(
        {(f[0].decode(), where) for where, what in places for f in _ADDRESS.finditer(what.replace(cut, b" "))}
    )
