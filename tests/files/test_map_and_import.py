"""From a file to what is stored, by the map that is proposed of it: for each table of connectors, and for exports."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from expansion.files.import_files import import_files
from expansion.files.propose.looking import Table
from expansion.files.propose.map_text import map_text
from expansion.files.propose.propose import propose
from expansion.files.propose.ready import ready_maps
from expansion.files.propose.tables import tables
from expansion.files.results import ImportResult
from expansion.usage.storage.store import UsageStore
from tests.files.made_tables import ROWS, table_for
from tests.files.test_propose import any_table

NOW = datetime(2025, 4, 1, tzinfo=UTC)
CONNECTORS = ("airbyte", "dlt", "fivetran", "own", "singer")
NO_ACCOUNT = "no account, and none, or more than one, is known for its user"


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(
            {name: json.dumps(cell) if isinstance(cell, dict | list) else cell for name, cell in row.items()}
            for row in rows
        )
    return path


def write_json(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def bring(store: UsageStore, path: Path, edit: Callable[[str], str] = lambda text: text) -> ImportResult:
    """Propose a map for a file, and import the file by it."""
    (proposal, *_), sentences = propose(tables([str(path)])[0])
    assert sentences == []
    map_path = path.with_suffix(".map.yaml")
    map_path.write_text(edit(map_text(proposal)), encoding="utf-8")
    return import_files(store, [str(path)], map_path, NOW)


@pytest.mark.parametrize("connector", CONNECTORS)
def test_every_ready_map_brings_its_table_in(connector: str, tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    write = write_json if connector == "own" else write_csv
    for ready in ready_maps():
        if ready.connector != connector or ready.is_beside:
            continue
        path = write(
            tmp_path / f"{ready.name.partition('/')[2]}.{'jsonl' if connector == 'own' else 'csv'}",
            table_for(ready).rows,
        )
        (found,) = bring(store, path).files
        assert found.failure is None, ready.name
        needs_people = ready.kind == "events" and "account" not in ready.content["events"]
        if needs_people:
            assert set(found.rejects) <= {NO_ACCOUNT}, ready.name
        else:
            assert (found.rejects, found.left_out, found.rows) == ({}, 0, ROWS), ready.name


def test_events_that_name_a_ticket_find_the_organization_by_the_map_beside(tmp_path: Path) -> None:
    """Zendesk's field history: the tickets come in first, as people of their organizations."""
    store = UsageStore(tmp_path / "usage")
    beside = {one.name: one for one in ready_maps()}["fivetran/zendesk-ticket-organization"]
    path = tmp_path / "ticket-people.map.yaml"
    path.write_text(beside.text, encoding="utf-8")
    tickets = [{"id": f"t{at}", "organization_id": f"org{at % 2}"} for at in range(4)]
    assert import_files(store, [str(write_csv(tmp_path / "ticket.csv", tickets))], path, NOW).stored == 4
    history = [
        {"ticket_id": f"t{at % 4}", "field_name": "status", "value": "open", "updated": f"2025-03-{at + 1:02} 10:00:00",
         "user_id": "7", "_fivetran_synced": "2025-03-30 00:00:00"}
        for at in range(8)
    ]  # fmt: skip
    (found,) = bring(store, write_csv(tmp_path / "ticket_field_history.csv", history)).files
    assert (found.stored, found.rejects) == (8, {})


# --- tables of public data sets, with made-up values ------------------------------------------------------------------


def songs(at: int) -> dict[str, Any]:
    return {
        "artist": f"artist {at}", "auth": "Logged In", "itemInSession": at, "level": ("free", "paid")[at % 2],
        "location": f"City {at % 3}", "method": "PUT", "page": ("NextSong", "Home", "Upgrade")[at % 3],
        "registration": 1740919166796.0, "sessionId": at // 4, "song": None, "status": 200,
        "ts": 1741105830796 + 60_000 * at, "userId": f"{at % 6}" if at % 10 else "",
    }  # fmt: skip


def test_logs_of_a_player_as_json_lines(tmp_path: Path) -> None:
    """Its account is a column that nothing tells from others: one line is edited."""
    store, path = (
        UsageStore(tmp_path / "usage"),
        write_json(tmp_path / "2025-03-01-events.json", [songs(at) for at in range(40)]),
    )
    (found,) = bring(store, path).files
    assert found.rejects == {NO_ACCOUNT: 40}
    edit = lambda text: text.replace("  user: userId", "  account: location\n  user: userId")  # noqa: E731
    (found,) = bring(store, path, edit).files
    assert (found.stored, found.rejects) == (40, {})


def test_purchases_with_blanks_between_and_no_id(tmp_path: Path) -> None:
    """Two purchases that say the same are two."""
    lines = [f" {at % 7:05} 199701{at % 9 + 10}  1   11.77" for at in range(60)]
    path = tmp_path / "PURCHASES_master.txt"
    path.write_text("\n".join([" customer_id  date number_of_cds  dollar_value", *lines, lines[0]]) + "\n")
    store = UsageStore(tmp_path / "usage")
    (found,) = bring(store, path).files
    assert (found.stored, found.repeats, found.rejects) == (61, 0, {})
    (found,) = bring(store, path).files
    assert (found.stored, found.repeats) == (0, 61)


def test_edits_of_pages_with_nulls(tmp_path: Path) -> None:
    rows = [
        {"time": f"2025-03-12T00:{at:02}:58.771Z", "channel": f"#{('en', 'de')[at % 2]}.wikipedia", "cityName": None,
         "isRobot": at % 3 == 0, "page": f"Page {at}", "user": f"u{at % 5}", "added": at}
        for at in range(30)
    ]  # fmt: skip
    store = UsageStore(tmp_path / "usage")
    edit = lambda text: text.replace("  user: user", "  account: channel\n  user: user")  # noqa: E731
    (found,) = bring(store, write_json(tmp_path / "edits.json", rows), edit).files
    assert (found.stored, found.rejects) == (30, {})


def test_customers_with_twenty_columns(tmp_path: Path) -> None:
    rows = [
        {"customerID": f"{at:04}-X", "SeniorCitizen": at % 2, "Partner": ("Yes", "No")[at % 2], "tenure": at,
         "MonthlyCharges": f"{at}.5", "TotalCharges": f"{at * 9}.5" if at else " "}
        for at in range(25)
    ]  # fmt: skip
    store = UsageStore(tmp_path / "usage")
    (found,) = bring(store, write_csv(tmp_path / "Customer-Churn.csv", rows)).files
    assert (found.rows, found.rejects) == (25, {})
    last = store.connect().execute("SELECT 1").fetchone()
    assert last == (1,)


def test_exports_with_the_account_inside(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    plain = {
        "distinct_id": "u1",
        "timestamp": "2025-03-01 10:00:00.123000+00:00",
        "created_at": "2025-03-01 10:00:01.000",
    }
    posthog = [
        {"uuid": f"p{at}", "event": "$pageview", "properties": {"$groups": {"company": "acme"}}, **plain}
        for at in range(6)
    ]
    ga4 = [
        {"event_date": "20250301", "event_timestamp": str(1740823200123456 + at), "event_name": "page_view",
         "event_params": [{"key": "ga_session_id", "value": {"int_value": "123"}},
                          {"key": "org", "value": {"string_value": "acme"}}],
         "user_id": "u1", "user_pseudo_id": f"x.{at}"}
        for at in range(6)
    ]  # fmt: skip
    for name, rows in (("posthog", posthog), ("ga4", ga4)):
        (found,) = bring(store, write_json(tmp_path / f"{name}.jsonl", rows)).files
        assert (found.stored, found.rejects) == (6, {}), name


@given(drawn=any_table())
@settings(max_examples=30, deadline=None)
def test_whatever_the_file_what_is_proposed_imports_it(drawn: Table, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = write_csv(folder / f"{drawn.name}.csv", drawn.rows)
    looked, unusable = tables([str(path)])
    if unusable:
        return
    proposals, sentences = propose(looked)
    assert len(proposals) + len(sentences) == 1
    for proposal in proposals:
        map_path = folder / "proposed.map.yaml"
        map_path.write_text(map_text(proposal), encoding="utf-8")
        (found,) = import_files(UsageStore(folder / "usage"), [str(path)], map_path, NOW).files
        assert found.failure is None, map_text(proposal)
