"""How far a table was read, and where the next pull goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from expansion.files.from_words import From
from expansion.tables.marks import Mark, Part, Seen, marked, part

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)
KINDS = {"id": "int4", "seen": "timestamptz"}


def place(**words: Any) -> From:
    return From.model_validate({"table": "a", "cursor": "seen", **words})


def mark(highest: str, **more: Any) -> Mark:
    return replace(Mark("map", NOW, NOW, KINDS, None, highest, "7"), **more)


def since(highest: str, **words: Any) -> str | None:
    seen = Seen(KINDS, None, highest, "7")
    return part(mark(highest), seen, place(**words), "map", NOW + timedelta(hours=1)).since


@pytest.mark.parametrize(
    ("highest", "words", "begins"),
    [
        ("2026-03-06 12:00:00+00", {}, "2026-03-06 06:00:00+00:00"),
        ("2026-03-06 12:00:00", {}, "2026-03-06 06:00:00"),
        ("2026-03-06T12:00:00Z", {}, "2026-03-06T06:00:00Z"),
        ("2026-03-06T12:00:00.25+02:00", {"overlap": "2 days"}, "2026-03-04T12:00:00+02:00"),
        ("2026-03-06", {"overlap": "1 day"}, "2026-03-05"),
        ("2030-01-01 00:00:00+00", {}, "2026-03-07 03:00:00+00:00"),  # a clock that ran ahead hides nothing
        ("infinity", {}, "2026-03-07 03:00:00+00:00"),
        ("500000", {}, "499000"),
        ("500000", {"overlap": 10}, "499990"),
        ("1772000000", {"overlap": "1 hour"}, "1771996400"),
        ("1772000000000", {"overlap": "1 hour"}, "1771996400000"),
        ("01HZX", {}, "01HZX"),
    ],
)
def test_the_next_pull_begins_a_little_before_the_newest_row(highest: str, words: dict[str, Any], begins: str) -> None:
    assert since(highest, **words) == begins


def test_what_was_kept_is_what_is_read() -> None:
    kept = mark("2026-03-06 12:00:00+00")
    assert Mark.read(kept.text) == kept


@pytest.mark.parametrize("text", [None, "", "2026-03-06T12:00:00+00:00", "{}", '{"at": 1}', "[]"])
def test_what_another_version_kept_means_that_nothing_was_read(text: str | None) -> None:
    assert Mark.read(text) is None
    assert part(Mark.read(text), Seen(KINDS), place(), "map", NOW) == Part()


@pytest.mark.parametrize(
    ("seen", "map_", "why"),
    [
        (Seen(KINDS, None, "2026-03-06", "8"), "map", "the table was made anew"),
        (Seen(KINDS, None, "2026-03-06", "7"), "other", "its map was changed"),
        (Seen(KINDS | {"seen": "text"}, None, "2026-03-06", "7"), "map", "`seen` was timestamptz and is text"),
        (
            Seen(KINDS, None, "2026-03-05", "7"),
            "map",
            "the newest `seen` lies before the one that was read last: the table was filled anew",
        ),
        (
            Seen(KINDS, None, None, "7"),
            "map",
            "the newest `seen` lies before the one that was read last: the table was filled anew",
        ),
        (
            Seen(KINDS, "2025-12-31", "2026-03-06", "7"),
            "map",
            "rows with an older `seen` than any before have come",
        ),
        (Seen(KINDS, "2026-02-01", "2026-03-07", "7"), "map", None),
    ],
)
def test_nothing_follows_from_how_far_another_table_was_read(seen: Seen, map_: str, why: str | None) -> None:
    before = mark("2026-03-06", lowest="2026-01-01")
    found = part(before, seen, place(), map_, NOW)
    assert found.why == why
    assert (found.since is None) == (why is not None)


def test_numbers_are_put_in_order_as_numbers() -> None:
    assert part(mark("999"), Seen(KINDS, None, "1000", "7"), place(), "map", NOW).why is None


def test_all_is_read_when_it_is_due_and_then_not_until_it_is_again() -> None:
    before, seen = mark("2026-03-06"), Seen(KINDS, None, "2026-03-06", "7")
    due = part(before, seen, place(whole_every="7 days"), "map", NOW + timedelta(days=7))
    assert (due.since, due.why) == (None, None)
    after = marked(before, seen, "map", NOW + timedelta(days=7), due)
    assert part(after, seen, place(whole_every="7 days"), "map", NOW + timedelta(days=8)).since is not None
    not_yet = marked(before, seen, "map", NOW + timedelta(days=6), Part("2026-03-05"))
    assert not_yet.whole_at == NOW


def test_a_column_of_another_kind_is_named_and_one_that_came_or_went_is_not() -> None:
    seen = Seen({"seen": "timestamptz", "id": "text", "more": "int4"}, None, "2026-03-06", "7")
    found = part(mark("2026-03-06", kinds=KINDS | {"gone": "int4"}), seen, place(), "map", NOW)
    assert [one.partition(";")[0] for one in found.changed] == ["the column `id` was int4 and is text"]
