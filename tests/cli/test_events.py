"""`expansion events`, and what `expansion check` says of names that never came."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import integrations
from cli.main import cli
from expansion.contract import EventRow
from expansion.evaluate.asked_events import late_events
from expansion.evaluate.naming import left_out
from expansion.evaluate.relations import StoreRelations
from expansion.language.workspace import load
from expansion.language.yaml.files import Folder as OnDisk
from expansion.usage.import_events import import_rows
from expansion.usage.storage.store import UsageStore
from tests.usage.tables import Row, add

NOW = datetime(2026, 4, 1, tzinfo=UTC)
FACTS = """events:
  - {from: files.events, account: account_id, names: [Plan Cancelled]}
facts:
  account_name: {from: files.accounts, field: name, kind: text}
  exports: {times: Exported, over: 7 days}
"""
POLICY = """time_zone: UTC
currency: USD
working_hours: {days: [mon], from: "09:00", to: "17:00"}
owners: {fallback: revops@acme.example}
tiers:
  seats: {title: Seats, worth: {flat: 1_000}, likely: 15%}
"""
TRIGGER = """trigger: quiet
title: Quiet
owner: revops@acme.example
status: watching
when:
  - {event: Reprt Opened, over: 7 days, at_most: 3}
  - {event: Report Opened, where: {formt: pdf}, over: 7 days, at_most: 3}
  - {event: Report Opened, where: {format: [pdf, xslx]}, over: 7 days, at_most: 3}
  - {event: Report Opened, over: 7 days, distinct: account_name, at_most: 3}
  - {sequence: [Report Opened, {event: Plan Cancelled, where: {reason: price}}], within: 7 days}
leads_to: seats
then: {playbook: call}
"""
PLAYBOOK = """playbook: call
title: Call
steps:
  - id: ask
    do: salesforce.create_task
    with: {assign_to: account owner, subject: Call, notes: Call them}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {
        "shared/facts.yaml": FACTS,
        "shared/policy.yaml": POLICY,
        "triggers/quiet.yaml": TRIGGER,
        "call.yaml": PLAYBOOK,
    }.items():
        path = tmp_path / "playbooks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def _store(folder: Path) -> None:
    rows = [
        EventRow(str(n), "Report Opened", f"2026-03-0{n}T10:00:00Z", "acme", "ana", {"format": kind})
        for n, kind in enumerate(["pdf", "pdf", "xlsx"], start=1)
    ]
    rows.append(EventRow("9", "Session Started", "2026-03-04T10:00:00Z", "acme", "ana", {}))
    import_rows(UsageStore(folder / ".expansion" / "usage"), "files", rows, None)


def test_a_check_names_what_no_event_that_is_stored_has(folder: Path) -> None:
    _store(folder)
    done = run("check")
    said = [
        line.partition(": ")[2]
        for line in done.stderr.splitlines()
        if line.startswith("playbooks") and "looks back" not in line
    ]
    assert said == [
        "`Exported` was never seen in 4 events",
        "`Reprt Opened` was never seen in 4 events",
        "no `Report Opened` has ever had a `formt`",
        "`format` was never `xslx` in any event that is stored",
        "no `Report Opened` has ever had a `account_name`: `account_name` is known of accounts, not of events",
    ]
    assert done.exit_code == 0
    for meant in ("`Report Opened`", "`format`", "`xlsx`"):
        assert f"did you mean {meant}?" in done.stderr


def test_an_import_can_name_what_its_table_does_not_bring(folder: Path) -> None:
    store = UsageStore(folder / ".expansion" / "usage")
    workspace = load(OnDisk(Path("playbooks")), integrations.catalog())
    assert left_out(workspace, store, "tickets", NOW) == []
    add(store, [Row("1", "Report Opened"), Row("2", "Exportd")], "reports")
    add(store, [Row("1", "Ticket Opened")], "tickets")
    map_it = "name `{0}` in `properties` of the map, if the files have it"
    lacks = "no `Report Opened` has ever had a `{0}`"
    assert left_out(workspace, store, "reports", NOW) == [
        "playbooks/shared/facts.yaml:5 asks for `Exported`, which no table has ever brought; `Exportd` came: did you "
        "mean that?",
        "playbooks/triggers/quiet.yaml:6 asks for `Reprt Opened`, which no table has ever brought; `Report Opened` "
        "came: did you mean that?",
        f"{lacks.format('formt')}, and playbooks/triggers/quiet.yaml:7 asks for it: that cannot be told; "
        + map_it.format("formt"),
        f"{lacks.format('format')}, and playbooks/triggers/quiet.yaml:8 asks for it: that cannot be told; "
        + map_it.format("format"),
        f"{lacks.format('account_name')}: `account_name` is known of accounts, not of events, and "
        f"playbooks/triggers/quiet.yaml:9 asks for it: that cannot be told; {map_it.format('account_name')}",
    ]
    assert left_out(workspace, store, "tickets", NOW) == []


def test_only_tables_that_somebody_asks_for_are_late(folder: Path) -> None:
    store = UsageStore(folder / ".expansion" / "usage")
    workspace = load(OnDisk(Path("playbooks")), integrations.catalog())
    add(store, [Row("1", "Report Opened"), Row("2", "Report Opened", 90)], "reports")
    add(store, [Row("1", "Ticket Opened")], "tickets")
    add(store, [Row("1", "Exported", 30 * 86_400), Row("2", "Exported", 31 * 86_400)], "exports")
    late = late_events(StoreRelations.of(store), workspace, NOW)
    assert [(one.name, one.end) for one in late] == [("reports", datetime(2026, 3, 1, 10, 1, 30, tzinfo=UTC))]


def test_a_check_without_a_store_says_nothing_of_names(folder: Path) -> None:
    assert "never" not in run("check").stderr
    assert not (folder / ".expansion" / "usage").exists()


def test_events_are_listed_with_how_many_and_when(folder: Path) -> None:
    _store(folder)
    listed = json.loads(run("events", "--json").stdout)
    assert [(one["event"], one["events"], one["last"]) for one in listed] == [
        ("Report Opened", 3, "2026-03-03T10:00:00+00:00"),
        ("Session Started", 1, "2026-03-04T10:00:00+00:00"),
    ]
    assert "Report Opened" in run("events").stdout


def test_the_properties_of_an_event_show_their_commonest_values(folder: Path) -> None:
    _store(folder)
    shown = json.loads(run("events", "Report Opened", "--json").stdout)
    assert shown["properties"] == [{"property": "format", "events": 3, "values": ["pdf", "xlsx"]}]
    assert "pdf, xlsx" in run("events", "Report Opened").stdout


def test_an_event_that_is_not_stored_is_said_to_be_none(folder: Path) -> None:
    _store(folder)
    done = run("events", "report_opened")
    assert done.exit_code == 1
    assert str(done.exception) == "no event called `report_opened` is stored\n\nhint: did you mean `Report Opened`?"


def test_an_empty_store_says_what_brings_events_in(folder: Path) -> None:
    done = run("events")
    assert (done.exit_code, done.stderr) == (
        0,
        "no event is stored; `expansion pull` and `expansion import` bring events in\n",
    )
