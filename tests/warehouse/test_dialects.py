"""What is asked of each warehouse's tables is compiled by its vendor's own dialect: `make test-engines` has them all.

Nothing is connected to. A parser of that warehouse's SQL, written by others, then reads what came of it.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import sqlglot
from sqlalchemy import create_engine
from sqlalchemy.exc import NoSuchModuleError
from sqlalchemy.pool import NullPool

from expansion.contract import NoAccess
from expansion.files.from_words import From
from integrations.warehouse.client import KINDS, connect
from integrations.warehouse.sql_table import SqlTable

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
URLS = {
    "snowflake": "snowflake://u:p@account/db/schema",
    "bigquery": "bigquery://project/dataset?user_supplied_client=true",
    "redshift": "redshift+psycopg2://u:p@host:5439/db",
    "databricks": "databricks://token:x@host?http_path=/sql&catalog=c&schema=s",
    "clickhouse": "clickhousedb://u:p@host/db",
}
VALUES = {"datetime": "2026-03-01 00:00:00+00:00", "date": "2026-03-01", "int": "5", "str": "x"}


def asked(warehouse: str, kind: str, since: str | None, table: str = "billing.Subscriptions") -> str:
    try:
        engine = create_engine(URLS[warehouse], poolclass=NullPool)
    except (ImportError, NoSuchModuleError):
        pytest.skip(f"the dialect of {warehouse} is not installed here: `make test-engines` has it")
    place = From(table=table, cursor="updated_at")
    query = SqlTable(engine, place, set(), _kinds={"updated_at": kind}).query(since)
    return " ".join(str(query.compile(dialect=engine.dialect)).split())


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("warehouse", URLS)
def test_what_is_new_is_asked_in_its_own_sql(warehouse: str, kind: str) -> None:
    said = asked(warehouse, kind, VALUES[kind])
    filled = re.sub(r"%\(\w+(:\w+)?\)s|:`?\w+`?|%s", "5", said)
    assert filled != said, "the value goes beside the text"
    (read,) = sqlglot.parse(filled, dialect=warehouse)
    assert read is not None and [table.sql() for table in read.find_all(sqlglot.exp.Table)]
    assert "updated_at" in {column.name for column in read.find_all(sqlglot.exp.Column)}


def test_bigquery_compares_a_moment_in_a_zone_with_a_timestamp() -> None:
    assert ":TIMESTAMP)" in asked("bigquery", "datetime", "2026-03-01 00:00:00+00:00")
    assert ":DATETIME)" in asked("bigquery", "datetime", "2026-03-01 00:00:00")
    assert ":DATE)" in asked("bigquery", "date", "2026-03-01")


def test_a_driver_that_does_not_begin_says_what_it_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sqlalchemy_bigquery", reason="`make test-engines` has the dialect of BigQuery")
    monkeypatch.setenv("NO_GCE_CHECK", "true")  # no server of Google's is asked for a key
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", "/nowhere")
    with pytest.raises(NoAccess, match="the driver of `bigquery` does not begin: Your default credentials were not"):
        connect("bigquery://project/dataset")


def test_each_warehouse_has_an_extra_that_brings_its_driver() -> None:
    extras = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for name, kind in KINDS.items():
        if kind.dialect != "postgres":
            assert [re.split(">=", one)[0] for one in extras[name]] == kind.package.split(), name
