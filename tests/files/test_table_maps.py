"""Maps that say where their rows are: what cannot be meant is refused, and a ready one is taken with what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from expansion.files.maps import EventMap, FactMap
from expansion.tables.maps import TableMap, read_maps, table_map, without_a_map
from expansion.usage.forms.failures import MapError

EVENTS = "events: {id: a, event: b, time: c}\n"
FACTS = "facts: {account: a, fields: [b]}\n"


def mapped(text: str) -> TableMap:
    return table_map(text, "orders", "sources/orders.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EVENTS, "`from:` is missing: which `table`, `query` or `files` holds the rows"),
        ("from: {table: a, query: SELECT 1}\n" + EVENTS, "say one of `table`, `query` and `files`"),
        ("from: {}\n" + EVENTS, "say one of `table`, `query` and `files`"),
        ("from: {query: DELETE FROM a}\n" + EVENTS, "`query` only reads: it begins with SELECT or WITH"),
        ("from: {files: a.csv, cursor: c}\n" + EVENTS, "`files` are read as a whole"),
        ("from: {table: a, overlap: 2 days}\n" + EVENTS, "`overlap` goes with `cursor`"),
        ("from: {table: a, whole_every: 7 days}\n" + EVENTS, "`whole_every` goes with `cursor`"),
        ("from: {table: a, cursor: c, overlap: -1}\n" + EVENTS, "`overlap` is 0 or more"),
        ("from: {tabel: a}\n" + EVENTS, "`tabel` is no word of a map; did you mean `table`?"),
        (
            "from: {table: a, cursor: c}\nfacts: {account: a, several_rows: sum}\n",
            "`several_rows` takes all rows of an account together",
        ),
        (
            "from: {table: a, cursor: c}\nfacts: {account: a, at: day, complete: true}\n",
            "`complete` ends who is not there, and with `cursor` only new rows are read",
        ),
        ("from: {table: a}\nready: fivetran/salesforce-acount\n", "did you mean `fivetran/salesforce-account`?"),
        ("from: {table: a}\n", "a map says one of `events:`, `facts:` and `merges:`"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(MapError) as error:
        mapped(text)
    assert said in str(error.value)
    assert str(error.value).startswith("sources/orders.yaml: ")


def test_a_snapshot_whose_day_is_the_cursor_can_be_complete() -> None:
    found = mapped("from: {table: a, cursor: day}\nfacts: {account: a, at: day, complete: true}\n").mapping
    assert isinstance(found, FactMap)
    assert found.complete


@pytest.mark.parametrize(
    ("text", "source", "table"),
    [
        ("from: {table: shop.Orders}\n" + EVENTS, "warehouse.events", "orders"),
        ("from: {query: SELECT 1}\n" + EVENTS, "warehouse.events", "orders"),
        ("from: {table: a.b}\nevents: {table: tickets, id: a, event: b, time: c}\n", "warehouse.events", "tickets"),
        ("from: {table: a.b}\n" + FACTS, "warehouse.accounts", "b"),
        ("from: {table: b}\nfacts: {source: files.people, account: a, user: u}\n", "warehouse.people", "b"),
        ("from: {table: b}\nmerges: {former: a, id: u, at: c}\n", "warehouse.merges", "b"),
    ],
)
def test_each_kind_of_map_is_a_source_and_its_rows_are_of_a_table(text: str, source: str, table: str) -> None:
    found = mapped(text)
    assert (found.source, found.table) == (source, table)


def test_a_ready_map_is_taken_with_what_the_file_says_otherwise() -> None:
    text = "from: {table: sf.account}\nready: fivetran/salesforce-account\nfacts: {account: app_account_id_c}\n"
    found = mapped(text)
    assert isinstance(found.mapping, FactMap)
    assert found.mapping.account == "app_account_id_c"
    assert found.mapping.deleted_when == {"is_deleted": True, "_fivetran_deleted": True}


def test_of_a_ready_map_tests_of_columns_that_are_not_there_are_left_out_and_of_ones_own_not() -> None:
    ready = mapped("from: {table: a}\nready: fivetran/zendesk-ticket\n").fitted(["id", "STATUS", "created_at"])
    assert isinstance(ready, EventMap)
    assert list(ready.leave_out) == ["status"]
    own = mapped("from: {table: a}\nevents: {id: a, event: b, time: c, leave_out: {gone: true}}\n").fitted(["a"])
    assert isinstance(own, EventMap)
    assert list(own.leave_out) == ["gone"]


def test_what_is_stored_of_a_row_tells_maps_apart_and_how_often_it_is_read_does_not() -> None:
    plain = mapped("from: {table: a, cursor: c}\n" + EVENTS)
    assert mapped("from: {table: a, cursor: c, overlap: 2 days, whole_every: 7 days}\n" + EVENTS).hash == plain.hash
    for other in ("from: {table: b, cursor: c}\n" + EVENTS, "from: {table: a, cursor: c}\n" + FACTS):
        assert mapped(other).hash != plain.hash


def test_one_map_that_cannot_be_used_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("from: {table: a}\n" + EVENTS)
    (tmp_path / "bad.yaml").write_text("from: {table: a}\nevents: {id: a}\n")
    (tmp_path / "broken.yml").write_text("from: {table: a\n")
    found = read_maps(tmp_path)
    assert [one.name for one in found.every] == ["good"]
    told = {Path(one.file).name: one.message for one in found.told()}
    assert told["bad.yaml"] == "events.event: is missing; events.time: is missing"
    assert told["broken.yml"].startswith("cannot be read as YAML")


def test_a_source_that_no_map_brings_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("from: {table: a}\n" + EVENTS)
    (warning,) = without_a_map(read_maps(tmp_path), ["warehouse.events", "warehouse.accounts"], tmp_path)
    assert "facts.yaml names `warehouse.accounts`, and no map here brings it" in str(warning)


def test_there_is_nothing_where_there_is_no_folder(tmp_path: Path) -> None:
    assert read_maps(tmp_path / "sources").every == ()
