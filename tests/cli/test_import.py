"""`expansion import`: what is stored, what is not, and what is said about it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

EVENTS = "sample/events.map.yaml"


def _write(name: str, *lines: str) -> str:
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return name


def test_the_same_file_twice_stores_nothing_twice(folder, run, snapshot):
    assert str(run("import", "sample/events.csv", "--map", EVENTS)) == snapshot


def test_rows_that_cannot_be_read_are_listed_beside(folder, run, snapshot):
    name = _write(
        "new.csv",
        "event_id,event,happened_at,account_id,user_id",
        "n-1,Export Blocked,2026-03-02T08:00:00Z,a-100,ana",
        ",Export Blocked,2026-03-02T08:00:00Z,a-100,ana",
        "n-3,Export Blocked,soon,a-100,ana",
        "n-4,Export Blocked,2026-03-02T08:00:00Z,,",
    )
    ran = run("import", name, "--map", EVENTS)
    assert ran.code == 0
    assert str(ran) == snapshot
    report = Path(".expansion/usage/rejects/new.csv.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["line"] for line in report.splitlines()] == [3, 4, 5]


def test_for_scripts(folder, run):
    name = _write("new.csv", "event_id,event,happened_at,account_id,user_id", "n-1,Signed in,soon,a-100,ana")
    result = run("import", name, "--map", EVENTS, "--json").json
    assert {key: result[key] for key in ("what", "stored", "notes")} == {"what": "events", "stored": 0, "notes": []}
    (said,) = result["files"]
    assert (said["file"], said["stored"], said["repeats"], said["not_readable"]) == ("new.csv", 0, 0, 1)
    assert [one["rows"] for one in said["reasons"]] == [1]


def test_a_file_of_which_nothing_can_be_read_fails(folder, run):
    name = _write("new.csv", "event_id,event,happened_at,account_id,user_id", "n-1,Signed in,soon,a-100,ana")
    assert run("import", name, "--map", EVENTS).code == 1


def test_facts_of_which_nothing_can_be_read_are_not_called_known(folder, run):
    mapping = _write("facts.map.yaml", "facts: {account: account, fields: [plan]}")
    assert "known before" not in run("import", _write("new.csv", "account,plan", ",Team"), "--map", mapping).out
    name = _write("more.csv", "account,plan", "a-900,Team", ",Pro")
    assert "1 new value in 2 rows" in run("import", name, "--map", mapping).out
    assert "no new values in 2 rows, all known before" in run("import", name, "--map", mapping).out


def test_packed_json_lines_are_read(folder, run):
    row = {"event_id": "n-1", "event": "Signed in", "happened_at": 1772438400, "account_id": "a-100", "user_id": "ana"}
    Path("new.jsonl.gz").write_bytes(gzip.compress(json.dumps(row).encode() + b"\n"))
    assert run("import", "new.jsonl.gz", "--map", EVENTS, "--json").json["stored"] == 1


def test_a_file_that_is_not_what_its_name_says(folder, run):
    Path("new.parquet").write_text("hello", encoding="utf-8")
    ran = run("import", "new.parquet", "--map", EVENTS)
    assert ran.code == 1
    assert ran.err.startswith("new.parquet: is no .parquet file, though its name says so")


def test_a_column_that_is_not_there(folder, run, snapshot):
    assert str(run("import", "sample/accounts.csv", "--map", EVENTS)) == snapshot


@pytest.mark.parametrize(
    "text",
    ["events: [", "hello", "events: {id: a}", "events: {id: a, event: b, tiem: c}", "facts: {account: a}\nevents: {}"],
)
def test_a_map_that_cannot_be_used_is_named(folder, run, text):
    name = _write("map.yaml", text)
    ran = run("import", "sample/events.csv", "--map", name)
    assert ran.code == 1
    assert ran.err.startswith("error: map.yaml")


def test_a_mistyped_file_is_told_with_what_to_look_at(folder, run, snapshot):
    assert str(run("import", "sample/event.csv", "--map", EVENTS)) == snapshot


def test_a_map_is_needed(folder, run):
    ran = run("import", "sample/events.csv")
    assert ran.code == 2
    assert "missing option '--map'" in ran.err


def test_a_bad_file_stops_no_other(folder, run):
    name = _write(
        "new.csv", "event_id,event,happened_at,account_id,user_id", "n-1,Signed in,2026-03-02T08:00:00Z,a-1,ana"
    )
    Path("bad.parquet").write_text("hello", encoding="utf-8")
    ran = run("import", "bad.parquet", name, "--map", EVENTS)
    assert (ran.code, "new.csv" in ran.out) == (1, True)
    assert run("import", name, "--map", EVENTS, "--json").json["files"][0]["repeats"] == 1


def test_a_damaged_store_is_said(folder, run):
    Path(".expansion/usage/manifest.json").write_text("{", encoding="utf-8")
    ran = run("import", "sample/events.csv", "--map", EVENTS)
    assert ran.code == 1
    assert ".expansion/usage/manifest.json is damaged" in ran.err
