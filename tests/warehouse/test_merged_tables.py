"""Heap Connect and Segment's Profiles Sync by their ready maps: people who are merged, and tables that are rebuilt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.warehouse.tables import Desk

HEAP_EVENTS = """\
from: {table: heap.all_events, cursor: time, overlap: 2 days, whole_every: 7 days}
ready: own/heap-all-events
"""
FACTS = """\
events:
  - {from: warehouse.events, account: account_id}
facts:
  f0: {from: files.accounts, field: name, kind: text}
"""


@pytest.fixture
def heap(writing: psycopg.Connection) -> Iterator[psycopg.Connection]:
    writing.execute("DROP SCHEMA IF EXISTS heap CASCADE")
    writing.execute("CREATE SCHEMA heap")
    columns = "event_id bigint, time timestamp, user_id bigint, session_id bigint, event_table_name text"
    writing.execute(f"CREATE TABLE heap.all_events ({columns})")
    writing.execute(
        "INSERT INTO heap.all_events VALUES (7, '2026-03-01 10:00', 11, 1, 'click_cta'), "
        "(7, '2026-03-01 10:00', 11, 1, 'click_cta_homepage'), (8, '2026-03-06 10:00', 12, 2, 'click_cta')"
    )
    writing.execute("CREATE TABLE heap.users (user_id bigint, joindate timestamp, last_modified timestamp, "
                    "identity text, email text, account_id text)")  # fmt: skip
    writing.execute("INSERT INTO heap.users VALUES (11, '2026-03-01', NULL, NULL, 'ana@acme.example', 'acme'), "
                    "(12, '2026-03-06', NULL, 'ben', 'ben@globex.example', 'globex')")  # fmt: skip
    writing.execute("CREATE TABLE heap.user_migrations (from_user_id bigint, to_user_id bigint, time timestamp)")
    yield writing
    writing.execute("DROP SCHEMA heap CASCADE")


@pytest.fixture
def desk(address: str, tmp_path: Path) -> Desk:
    return Desk(tmp_path, {"warehouse": address}, FACTS)


@pytest.fixture
def of_heap(desk: Desk, heap: psycopg.Connection) -> Desk:
    desk.map("heap-events", HEAP_EVENTS)
    desk.map("heap-users", "from: {table: heap.users}\nready: own/heap-users\nfacts: {account: account_id}\n")
    moves = "from: {table: heap.user_migrations, cursor: time}\nready: own/heap-user-migrations\n"
    desk.map("heap-moves", moves)
    return desk


def test_an_event_of_two_definitions_is_two_and_has_the_account_of_its_person(of_heap: Desk) -> None:
    of_heap.well()
    assert {key: row[:4] for key, row in of_heap.events().items()} == {
        "7|click_cta": ("click_cta", "03-01 10:00", "acme", "11"),
        "7|click_cta_homepage": ("click_cta_homepage", "03-01 10:00", "acme", "11"),
        "8|click_cta": ("click_cta", "03-06 10:00", "globex", "12"),
    }


def test_who_is_identified_is_one_person_with_whom_they_were_before(of_heap: Desk, heap: psycopg.Connection) -> None:
    of_heap.well()
    heap.execute("INSERT INTO heap.user_migrations VALUES (11, 99, '2026-03-06 12:00')")
    of_heap.well()
    assert of_heap.merges() == {"11": "99"}
    assert of_heap.known("email").keys() >= {"acme"}, "what was said of the former id stays"


def test_a_table_of_a_relabelled_event_is_read_as_a_whole(of_heap: Desk, heap: psycopg.Connection) -> None:
    of_heap.well()
    heap.execute("CREATE TABLE heap.anew AS SELECT * FROM heap.all_events")
    heap.execute("INSERT INTO heap.anew VALUES (3, '2026-02-01 10:00', 11, 1, 'click_cta')")
    heap.execute("DROP TABLE heap.all_events")
    heap.execute("ALTER TABLE heap.anew RENAME TO all_events")
    of_heap.well()
    assert "warehouse.events heap-events: all of it was read again, for the table was made anew" in of_heap.said()
    assert "3|click_cta" in of_heap.events()


def test_what_changes_without_a_word_is_read_when_all_of_it_is_due(of_heap: Desk, heap: psycopg.Connection) -> None:
    """Heap writes the new id into old rows, whose time stays as it was."""
    of_heap.well()
    heap.execute("UPDATE heap.all_events SET user_id = 12 WHERE event_id = 7")
    of_heap.well()
    assert of_heap.events()["7|click_cta"][3] == "11", "older than the overlap"
    of_heap.now = of_heap.now.replace(day=of_heap.now.day + 8)
    of_heap.well()
    assert of_heap.events()["7|click_cta"][3] == "12"
    assert "read again" not in of_heap.said(), "it was due"


def test_profiles_that_segment_merged_are_one_person(desk: Desk, heap: psycopg.Connection) -> None:
    """As Segment's own example has it: a profile is first itself, and later another."""
    heap.execute("CREATE TABLE heap.id_graph_updates (segment_id text, canonical_segment_id text, "
                 "triggering_event_type text, triggering_event_id text, timestamp timestamp)")  # fmt: skip
    heap.execute("INSERT INTO heap.id_graph_updates VALUES ('profile_1', 'profile_1', 'page', 'event_1', '2026-03-01'),"
                 "('profile_2', 'profile_2', 'page', 'event_3', '2026-03-02'),"
                 "('profile_2', 'profile_1', 'identify', 'event_4', '2026-03-03')")  # fmt: skip
    heap.execute("CREATE TABLE heap.tracks (id text, segment_id text, event_source_id text, anonymous_id text, "
                 "user_id text, event text, context_group_id text, received_at timestamp, "
                 "timestamp timestamp)")  # fmt: skip
    heap.execute("INSERT INTO heap.tracks VALUES ('event_3', 'profile_2', 's', 'b50e', NULL, 'Page', 'acme', "
                 "'2026-03-02 10:48', '2026-03-02 10:47')")  # fmt: skip
    desk.map("graph", "from: {table: heap.id_graph_updates, cursor: timestamp}\nready: own/segment-id-graph-updates\n")
    desk.map("tracks", "from: {table: heap.tracks, cursor: received_at}\nready: own/segment-profiles-tracks\n")
    desk.well()
    assert desk.merges() == {"profile_2": "profile_1"}
    assert desk.events()["event_3"][:4] == ("Page", "03-02 10:47", "acme", "profile_2")
    heap.execute("INSERT INTO heap.id_graph_updates VALUES ('profile_1', 'profile_0', 'identify', 'e', '2026-03-06'),"
                 "('profile_2', 'profile_0', 'identify', 'e', '2026-03-06')")  # fmt: skip
    desk.well()
    assert desk.merges() == {"profile_2": "profile_0", "profile_1": "profile_0"}
