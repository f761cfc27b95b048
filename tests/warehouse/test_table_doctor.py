"""What `expansion doctor` finds in tables that are pulled, and that it reads none of their rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from integrations.kit.declare import Finding
from integrations.kit.world import IN_LIFE
from integrations.warehouse import INTEGRATION, Settings

ORDERS = """\
from: {table: doctored.orders, cursor: updated_at}
events: {id: id, event: {always: Order Placed}, time: placed_at, account: account}
"""
Check = Callable[..., list[Finding]]


@pytest.fixture
def tables(writing: psycopg.Connection) -> Iterator[psycopg.Connection]:
    writing.execute("CREATE SCHEMA doctored")
    writing.execute(
        "CREATE TABLE doctored.orders (id int, account text, placed_at timestamptz, updated_at timestamptz)"
    )
    writing.execute("INSERT INTO doctored.orders VALUES (1, 'acme', '2026-03-01', '2026-03-02 10:00+00')")
    yield writing
    writing.execute("DROP SCHEMA doctored CASCADE")
    writing.execute("DROP ROLE IF EXISTS only_pulls")


@pytest.fixture
def findings(tables: psycopg.Connection, address: str, tmp_path: Path) -> Check:
    def findings(map_: str = ORDERS, url: str | None = address, used: tuple[str, ...] = ("warehouse.events",)):
        (tmp_path / "orders.yaml").write_text(map_)
        settings = Settings.model_validate({"warehouse_url": url, "sources": tmp_path})
        return INTEGRATION.connect(settings, IN_LIFE).check(frozenset(used))

    return findings


def said(found: list[Finding], *marks: str) -> list[str]:
    return [one.what for one in found if (one.mark if one.ok else "problem") in marks]


def test_all_is_well_but_for_a_user_that_may_write(findings: Check) -> None:
    assert said(findings(), "ok") == [
        "orders can be read; its newest `updated_at` is 2026-03-02 10:00:00+00",
        "orders has every column of its map",
    ]
    assert said(findings(), "warning") == ["more rights than needed: INSERT, UPDATE, DELETE on doctored.orders"]


def test_a_user_that_may_only_read_is_as_it_should_be_and_one_that_may_not_is_named(
    findings: Check, tables: psycopg.Connection, address: str
) -> None:
    tables.execute("CREATE ROLE only_pulls LOGIN")
    tables.execute("GRANT USAGE ON SCHEMA doctored TO only_pulls")
    tables.execute("GRANT SELECT ON doctored.orders TO only_pulls")
    url = address.replace("postgres:@", "only_pulls:@", 1)
    assert said(findings(url=url), "problem", "warning", "note") == []
    tables.execute("REVOKE ALL ON doctored.orders FROM only_pulls")
    (found,) = findings(url=url)
    assert not found.ok
    assert "permission denied" in (found.remedy or "")
    assert "let its user read doctored.orders (GRANT SELECT)" in (found.remedy or "")
    tables.execute("DROP OWNED BY only_pulls")


@pytest.mark.parametrize(
    ("map_", "url", "remedy"),
    [
        (ORDERS.replace("orders,", "order,"), None, 'relation "doctored.order" does not exist'),
        (ORDERS.replace("updated_at", "changed_at"), None, "column held.changed_at does not exist"),
        (ORDERS.replace("account: account", "account: org"), None, "mend the map"),
        ("from: {table: a}\n", None, "a map says one of"),
        (ORDERS.replace("{table", "{connection: finance, table"), None, "there is no connection `finance`"),
        (ORDERS, "", "EXPANSION_WAREHOUSE_URL is missing"),
        (ORDERS, "postgres://nobody:open-wide@127.0.0.1:1/none", "does not answer"),
        (ORDERS, "nosuch://host/name", "needs a driver that is not installed"),
        (ORDERS, "postgres:/open-wide", "cannot be read; write it like"),
        (ORDERS, "duckdb:////nowhere/at/all.duckdb", "cannot be opened"),
    ],
)
def test_what_a_person_has_to_mend_says_how(
    findings: Check, address: str, map_: str, url: str | None, remedy: str
) -> None:
    found = [one for one in findings(map_, address if url is None else url) if not one.ok]
    assert len(found) == 1
    assert remedy in f"{found[0].what}: {found[0].remedy}"
    assert "open-wide" not in f"{found[0].what}: {found[0].remedy}", "no password"


def test_a_cursor_without_a_value_is_a_warning(findings: Check, tables: psycopg.Connection) -> None:
    tables.execute("UPDATE doctored.orders SET updated_at = NULL")
    assert "orders has no value of `updated_at`" in said(findings(), "warning")


def test_what_is_not_used_is_not_asked(findings: Check) -> None:
    assert findings(url="postgres://nobody@127.0.0.1:1/none", used=("warehouse.accounts",)) == []


def test_of_a_query_and_of_a_file_there_is_nothing_to_be_warned_of(findings: Check, tmp_path: Path) -> None:
    asked = ORDERS.replace("table: doctored.orders", "query: SELECT * FROM doctored.orders")
    assert said(findings(asked), "problem", "warning", "note") == []
    with closing(sqlite3.connect(tmp_path / "a.db")) as con, con:
        con.execute("CREATE TABLE orders (id, account, placed_at, updated_at)")
        con.execute("INSERT INTO orders VALUES (1, 'acme', '2026-03-01', '2026-03-02')")
    found = findings(ORDERS.replace("doctored.", ""), f"sqlite:///{tmp_path}/a.db")
    assert said(found, "problem", "warning", "note") == []
