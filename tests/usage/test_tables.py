"""An id is one of its table: what counts once, what is told apart, and what takes the place of another row."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expansion.usage.compaction import MANY, put_together
from expansion.usage.storage.atoms import atom_of
from expansion.usage.storage.rollup import Column
from expansion.usage.storage.store import UsageStore
from expansion.usage.storage.tables import OtherRow, Table
from tests.usage.builders import files_of, utc
from tests.usage.tables import Plain, Row, add, held

OPENED = [Row(str(n), "Ticket Opened", n * 60) for n in range(1, 11)]
PAID = [Row(str(n), "Invoice Paid", n * 60) for n in range(1, 11)]
JSON_ROW = (
    "SELECT 'export' AS event, TIMESTAMP '2026-03-01' AS ts, ts AS seen_at, 'a' AS account_id, 'u' AS user_id, "
    "0 AS file, 1 AS line"
)


def counts(done: Any) -> tuple[int, int, int, int]:
    return done.rows, done.duplicates, done.differing, done.updated


def test_two_tables_with_ids_1_to_10_are_twenty_events(store: UsageStore) -> None:
    assert counts(add(store, OPENED, "tickets")) == (10, 0, 0, 0)
    assert counts(add(store, PAID, "invoices")) == (10, 0, 0, 0)
    assert len(held(store)) == 20


def test_the_same_export_counts_once_under_its_name_and_under_another(store: UsageStore) -> None:
    add(store, OPENED, "tickets")
    assert counts(add(store, OPENED, "tickets")) == (0, 10, 0, 0)
    assert counts(add(store, OPENED, "all-tickets")) == (0, 10, 0, 0)
    assert counts(add(store, OPENED, None)) == (0, 10, 0, 0)
    assert len(held(store)) == 10


def test_the_same_export_is_known_by_name_and_second_whatever_else_is_in_it(store: UsageStore) -> None:
    add(store, [Row("1", at=5.25, plan="Pro"), Row("2", at=5.25), Row("3", at=5.25)])
    again = [Row("1", at=5.9, plan="Team", account="other"), Row("2", "print", 5.25), Row("3", at=6)]
    assert counts(add(store, again, "other")) == (2, 1, 0, 0)


@pytest.mark.parametrize(
    "other",
    [{"event": "print"}, {"at": 61}, {"at": 60.5}, {"account": "globex"}, {"user": "ben"}, {"plan": "Pro"}],
)
def test_another_row_under_an_id_is_told_apart_with_its_line(store: UsageStore, other: dict[str, Any]) -> None:
    rows = [Row("1", at=60), Row("2", at=120)]
    add(store, rows)
    done = add(store, [rows[1], replace(rows[0], **other, file=3, line=17)])
    assert (counts(done), done.other_rows) == ((0, 1, 1, 0), (OtherRow(3, 17, "1"),))
    assert done.by_file == {0: (0, 1, 0, 0), 3: (0, 0, 1, 0)}
    assert [row[1:] for row in held(store)] == [("1", *rows[0].whole, rows[0].ts), ("2", *rows[1].whole, rows[1].ts)]


def test_within_one_batch_the_first_to_arrive_stays(store: UsageStore) -> None:
    rows = [Row("1", at=60, file=1, line=9), Row("1", at=0, file=1, line=12), Row("1", at=0, file=0, line=40, plan="x")]
    done = add(store, rows)
    assert (counts(done), [one.line for one in done.other_rows]) == ((1, 0, 2, 0), [9, 12])
    assert done.by_file == {0: (1, 0, 0, 0), 1: (0, 0, 2, 0)}


def test_a_row_that_arrives_again_at_another_time_is_a_repeat(store: UsageStore) -> None:
    add(store, [Row("1", seen=60)])
    assert counts(add(store, [Row("1", seen=900)])) == (0, 1, 0, 0)


def test_rows_that_differ_are_listed_up_to_a_number(store: UsageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("expansion.usage.storage.repeats.MOST_TOLD", 3)
    add(store, OPENED)
    done = add(store, [replace(row, user="ben") for row in OPENED])
    assert (done.differing, [one.line for one in done.other_rows]) == (10, [1, 2, 3])


def test_an_update_takes_the_place_of_the_stored_row(store: UsageStore) -> None:
    tickets = Table("tickets", update=True)
    add(store, [Row("1", plan="open"), Row("2", at=60, plan="open")], tickets)
    add(store, [Row("3", at=120, plan="open")], tickets)
    store.ensure_rollups(store.connect(), [Column(atom_of(("export",), {}))], "UTC")
    done = add(store, [Row("1", at=9, seen=900, plan="solved"), Row("3", at=120, plan="open")], tickets)
    assert counts(done) == (1, 1, 0, 1)
    one = Row("1", at=9, plan="solved")
    assert held(store)[0] == ("tickets", "1", *one.whole, Row("1").ts), "it arrived when it first did"
    assert len(held(store)) == 3
    rollups = {tuple(row.id for row in [s]): len(s.rollups) for s in store.manifest().segments}
    assert sorted(rollups.values()) == [0, 0, 1], "what was written anew is rolled up again"


def test_an_update_of_all_rows_leaves_no_empty_file(store: UsageStore) -> None:
    tickets = Table("tickets", update=True)
    add(store, OPENED, tickets)
    done = add(store, [replace(row, plan="solved") for row in OPENED], tickets)
    assert counts(done) == (10, 0, 0, 10)
    assert [segment.rows for segment in store.manifest().segments] == [10]
    add(store, OPENED, "x")
    assert len([name for name in files_of(store) if name.startswith("events/")]) == 3, "old files go with the next"


def test_of_several_rows_in_a_batch_the_last_is_the_update(store: UsageStore) -> None:
    tickets = Table("tickets", update=True)
    rows = [
        Row("1", seen=300, plan="solved", line=2),
        Row("1", seen=100, plan="open", line=3),
        Row("1", seen=300, plan="closed", line=4),
    ]
    assert counts(add(store, rows, tickets)) == (1, 2, 0, 0)
    assert [(row[6], row[7]) for row in held(store)] == [("closed", rows[1].seen_at)]


def test_an_update_touches_no_other_table(store: UsageStore) -> None:
    add(store, PAID, "invoices")
    add(store, OPENED, Table("tickets", update=True))
    before = [segment.file for segment in store.manifest().segments]
    add(store, [replace(OPENED[0], plan="solved")], Table("tickets", update=True))
    assert next(segment.file for segment in store.manifest().segments) == before[0]
    assert len(held(store)) == 20


def test_properties_that_only_one_side_has_are_compared(store: UsageStore) -> None:
    con = store.connect()

    def offered(properties: str) -> Any:
        rows = f"{JSON_ROW}, '1' AS event_id, '{properties}' AS properties"
        return counts(store.add_events(con, rows, table=Table("t")))

    assert offered('{"a": "1", "b": null}') == (1, 0, 0, 0)
    assert offered('{"a": 1}') == (0, 1, 0, 0)
    assert offered('{"a": "1", "c": "2"}') == (0, 0, 1, 0)
    assert offered("{}") == (0, 0, 1, 0)


def test_properties_beyond_the_columns_are_compared_too(store: UsageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("expansion.usage.storage.batch.MOST", 3)
    con = store.connect()

    def offered(names: int, last: str, key: str = "1") -> Any:
        whole = json.dumps({**{f"n{n:03}": "x" for n in range(names)}, "last": last})
        rows = f"{JSON_ROW}, '{key}' AS event_id, '{whole}' AS properties"
        return counts(store.add_events(con, rows, table=Table("t")))

    assert offered(9, "y") == (1, 0, 0, 0)
    assert offered(9, "y") == (0, 1, 0, 0)
    assert offered(9, "z") == (0, 0, 1, 0)
    assert offered(1, "y") == (0, 0, 1, 0)
    assert offered(1, "y", "2") == (1, 0, 0, 0)
    assert offered(9, "y", "2") == (0, 0, 1, 0)
    assert offered(1, "y", "2") == (0, 1, 0, 0)


# --- coverage ---------------------------------------------------------------------------------------------------------


def test_each_table_is_known_for_its_own_time(store: UsageStore) -> None:
    add(store, OPENED, Table("tickets", late_after="40 days"))
    add(store, PAID, Table("invoices", covers=((utc(2026, 1, 1), utc(2026, 4, 1)),)))
    now = store.manifest()
    assert now.covered["files:tickets"] == ((utc(2026, 3, 1, 10, 1), utc(2026, 3, 1, 10, 10)),)
    assert now.covered["files:invoices"] == ((utc(2026, 1, 1), utc(2026, 4, 1)),)
    assert now.late_after == {"tickets": "40 days"}
    add(store, [], Table("tickets"))
    assert store.manifest().late_after == {}


def test_the_same_export_under_another_name_goes_on_with_the_first(store: UsageStore) -> None:
    add(store, OPENED, "tickets")
    later = [*OPENED, Row("11", "Ticket Opened", 80_000)]
    add(store, later, "all tickets")
    assert store.manifest().covered["files:tickets"] == store.manifest().covered["files:all tickets"]
    add(store, [OPENED[0], Row("90", at=3e7)], "something else")
    assert store.manifest().covered["files:tickets"] != store.manifest().covered["files:something else"]


def test_the_watermark_is_that_of_the_table_that_ends_first_and_is_not_gone_on_with(store: UsageStore) -> None:
    add(store, [Row("1", at=0), Row("2", at=900)], "backfill")
    add(store, [Row("3", at=4_000), Row("4", at=3e6)], "usage")
    assert store.manifest().watermark == utc(2026, 4, 5, 3, 20)
    add(store, [Row("5", "Ticket Opened", 5e5), Row("6", "Ticket Opened", 6e5)], "tickets")
    assert store.manifest().watermark == utc(2026, 3, 8, 8, 40)


# --- stores of earlier versions, small files, kills -------------------------------------------------------------------


def test_a_store_of_an_earlier_version_is_read(store: UsageStore) -> None:
    add(store, OPENED, None)
    path = store.root / "manifest.json"
    raw = json.loads(path.read_text())
    raw["version"] = 3
    del raw["late_after"]
    for segment in raw["segments"]:
        del segment["table"], segment["source"]
    path.write_text(json.dumps(raw))
    assert counts(add(store, [*OPENED, Row("11", at=7000)], "tickets")) == (1, 10, 0, 0)
    assert [segment.table for segment in store.manifest().segments] == ["", "tickets"]


def test_small_files_are_put_together_table_by_table(store: UsageStore) -> None:
    for n in range(MANY + 1):
        add(store, [Row(str(n), at=n)], "tickets")
    add(store, PAID, "invoices")
    before = held(store)
    assert put_together(store) == MANY
    assert held(store) == before
    assert put_together(store) == 0
    done = add(store, [Row("7", at=7), Row("8", at=7)], "tickets")
    assert (done.duplicates, done.other_rows) == (1, (OtherRow(0, 2, "8"),))


def test_a_kill_in_an_update_leaves_all_as_it_was(store: UsageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets = Table("tickets", update=True)
    add(store, OPENED, tickets)
    before = held(store)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("expansion.usage.storage.manifest.save", killed)
        with pytest.raises(KeyboardInterrupt):
            add(store, [replace(row, plan="solved") for row in OPENED[:5]], tickets)
    assert held(store) == before
    assert counts(add(store, [replace(row, plan="solved") for row in OPENED[:5]], tickets)) == (5, 0, 0, 5)


# --- any batches ------------------------------------------------------------------------------------------------------

ROWS = st.builds(
    Row,
    key=st.sampled_from("12345"),
    event=st.sampled_from(["export", "print"]),
    at=st.sampled_from([0, 0.5, 1, 60]),
    account=st.sampled_from(["acme", "globex"]),
    seen=st.sampled_from([None, 60, 120]),
    plan=st.sampled_from([None, "Pro", "Team"]),
    file=st.integers(0, 2),
)
TABLES = st.sampled_from([None, "tickets", "invoices"])
BATCHES = st.lists(st.tuples(st.lists(ROWS, max_size=12), TABLES, st.booleans()), max_size=5)


@settings(max_examples=40, deadline=None)
@given(BATCHES)
def test_any_batches_are_stored_as_the_rules_say(batches: list[tuple[list[Row], str | None, bool]]) -> None:
    with TemporaryDirectory() as folder:
        store, plain = UsageStore(Path(folder)), Plain()
        for rows, table, update in batches:
            done = add(store, rows, Table(table, update=update) if table else None)
            wanted = plain.add(rows, table, update=update and table is not None)
            if table:
                assert counts(done) == wanted
                assert sum(one.stored for one in done.by_file.values()) == done.rows
                assert sum(one.repeats for one in done.by_file.values()) == done.duplicates
                assert sum(one.differing for one in done.by_file.values()) == done.differing
                assert sum(one.updated for one in done.by_file.values()) == done.updated
                assert len(done.other_rows) == done.differing
            else:
                assert (done.rows, done.duplicates) == wanted[:2]
            assert held(store) == plain.held


@settings(max_examples=15, deadline=None)
@given(st.lists(ROWS, max_size=20), st.randoms(use_true_random=False))
def test_how_the_files_of_an_update_are_split_does_not_matter(rows: list[Row], chance: Random) -> None:
    """In order of arrival, one by one or some at once, the state is that of the last row of each id."""
    ordered = [replace(row, file=0, line=n) for n, row in enumerate(sorted(rows, key=lambda row: row.seen_at), 1)]
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        whole, split = UsageStore(Path(one)), UsageStore(Path(two))
        add(whole, ordered, Table("tickets", update=True))
        left = list(ordered)
        while left:
            size = chance.randint(1, len(left))
            add(split, left[:size], Table("tickets", update=True))
            left = left[size:]
        assert held(whole) == held(split)
