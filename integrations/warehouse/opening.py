"""A connection by its name, and a table of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from expansion.contract import NoAccess
from expansion.files.from_words import From
from integrations.warehouse.client import KINDS, Kind, begin
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
        return PostgresTable.opened(said, place, _secrets(url))
    if name == "duckdb":
        return DuckTable.opened(url.database or "", place)
    return SqlTable(_engine(url, name, place), place, _secrets(url))


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
    options: dict[str, Any] = dict(kind.options) if kind else {}
    try:
        engine = create_engine(
            url.set(drivername=driver), poolclass=NullPool, connect_args=options, hide_parameters=True
        )
    except (NoSuchModuleError, ImportError) as error:
        hint = f"pip install {kind.package}" if kind else "install its SQLAlchemy dialect beside"
        raise NoAccess(f"`{name}` ({place.connection}) needs a driver that is not installed: {hint}") from error
    if kind and kind.at_first:
        event.listen(engine, "connect", lambda connection, _: begin(connection, kind.at_first, SECONDS))
    return engine


def _secrets(url: URL) -> set[str]:
    return {one for one in (url.password, *url.query.values()) if isinstance(one, str) and one}


__all__ = ["opened"]
