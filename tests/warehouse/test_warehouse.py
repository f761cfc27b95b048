"""A warehouse is only read, and what goes wrong is said in a sentence, without a password."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from expansion.contract import Failure, NoAccess, Refused, TryLater
from expansion.text.redact import redacted
from integrations.warehouse import client as module
from integrations.warehouse.client import KINDS, SqlWarehouse, connect


def test_a_warehouse_is_only_read(warehouse: SqlWarehouse) -> None:
    with pytest.raises(Refused, match="read-only transaction"):
        list(warehouse.rows("SELECT lo_create(0) AS n"))
    with pytest.raises(Refused):
        list(warehouse.rows("CREATE TABLE no (n int)"))


def test_many_rows_come_as_they_are_read(warehouse: SqlWarehouse) -> None:
    rows = iter(warehouse.rows("SELECT generate_series(1, 100000000) AS n"))
    assert [next(rows) for _ in range(3)] == [(1,), (2,), (3,)]


def test_a_percent_sign_is_one(warehouse: SqlWarehouse) -> None:
    assert list(warehouse.rows("SELECT '5%' AS a, '%s %(x)s' AS b")) == [("5%", "%s %(x)s")]


def test_a_moment_comes_in_utc(warehouse: SqlWarehouse) -> None:
    query = "SELECT CAST(TIMESTAMPTZ '2026-03-29 12:00:00+02' AS TIMESTAMP) AS at"
    assert [row[0].isoformat() for row in warehouse.rows(query)] == ["2026-03-29T10:00:00"]


@pytest.mark.parametrize(
    ("query", "failure", "said"),
    [
        ("SELECT 1 AS n FROM nowhere", Refused, 'relation "nowhere" does not exist; do the table and the columns'),
        ("SELECT nothing FROM pg_class", Refused, "do the table and the columns of the map exist?"),
        ("SELECT rolname FROM pg_authid", NoAccess, "let its user read the table (GRANT SELECT)"),
    ],
)
def test_a_refusal_says_what_to_do(
    address: str, writing: psycopg.Connection, query: str, failure: type[Failure], said: str
) -> None:
    writing.execute("DROP ROLE IF EXISTS reader")
    writing.execute("CREATE ROLE reader LOGIN PASSWORD 'sesame-secret'")
    reading = connect(address.replace("//postgres:@", "//reader:sesame-secret@"))
    with pytest.raises(failure) as failed:
        list(reading.rows(query))
    reading.close()
    assert said in str(failed.value)
    assert "sesame" not in str(failed.value)


def test_a_query_that_takes_too_long_is_stopped(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {**KINDS["postgres"].options, "options": "-c statement_timeout=50ms"}
    monkeypatch.setitem(module.KINDS, "postgres", replace(KINDS["postgres"], options=options))
    hasty = connect(address)
    with pytest.raises(TryLater, match="was stopped after 10 minutes over one query; name the column"):
        list(hasty.rows("SELECT pg_sleep(5)"))
    hasty.close()


def test_a_wrong_database_is_for_a_person_to_put_right(address: str) -> None:
    wrong = connect(address.replace("/postgres?", "/nowhere?"))
    with pytest.raises(NoAccess, match='database "nowhere" does not exist; check'):
        list(wrong.rows("SELECT 1 AS n"))


def test_a_server_that_is_away_may_come_back() -> None:
    away = connect("postgres://reader:sesame-secret@127.0.0.1:9/name")
    with pytest.raises(TryLater, match="does not answer") as failed:
        list(away.rows("SELECT 1 AS n"))
    assert "sesame" not in str(failed.value)


def test_how_a_url_is_written_is_still_read_where_secrets_are_hidden() -> None:
    with pytest.raises(NoAccess) as failed:
        connect("nonsense")
    assert redacted(str(failed.value)) == str(failed.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense:secret", "the engine's URL cannot be read"),
        ("oracle://a:secret@host/db", "`oracle` is no warehouse that is known; there are: bigquery, clickhouse"),
        ("snowflake://a:secret@host/db", "`snowflake` needs a driver that is not installed: pip install snowflake-sql"),
        ("redshift://a:secret@host/db", "pip install sqlalchemy-redshift psycopg2-binary"),
        ("bigquery://project", "pip install sqlalchemy-bigquery"),
        ("clickhouse://a:secret@host/db", "pip install clickhouse-connect"),
        ("databricks://token:secret@host", "pip install databricks-sqlalchemy"),
        ("spark://a:secret@host/db", r"pip install PyHive\[hive_pure_sasl\]"),
    ],
)
def test_what_cannot_be_reached_says_what_to_do_and_shows_no_password(url: str, said: str) -> None:
    with pytest.raises(NoAccess, match=said) as failed:
        connect(url)
    shown = [str(failed.value), str(failed.value.__cause__), str(failed.value.__context__ or "")]
    assert not [text for text in shown[:2] if "secret" in text]
