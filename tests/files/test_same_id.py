"""An id that stands twice in one table: a row that came twice, or another row, which is told and not stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from expansion.usage.storage.store import UsageStore
from tests.usage.builders import MAP, import_events, lines, report, row, stored

OTHER_ROW = (
    "its id stands for another row of this table, which came first and is kept; `update: true` in the map replaces it"
)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"account": "globex"},
        {"event": "print"},
        {"time": "2026-03-02T10:00:00Z"},
        {"user": "ben"},
        {"plan": "Team"},
    ],
)
def test_another_row_under_an_id_is_told_and_a_repeat_is_not(
    store: UsageStore, tmp_path: Path, other: dict[str, str]
) -> None:
    path = lines(tmp_path / "a.jsonl", [row("1"), {**row("1"), **other}, row("2")])
    for new in (2, 0):
        done = import_events(store, path, MAP)
        assert (done.stored, done.duplicates) == (new, 3 - new - bool(other))
        assert done.rejects == ({OTHER_ROW: 1} if other else {})
    if other:
        assert [(one["line"], one["reason"]) for one in report(done)] == [(2, f"{OTHER_ROW}; it says `1`")]


def test_the_row_that_is_stored_is_told_apart_by_another_file_of_its_table(store: UsageStore, tmp_path: Path) -> None:
    import_events(store, lines(tmp_path / "a-1.jsonl", [row("1"), row("2")]), MAP)
    done = import_events(store, lines(tmp_path / "a-2.jsonl", [row("2", user="ben"), row("1"), row("3")]), MAP)
    assert (done.stored, done.duplicates, done.rejects) == (1, 1, {OTHER_ROW: 1})
    assert stored(store, "user_id") == ["ana"] * 3
