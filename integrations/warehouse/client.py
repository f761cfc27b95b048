"""Warehouses through SQLAlchemy: asked with SELECTs only, read only where the server knows the word, with a time-out.

PostgreSQL's driver comes with the product. The others are their vendors' SQLAlchemy dialects, installed beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError

from expansion.contract import Failure, NoAccess
from integrations.warehouse.meanings import MEANINGS, SECONDS, first_line, told

_TO_CONNECT = 15
_LIKE = "postgres://USER:<password>@HOST/NAME"  # in brackets, for what looks like a password is hidden


@dataclass(frozen=True)
class Kind:
    """A kind of warehouse, and how its driver is asked for what we rely on: UTC, no writing, an end to waiting."""

    dialect: str  # as spellings.SPELLINGS knows it
    driver: str  # as SQLAlchemy knows it
    package: str  # that has the driver
    options: Mapping[str, Any] = field(default_factory=dict)  # for its connect()
    at_first: Sequence[str] = ()  # what every session begins with; `{seconds}` may pass for one query


_POSTGRES = Kind(
    "postgres",
    "postgresql+psycopg",
    "psycopg[binary]",
    {
        "connect_timeout": _TO_CONNECT,
        "options": f"-c statement_timeout={SECONDS}s -c default_transaction_read_only=on -c timezone=UTC",
    },
)
# What stands before the :// of a URL. Only PostgreSQL was connected to; the rest is from the drivers' documentation.
KINDS = {
    "postgres": _POSTGRES,
    "postgresql": _POSTGRES,
    "redshift": Kind(
        "redshift",
        "redshift+psycopg2",
        "sqlalchemy-redshift psycopg2-binary",
        {"connect_timeout": _TO_CONNECT},
        ("SET timezone TO 'UTC'", "SET statement_timeout TO {seconds}000"),
    ),
    "snowflake": Kind(
        "snowflake",
        "snowflake",
        "snowflake-sqlalchemy",
        {"login_timeout": _TO_CONNECT},
        ("ALTER SESSION SET TIMEZONE = 'UTC'", "ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {seconds}"),
    ),
    "bigquery": Kind("bigquery", "bigquery", "sqlalchemy-bigquery"),
    "clickhouse": Kind(
        "clickhouse",
        "clickhousedb",
        "clickhouse-connect",
        {"connect_timeout": _TO_CONNECT, "send_receive_timeout": SECONDS},
    ),
    "databricks": Kind(
        "databricks",
        "databricks",
        "databricks-sqlalchemy",
        at_first=("SET TIME ZONE 'UTC'", "SET STATEMENT_TIMEOUT = {seconds}"),
    ),
    "spark": Kind("spark", "hive", "PyHive[hive_pure_sasl]", at_first=("SET TIME ZONE 'UTC'",)),
}


@dataclass(frozen=True)
class SqlWarehouse:
    """A warehouse that SQLAlchemy reaches. No error shows the URL or the password."""

    dialect: str
    engine: Engine

    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        """The rows of a SELECT, as they come in; raises TryLater, NoAccess or Refused."""
        try:
            with self.engine.connect().execution_options(stream_results=True) as connection:
                for some in connection.exec_driver_sql(self._escaped(query)).partitions(10_000):
                    yield from (tuple(row) for row in some)
        except SQLAlchemyError as error:
            raise self._failure(error) from error

    def close(self) -> None:
        self.engine.dispose()

    def _escaped(self, query: str) -> str:
        """Drivers that mark what is sent along with % want each % of a text twice."""
        return query.replace("%", "%%") if self.engine.dialect.paramstyle in ("format", "pyformat") else query

    def _failure(self, error: SQLAlchemyError) -> Failure:
        """What an error means for the run."""
        away = isinstance(error, OperationalError)
        return MEANINGS.read(told(_state(error), away, self._said(error), self.dialect))

    def _said(self, error: SQLAlchemyError) -> str:
        """What the server said, on one line, without the statement, what was sent along, and the password."""
        cause = getattr(error, "orig", None) or error
        return first_line(cause, secrets_of(self.engine.url))


def _state(error: SQLAlchemyError) -> str:
    """The SQLSTATE; empty where the driver gives none."""
    cause = getattr(error, "orig", None)
    return str(getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or "")


def connect(url: str) -> SqlWarehouse:
    """The warehouse of a URL such as `postgres://reader:…@host/name`; raises NoAccess with what to do."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        # Not `from error`: what cannot be read may hold a password all the same.
        raise NoAccess(f"the engine's URL cannot be read; write it like {_LIKE}") from None
    name = parsed.drivername.partition("+")[0]
    if name not in KINDS:
        raise NoAccess(f"`{name}` is no warehouse that is known; there are: {', '.join(sorted(KINDS))}")
    kind = KINDS[name]
    engine = engine_of(parsed.set(drivername=kind.driver), kind, f"`{kind.dialect}`", pool_pre_ping=True)
    return SqlWarehouse(kind.dialect, engine)


def engine_of(url: URL, kind: Kind | None, named: str, seconds: int = SECONDS, **pool: Any) -> Engine:
    """An engine; raises NoAccess where its driver is not installed, or does not begin at all without something."""
    try:
        engine = create_engine(url, connect_args=dict(kind.options) if kind else {}, hide_parameters=True, **pool)
    except (NoSuchModuleError, ImportError) as error:
        hint = f"pip install {kind.package}" if kind else "install its SQLAlchemy dialect beside"
        raise NoAccess(f"{named} needs a driver that is not installed: {hint}") from error
    except Exception as error:  # noqa: BLE001, RUF100 - BigQuery's looks for a key at once, and each has its own errors
        said = first_line(error, secrets_of(url))
        raise NoAccess(f"the driver of {named} does not begin: {said}") from error
    if kind and kind.at_first:
        event.listen(engine, "connect", lambda connection, _: begin(connection, kind.at_first, seconds))
    return engine


def secrets_of(url: URL) -> set[str]:
    """What of a URL is shown to nobody."""
    return {one for one in (url.password, *url.query.values()) if isinstance(one, str) and one}


def begin(connection: Any, statements: Sequence[str], seconds: int) -> None:
    """What a session begins with."""
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement.format(seconds=seconds))
    cursor.close()


__all__ = ["KINDS", "Kind", "SqlWarehouse", "begin", "connect", "engine_of", "secrets_of"]
