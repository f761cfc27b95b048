"""The ledger's database by URL: SQLite in a file, or PostgreSQL."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from expansion.private_files import private_folder
from expansion.text.for_people import ForPeople

VERSION_TABLE = "ledger_version"  # its own, so that the ledger may live beside other programs' tables
_READS_ONLY = "ledger_may_only_be_read"
_BUSY_SECONDS = 60  # how long a writer waits for another on SQLite
_CONNECT_SECONDS = 10
_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}


class LedgerError(ForPeople):
    """The ledger cannot be used; one sentence for a person, and a hint."""


class Database:
    """The engine, and the two ways to use it: reading, and writing in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(ledger_writes=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot to read from."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All of it, or nothing."""
        if _READS_ONLY in self.engine.get_execution_options():
            raise LedgerError(
                f"the ledger may only be read here: {self.engine.url.database}\n\n"
                "hint: may you write to the file and its folder, and is there room? Nothing was changed"
            )
        with self._writer.begin() as connection:
            yield connection

    @property
    def is_postgres(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def connect(url: str) -> Engine:
    """An engine for the ledger's URL, proven to reach the database."""
    wanted = _read(url)
    engine = _postgres(wanted) if wanted.get_backend_name() == "postgresql" else _sqlite(wanted)
    try:
        with engine.connect() as connection:
            inspect(connection).has_table(VERSION_TABLE)  # a file that is no database shows itself only when read
            return engine
    except DBAPIError as error:
        engine.dispose()
        raise LedgerError(_unreachable(wanted)) from error


def shown(url: URL) -> str:
    """The URL without its password, which may also stand in its query."""
    plain = url.set(query={})
    return plain.set(password=None).render_as_string() if url.password else plain.render_as_string()


def file_of(engine: Engine) -> Path | None:
    """The file of a SQLite ledger."""
    return Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None


def _read(url: str) -> URL:
    try:
        wanted = make_url(url)
    except ArgumentError as error:
        raise LedgerError(f"the ledger's address cannot be read\n\n{_HINT}") from error
    if wanted.drivername in _POSTGRES:
        return wanted.set(drivername="postgresql+psycopg")
    if wanted.drivername == "sqlite" and wanted.database and wanted.database != ":memory:":
        return wanted
    raise LedgerError(f"the ledger cannot live here: {shown(wanted)}\n\n{_HINT}")


def _unreachable(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return (
            f"the ledger cannot be opened: {url.database}\n\nhint: is it a file, is it a ledger, may you write to it?"
        )
    return (
        f"the ledger's database does not answer: {shown(url)}\n\nhint: is it running, and are name and password right?"
    )


def _postgres(url: URL) -> Engine:
    # pool_pre_ping: a connection that the server closed overnight is replaced, not reported. Nothing is prepared by
    # name, and nothing is set for a session: behind a pooler in transaction mode the next transaction is another's.
    # https://www.psycopg.org/psycopg3/docs/advanced/prepare.html#using-prepared-statements-with-pgbouncer
    arguments: dict[str, Any] = {"prepare_threshold": None}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = _CONNECT_SECONDS
    return create_engine(url, connect_args=arguments, pool_pre_ping=True, **_QUIET)


def _sqlite(url: URL) -> Engine:
    assert url.database is not None
    path = Path(url.database)
    _keep_private(path)
    if _may_only_be_read(path):
        engine = create_engine(url, creator=_reader_of(path), execution_options={_READS_ONLY: True}, **_QUIET)
    else:
        engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, **_QUIET)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _may_only_be_read(path: Path) -> bool:
    """Whether there is a ledger that we cannot write; beside it SQLite has to make files, too, or finds them."""
    if not path.is_file():
        return False
    return not os.access(path, os.W_OK) or not (os.access(path.parent, os.W_OK) or _log_of(path).exists())


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _reader_of(path: Path) -> Callable[[], sqlite3.Connection]:
    """Opens what may only be read. Without a log nobody is at work on it, and SQLite need make no file beside it.

    https://www.sqlite.org/wal.html#read_only_databases
    """
    how = "mode=ro" if _log_of(path).exists() else "immutable=1"
    address = f"file:{quote(str(path.resolve()))}?{how}"
    return lambda: sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False)


def _keep_private(path: Path) -> None:
    """The file for its owner alone, one from before for no stranger; what SQLite puts beside it gets the same rights.

    https://www.sqlite.org/src/file?name=src/os_unix.c, "findCreateFileMode"

    A file that is there is not opened, for closing it would take away the locks of every connection that this process
    has to it: https://www.sqlite.org/howtocorrupt.html, "Posix advisory locks canceled by a separate thread doing
    close()". `expansion serve` opens it again and again, and what two processes wrote then was claimed twice.
    """
    with suppress(OSError):  # a place that may only be read, or none at all: opening it says so
        private_folder(path.parent)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        if (mode := path.stat().st_mode & 0o777) & 0o007:
            path.chmod(mode & ~0o007)


def _on_connect(connection: Any, record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself; `_on_begin` does
    connection.execute("PRAGMA foreign_keys = ON")
    # A claim that is lost with the power would be made again: sync at every commit.
    connection.execute("PRAGMA synchronous = FULL")


def _on_begin(connection: Connection) -> None:
    """Writers take their turn at the start: a reader that became a writer halfway could fail at once, without waiting.

    https://www.sqlite.org/lang_transaction.html, "BEGIN IMMEDIATE"
    """
    writes = connection.get_execution_options().get("ledger_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _to_json(value: object) -> str:
    """Strict: a float that is no number has no place in JSON, and an amount must be written as text."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


# A failed statement would otherwise quote its values in errors and logs: names, addresses, texts of tasks.
_QUIET: dict[str, Any] = {"json_serializer": _to_json, "hide_parameters": True}
# In brackets, for what looks like a password is hidden.
_HINT = "hint: write it like sqlite:///FOLDER/ledger.db or postgresql://USER:<password>@HOST/NAME"
