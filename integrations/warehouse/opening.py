"""A connection by its name, and a table of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from expansion.contract import NoAccess
from expansion.files.from_words import From
from integrations.warehouse.client import KINDS, Kind, engine_of, secrets_of
from integrations.warehouse.duck_table import DuckTable
from integrations.warehouse.postgres_table import PostgresTable
from integrations.warehouse.sql_table import SqlTable
from integrations.warehouse.table_meanings import SECONDS
from integrations.warehouse.tables import ReadTable

_LIKE = "postgres://USER:<password>@HOST/NAME"  # in brackets, for what looks like a password is hidden
# For sources only; the first words of a session that keep it from writing, where the server knows some.
_MORE = {
    "sqlite": Kind("sqlite", "sqlite", "", at_first=("PRAGMA query_only = ON",)),
    "mysql": Kind("mysql", "mysql+pymysql", "pymysql", at_first=("SET SESSION TRANSACTION READ ONLY",)),
    "mariadb": Kind("mariadb", "mariadb+pymysql", "pymysql", at_first=("SET SESSION TRANSACTION READ ONLY",)),
}


@contextmanager
def opened(place: From, urls: Mapping[str, str]) -> Iterator[ReadTable]:
    """The table, for as long as it is read. Raises NoAccess where there is no such connection."""
    table = _opened(place, urls)
    try:
        yield table
    finally:
        table.close()


def _opened(place: From, urls: Mapping[str, str]) -> ReadTable:
    if place.connection not in urls:
        raise NoAccess(_missing(place.connection))
    try:
        url = make_url(urls[place.connection])
    except ArgumentError:
        # Not `from error`: what cannot be read may hold a password all the same.
        raise NoAccess(
            f"the URL of the connection `{place.connection}` cannot be read; write it like {_LIKE}"
        ) from None
    name = url.drivername.partition("+")[0]
    if name in ("postgres", "postgresql"):
        said = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return PostgresTable.opened(said, place, secrets_of(url))
    if name == "duckdb":
        return DuckTable.opened(url.database or "", place)
    return SqlTable(_engine(url, name, place), place, secrets_of(url))


def _missing(connection: str) -> str:
    if connection == "warehouse":
        return "EXPANSION_WAREHOUSE_URL is missing; set it in the environment or in .env: the warehouse's address"
    return (
        f"there is no connection `{connection}`; name its address in EXPANSION_WAREHOUSE_URLS, such as "
        f'{{"{connection}": "{_LIKE}"}}'
    )


def _engine(url: URL, name: str, place: From) -> Engine:
    kind = KINDS.get(name) or _MORE.get(name)
    driver = kind.driver if kind and "+" not in url.drivername else url.drivername
    named = f"`{name}` ({place.connection})"
    return engine_of(url.set(drivername=driver), kind, named, SECONDS, poolclass=NullPool)


__all__ = ["opened"]
