"""A real PostgreSQL with a database of its own, started once per session from a pip-installed server."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from integrations.warehouse.client import SqlWarehouse, connect
from tests.databases import new_postgres
from tests.warehouse.filling import PostgresStage


@pytest.fixture(scope="session")
def server(postgres: str) -> str:
    """A database of its own."""
    return new_postgres(postgres)


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
