"""Tables of a real PostgreSQL, pulled by their maps: what is new, what came late, what was made anew, what broke."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cli.pull import line
from tests.warehouse.tables import Desk

ORDERS = """\
from: {table: shop.orders, cursor: updated_at}
events:
  id: id
  event: {always: Order Placed}
  time: placed_at
  account: account
  user: person
  properties: [amount]
"""
PLANS = """\
from: {table: shop.plans, cursor: valid_from}
facts: {account: account, at: valid_from, until: valid_to, fields: [plan]}
"""


@pytest.fixture
def shop(writing: psycopg.Connection) -> Iterator[psycopg.Connection]:
    writing.execute("DROP SCHEMA IF EXISTS shop CASCADE")
    writing.execute("CREATE SCHEMA shop")
    made(writing)
    writing.execute("CREATE TABLE shop.plans (account text, plan text, valid_from date, valid_to date)")
    yield writing
    writing.execute("DROP SCHEMA shop CASCADE")


def made(shop: psycopg.Connection) -> None:
    columns = "id int, account text, person text, amount numeric, placed_at timestamptz, updated_at timestamptz"
    shop.execute(f"CREATE TABLE shop.orders ({columns})")


def order(shop: psycopg.Connection, id_: int, at: str, *, updated: str | None = None, amount: float = 5) -> None:
    values = (id_, f"a{id_ % 3}", "ana", amount, at, updated or at)
    shop.execute("INSERT INTO shop.orders VALUES (%s, %s, %s, %s, %s, %s)", values)


@pytest.fixture
def desk(shop: psycopg.Connection, address: str, tmp_path: Path) -> Desk:
    found = Desk(tmp_path, {"warehouse": address})
    found.map("orders", ORDERS)
    found.map("plans", PLANS)
    return found


def test_a_table_of_periods_is_a_history_of_facts(desk: Desk, shop: psycopg.Connection) -> None:
    shop.execute(
        "INSERT INTO shop.plans VALUES ('acme', 'Team', '2026-01-01', '2026-02-01'), "
        "('acme', 'Business', '2026-02-01', NULL), ('globex', 'Team', '2026-01-05', '2026-03-01')"
    )
    desk.well()
    assert desk.history() == [
        "acme Team from 01-01 until 02-01",
        "acme Business from 02-01",
        "globex Team from 01-05 until 03-01",
    ]
    shop.execute("INSERT INTO shop.plans VALUES ('globex', 'Enterprise', '2026-03-05', NULL)")
    desk.well()
    assert desk.known() == {"acme": "Business", "globex": "Enterprise"}


def test_only_rows_that_are_new_are_read_and_those_a_little_before(desk: Desk, shop: psycopg.Connection) -> None:
    for id_, at in enumerate(["2026-03-01 08:00", "2026-03-02 08:00", "2026-03-06 08:00"]):
        order(shop, id_, at)
    (_, orders) = desk.well()
    assert (orders.stored, orders.repeats) == (3, 0)
    assert desk.events()["1"] == ("Order Placed", "03-02 08:00", "a1", "ana", "5")
    order(shop, 3, "2026-03-06 09:00")
    (_, orders) = desk.well()
    assert (orders.stored, orders.repeats) == (1, 1), "one is new, and one is read again"
    (_, orders) = desk.well()
    assert (orders.stored, orders.repeats) == (0, 2)


def test_a_row_that_was_written_late_is_read_within_the_overlap(desk: Desk, shop: psycopg.Connection) -> None:
    order(shop, 1, "2026-03-06 08:00")
    desk.well()
    order(shop, 2, "2026-03-01 08:00", updated="2026-03-06 03:00")
    desk.well()
    assert set(desk.events()) == {"1", "2"}


def test_a_row_that_changed_takes_the_place_of_the_stored_one(desk: Desk, shop: psycopg.Connection) -> None:
    order(shop, 1, "2026-03-01 08:00")
    desk.well()
    shop.execute("UPDATE shop.orders SET amount = 7, updated_at = '2026-03-06 12:00'")
    (_, orders) = desk.well()
    assert desk.events()["1"][-1] == "7"
    assert (orders.stored, orders.changed) == (0, 1)
    assert line(orders) == "warehouse.events orders: 0 new, 1 changed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DROP TABLE shop.orders; {made}; INSERT INTO shop.orders SELECT * FROM kept", "the table was made anew"),
        (
            "DELETE FROM shop.orders WHERE id = 2",
            "the newest `updated_at` lies before the one that was read last: the table was filled anew",
        ),
        (
            "UPDATE shop.orders SET updated_at = '2026-01-01' WHERE id = 1",
            "rows with an older `updated_at` than any before have come",
        ),
        (
            "ALTER TABLE shop.orders ALTER updated_at TYPE text",
            "`updated_at` was timestamptz and is text",
        ),
    ],
)
def test_a_table_that_is_not_what_it_was_is_read_as_a_whole_and_it_is_said(
    desk: Desk, shop: psycopg.Connection, change: str, said: str
) -> None:
    order(shop, 1, "2026-02-01 08:00")
    order(shop, 2, "2026-03-06 08:00")
    desk.well()
    shop.execute("CREATE TEMP TABLE kept AS SELECT * FROM shop.orders")
    shop.execute("UPDATE kept SET amount = 9 WHERE id = 1")
    shop.execute("UPDATE shop.orders SET amount = 9 WHERE id = 1")  # and nothing tells that it changed
    columns = "id int, account text, person text, amount numeric, placed_at timestamptz, updated_at timestamptz"
    for statement in change.format(made=f"CREATE TABLE shop.orders ({columns})").split("; "):
        shop.execute(statement)
    desk.well()
    assert f"warehouse.events orders: all of it was read again, for {said}" in desk.said()
    assert desk.events()["1"][-1] == "9"
    shop.execute("DROP TABLE kept")
    desk.well()
    assert "read again" not in desk.said()


def test_a_map_that_asks_for_more_reads_all_rows_again(desk: Desk, shop: psycopg.Connection) -> None:
    order(shop, 1, "2026-02-01 08:00")
    order(shop, 2, "2026-03-06 08:00")
    desk.well()
    desk.map("orders", ORDERS.replace("[amount]", "[amount, person]"))
    desk.well()
    assert "its map was changed" in desk.said()
    assert {row[-1] for row in desk.events().values()} == {"ana"}


def test_a_column_that_is_of_another_kind_is_named_and_its_values_are_read(
    desk: Desk, shop: psycopg.Connection
) -> None:
    order(shop, 1, "2026-03-06 08:00")
    desk.well()
    shop.execute("ALTER TABLE shop.orders ALTER amount TYPE text USING amount || ' EUR'")
    order(shop, 2, "2026-03-06 09:00")
    shop.execute("UPDATE shop.orders SET amount = 'x'")
    desk.well()
    assert "the column `amount` was numeric and is text" in desk.said()
    assert desk.events()["2"][-1] == "x"


def test_a_column_that_is_gone_is_named_and_nothing_is_lost(desk: Desk, shop: psycopg.Connection) -> None:
    order(shop, 1, "2026-03-06 08:00")
    desk.well()
    before = desk.events(), desk.cursor("warehouse.events orders")
    shop.execute("ALTER TABLE shop.orders RENAME person TO who")
    (_, orders) = desk.pull()
    assert "has no column `person`, which the map gives as `user`" in (orders.problem or "")
    assert (desk.events(), desk.cursor("warehouse.events orders")) == before
    desk.map("orders", ORDERS.replace("person", "who"))
    desk.well()
    assert len(desk.events()) == 1


def test_half_a_read_stores_nothing_and_the_next_has_it_all(desk: Desk, shop: psycopg.Connection, server: str) -> None:
    """The connection is ended by the server while rows come."""
    shop.execute(
        "INSERT INTO shop.orders SELECT n, 'a' || n % 7, 'u' || n, n, timestamptz '2026-01-01' + n * interval '1 s', "
        "timestamptz '2026-01-01' + n * interval '1 s' FROM generate_series(1, 400000) AS n"
    )
    seen: list[int] = []

    def kill() -> bool:
        if not seen and shop.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%'").fetchone():
            others = "pid <> pg_backend_pid() AND query LIKE 'COPY%'"
            killed = shop.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}").fetchall()
            seen.append(len(killed))
        return False

    (_, orders) = desk.pull(kill)
    assert seen == [1]
    assert "broke off while shop.orders was read" in (orders.problem or "")
    assert orders.whose == "their system"
    assert (desk.events(), desk.cursor("warehouse.events orders")) == ({}, None)
    (_, orders) = desk.well()
    assert (orders.stored, orders.repeats) == (400_000, 0)


@pytest.mark.parametrize(
    "query",
    [
        "WITH gone AS (DELETE FROM shop.orders RETURNING *) SELECT * FROM gone",
        "SELECT *, shop.emptied() FROM shop.orders",
    ],
)
def test_nothing_can_be_written_by_a_map(desk: Desk, shop: psycopg.Connection, query: str) -> None:
    """Nor by a function that a query calls."""
    order(shop, 1, "2026-03-06 08:00")
    emptied = "WITH gone AS (DELETE FROM shop.orders RETURNING 1) SELECT count(*)::int FROM gone"
    shop.execute(f"CREATE FUNCTION shop.emptied() RETURNS int LANGUAGE sql VOLATILE AS '{emptied}'")
    desk.map("orders", ORDERS.replace("table: shop.orders", f'query: "{query}"'))
    (_, orders) = desk.pull()
    assert "refused to read the query of the map" in (orders.problem or "")
    assert len(shop.execute("SELECT * FROM shop.orders").fetchall()) == 1


def test_what_a_cell_says_is_what_the_store_says(desk: Desk, shop: psycopg.Connection) -> None:
    shop.execute(
        "CREATE TABLE shop.odd AS SELECT 1 AS id, 'acme' AS account, timestamp '2026-03-06 08:00' AS at, true AS yes, "
        "ARRAY['a', 'b,\"c'] AS list, '{\"k\": {\"x\": 1}}'::jsonb AS doc, E'two\\nlines, \"quoted\"' AS words, "
        "''::text AS empty, NULL::text AS nothing, 1.50::numeric AS number, 'ü' AS letter"
    )
    kept = {name: name for name in ("yes", "list", "words", "empty", "nothing", "number", "letter")}
    mapped = {"id": "id", "event": {"always": "Odd"}, "time": "at", "account": "account"}
    mapped |= {"properties": kept | {"inner": "doc.k.x"}}
    desk.map("odd", json.dumps({"from": {"table": "shop.odd"}, "events": mapped}))
    desk.well()
    names = sorted(["yes", "list", "inner", "words", "empty", "nothing", "number", "letter"])
    found = dict(zip(names, desk.events()["1"][4:], strict=True))
    assert json.loads(found.pop("list")) == ["a", 'b,"c']
    assert found == {
        "yes": "true", "inner": "1", "words": 'two\nlines, "quoted"', "empty": None, "nothing": None,
        "number": "1.50", "letter": "ü",
    }  # fmt: skip
