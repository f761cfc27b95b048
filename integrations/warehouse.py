"""Warehouses by SQLAlchemy: one read-only connection, asked with SELECTs only.

PostgreSQL's driver comes with the product. The others are their vendors' SQLAlchemy dialects, installed beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError

from expansion.contract import NoAccess, Refused, TryLater

_SECONDS = 600  # for one query
# What stands before the :// of a URL, and: the dialect as spellings.SPELLINGS knows it, SQLAlchemy's name, the package.
_KINDS = {
    "postgres": ("postgres", "postgresql+psycopg", "psycopg"),
    "postgresql": ("postgres", "postgresql+psycopg", "psycopg"),
    "redshift": ("redshift", "redshift+psycopg2", "sqlalchemy-redshift"),
    "snowflake": ("snowflake", "snowflake", "snowflake-sqlalchemy"),
    "bigquery": ("bigquery", "bigquery", "sqlalchemy-bigquery"),
    "clickhouse": ("clickhouse", "clickhousedb", "clickhouse-connect"),
    "databricks": ("databricks", "databricks", "databricks-sqlalchemy"),
    "spark": ("spark", "hive", "PyHive"),
}


@dataclass(frozen=True)
class SqlWarehouse:
    """A warehouse that SQLAlchemy reaches. No error shows the URL: it holds a password."""

    dialect: str
    engine: Engine

    def _escaped(self, query: str) -> str:
        """Drivers that mark what is sent along with % want each % of a text twice."""
        return query.replace("%", "%%") if self.engine.dialect.paramstyle in ("format", "pyformat") else query

    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        """The rows of a SELECT; raises TryLater, NoAccess or Refused."""
        try:
            with self.engine.connect() as connection:
                result = connection.exec_driver_sql(self._escaped(query))
                yield from (tuple(row) for row in result)
        except OperationalError as error:
            raise TryLater(f"the warehouse ({self.dialect}) does not answer: {_said(error)}") from error
        except SQLAlchemyError as error:
            hint = "do the table and the columns of the map exist?"
            raise Refused(f"the warehouse ({self.dialect}) refused a query: {_said(error)}; {hint}") from error


def connect(url: str) -> SqlWarehouse:
    """The warehouse of a URL such as `postgres://reader:…@host/name`; raises NoAccess with what to do."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise NoAccess("the engine's URL cannot be read; write it like `postgres://user:password@host/name`") from error
    name = parsed.drivername.partition("+")[0]
    if name not in _KINDS:
        raise NoAccess(f"`{name}` is no warehouse that is known; there are: {', '.join(sorted(_KINDS))}")
    dialect, driver, package = _KINDS[name]
    try:
        return SqlWarehouse(dialect, create_engine(parsed.set(drivername=driver), **_options(dialect, parsed)))
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise NoAccess(f"`{name}` needs a driver that is not installed: pip install {package}") from error


def _options(dialect: str, url: URL) -> dict[str, Any]:
    if dialect != "postgres":
        return {"pool_pre_ping": True}
    settings = {"statement_timeout": _SECONDS * 1000, "default_transaction_read_only": "on", "timezone": "UTC"}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return {"pool_pre_ping": True, "connect_args": {"connect_timeout": 15, "options": options}}


def _said(error: SQLAlchemyError) -> str:
    """What the server said, on one line, without the statement and without what was sent along."""
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().partition("\n")[0][:300]
