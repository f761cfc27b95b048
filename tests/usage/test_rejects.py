"""Rows that could not be stored: each is said once, with its reason, and a report ends somewhere."""

from __future__ import annotations

import json
from pathlib import Path

from expansion.contract import EventRow
from expansion.usage.import_events import Imported, import_rows
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.rejects import MOST, list_rejects
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import MAP, import_events, lines, report, row, utc

COVERED = (utc(2026, 3, 1), utc(2026, 3, 4))


def pulled(store: UsageStore, *ids: str) -> Imported:
    """A pull whose last event is none, after these good ones."""
    good = [EventRow(each, "export", utc(2026, 3, 1), "acme", "ana", {}) for each in ids]
    bad = EventRow("bad", "export", "later", "acme", "ana", {})
    return import_rows(store, "mixpanel.export", [*good, bad], COVERED)


def test_a_row_that_every_pull_reads_again_is_listed_once(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    first, second = pulled(store, "1"), pulled(store, "1", "2", "3")
    assert (first.new_rejects, second.new_rejects) == (1, 0)
    assert sum(second.rejects.values()) == 1, "it is counted all the same"
    assert len(report(second)) == 1


def test_a_file_that_is_imported_twice_lists_its_rows_once_and_equal_rows_each(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    path = lines(tmp_path / "e.jsonl", [row("1"), {**row("2"), "time": None}, {**row("2"), "time": None}])
    for _ in range(2):
        result = import_events(store, path, MAP)
    assert [one["line"] for one in report(result)] == [2, 3]


def test_a_report_ends_after_a_stated_number_of_rows_and_says_so(tmp_path: Path) -> None:
    many = [(number, "no time", f"row {number}") for number in range(MOST + 500)]
    found = list_rejects(tmp_path, "huge.csv", many, by_line=True)
    again = list_rejects(tmp_path, "huge.csv", [(-1, "no time", "one more")], by_line=True)
    assert found.total == MOST + 500
    assert again.report is not None
    written = [json.loads(line) for line in again.report.read_text().splitlines()]
    assert len(written) == MOST + 1
    assert "the list ends here, after 10,000 rows" in written[-1]["reason"]


def test_a_row_of_somebody_who_was_forgotten_is_listed_once_and_without_them(tmp_path: Path) -> None:
    forgotten_people(tmp_path).save({"ana@acme.example": "forgotten-1"})
    rejects = [(None, "no time", "1,export,,acme,ana@acme.example")]
    first = list_rejects(tmp_path, "pull", rejects, by_line=False)
    second = list_rejects(tmp_path, "pull", rejects, by_line=False)
    assert (first.new, second.new) == (1, 0)
    assert first.report is not None
    assert "ana@acme.example" not in first.report.read_text()
