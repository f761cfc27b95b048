"""Makes and upgrades the ledger's tables. Several processes may start at once: one migrates, the others wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from expansion.ledger.database import Database, LedgerError, file_of, shown
from expansion.ledger.holders import only_one
from expansion.ledger.version import HEAD, version_of

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x1ED6E2  # any number; PostgreSQL's advisory locks are told apart by it


def migrate(database: Database) -> None:
    """Bring the tables to what this code knows, or refuse with a sentence."""
    path = file_of(database.engine)
    with only_one(path.with_name(path.name + ".lock")) if path else nullcontext():
        if path:
            _use_wal(database)
        with database.writing() if database.is_postgres else _remaking(database) as connection:
            if database.is_postgres:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            _upgrade(connection)


def known_versions() -> frozenset[str]:
    """The versions this code can make, the newest being `HEAD`."""
    return frozenset(script.revision for script in ScriptDirectory(str(_FOLDER)).walk_revisions())


def _upgrade(connection: Connection) -> None:
    version = version_of(connection)
    if version is not None and version not in known_versions():
        raise LedgerError(
            f"the ledger at {shown(connection.engine.url)} was made by a newer version of this program: "
            f"its tables are at {version}, and this one knows up to {HEAD}\n\n"
            "hint: install the version that made it; nothing was changed"
        )
    command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Config:
    """What Alembic needs to work on this connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _remaking(database: Database) -> Iterator[Connection]:
    """All of it, or nothing, on SQLite: a constraint changes there by making the table anew and dropping the old one.

    What refers to its rows would not let them go, and within a transaction that cannot be switched off.
    https://www.sqlite.org/lang_altertable.html#otheralter
    """
    with database.engine.connect().execution_options(ledger_writes=True) as connection:
        raw = connection.connection
        raw.cursor().execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                yield connection
                lost = connection.execute(text("PRAGMA foreign_key_check")).all()
                assert not lost, f"rows of {lost[0][0]} refer to nothing"
        finally:
            raw.cursor().execute("PRAGMA foreign_keys = ON")


def _use_wal(database: Database) -> None:
    """Readers and the writer do not stop each other. The mode is kept in the file; no transaction may be open."""
    raw = database.engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as error:
        file = database.engine.url.database
        raise LedgerError(f"the ledger cannot be written: {file}\n\nhint: may you write to its folder?") from error
    finally:
        raw.close()
