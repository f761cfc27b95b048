"""An id that stands twice in one file: sent twice, or two events that nobody can tell apart by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from expansion.usage.store import UsageStore
from tests.usage.builders import MAP, import_events, lines, row


@pytest.mark.parametrize(
    ("again", "noted"),
    [
        ({}, False),
        ({"account": "globex"}, True),
        ({"event": "print"}, True),
        ({"time": "2026-03-02T10:00:00Z"}, True),
        ({"user": "ben"}, True),
    ],
)
def test_two_events_of_one_id_are_shown_and_a_repeat_is_not(
    store: UsageStore, tmp_path: Path, again: dict[str, str], noted: bool
) -> None:
    done = import_events(store, lines(tmp_path / "a.jsonl", [row("1"), {**row("1"), **again}, row("2")]), MAP)
    assert (done.stored, done.duplicates) == (2, 1)
    said = [
        "an id stands for several different events, of which the first to arrive is stored; name an id that no two "
        "events share, or several columns together: `id: [user_id, happened_at, name]`"
    ]
    assert done.notes == (said if noted else [])


def test_a_file_that_is_imported_again_is_noted_as_the_first_time(store: UsageStore, tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [row("1"), row("2")])
    import_events(store, path, MAP)
    assert import_events(store, path, MAP).notes == []
