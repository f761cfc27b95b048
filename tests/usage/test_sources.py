"""Events that a source yields: in batches, kept when the source breaks, and known only for what was read whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from expansion.contract import EventRow, TryLater
from expansion.usage.import_events import import_rows
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import at, files_of, ids, properties, report, stored, utc

COVERED = (utc(2026, 3, 1), utc(2026, 3, 4))


def event(key: str | None, day: int = 1, **changes: object) -> EventRow:
    given = {"time": f"2026-03-0{day}T10:00:00Z", "account_id": "acme", "user_id": "ana", "properties": {"rows": 5}}
    return EventRow(**{"event_id": key, "event": "export", **given, **changes})  # type: ignore[arg-type]


def breaking(rows: list[EventRow]) -> Iterator[EventRow]:
    yield from rows
    raise TryLater("the source is gone")


@pytest.mark.parametrize("batch", [1, 2, 3, 200])
def test_every_row_is_stored_whatever_the_batch(store: UsageStore, batch: int) -> None:
    result = import_rows(store, "mixpanel.export", [event("1"), event("2"), event("1")], COVERED, batch=batch)
    assert (result.source, result.stored, result.duplicates) == ("mixpanel.export", 2, 1)
    assert stored(store)[0] == ("1", "export", at(2026, 3, 1, 10), at(2026, 3, 1, 10), "acme", "ana")
    assert properties(store) == [{"rows": "5"}] * 2
    assert store.manifest().covered == {"mixpanel.export": (COVERED,)}


def test_a_source_with_nothing_new_still_says_for_when_it_was_asked(store: UsageStore) -> None:
    assert import_rows(store, "mixpanel.export", [], COVERED).stored == 0
    assert store.manifest().spans("mixpanel.export") == (COVERED,)
    assert store.manifest().watermark == COVERED[1]


@pytest.mark.parametrize("batch", [1, 2, 200])
def test_a_source_that_breaks_half_way_keeps_what_was_read(store: UsageStore, batch: int) -> None:
    with pytest.raises(TryLater, match="the source is gone"):
        import_rows(store, "mixpanel.export", breaking([event("1"), event("2"), event("3")]), COVERED, batch=batch)
    assert ids(store) == ["1", "2", "3"]
    assert store.manifest().covered == {}  # what was not read whole is known for no time at all


def test_the_next_pull_fills_in_what_the_broken_one_left_out(store: UsageStore) -> None:
    with pytest.raises(TryLater):
        import_rows(store, "mixpanel.export", breaking([event("1"), event("2")]), COVERED)
    result = import_rows(store, "mixpanel.export", [event("1"), event("2"), event("3")], COVERED)
    assert (result.stored, result.duplicates, ids(store)) == (1, 2, ["1", "2", "3"])
    assert store.manifest().spans("mixpanel.export") == (COVERED,)


def test_without_a_span_the_events_speak_for_themselves(store: UsageStore) -> None:
    import_rows(store, "demo.events", [event("1"), event("2", 3)], None)
    first, last = utc(2026, 3, 1, 10), utc(2026, 3, 3, 10)
    assert store.manifest().spans("demo.events") == ((first, first), (last, last))


def test_times_may_be_moments_or_numbers(store: UsageStore) -> None:
    moments = [datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 10), 1_772_359_200, 1_772_359_200_000.0]
    import_rows(store, "demo.events", [event(str(n), time=moment) for n, moment in enumerate(moments)], None)
    assert stored(store, "ts") == [at(2026, 3, 1, 12), *[at(2026, 3, 1, 10)] * 3]


def test_rows_that_are_no_events_are_reported_with_their_place_in_the_pull(store: UsageStore) -> None:
    odd = {"text": "\ud800", "not a number": float("nan"), "when": datetime(2026, 3, 1, tzinfo=UTC)}
    rows = [event("1"), event(None), event("3", time=None), event("4", account_id=None, user_id="ben"), event("5")]
    rows += [event("6", properties=odd), event("7", event="half \ud800")]
    result = import_rows(store, "mixpanel.export", rows, COVERED, users={"ben": "globex"}, batch=2)
    assert ids(store) == ["1", "4", "5", "7"]
    assert [(one["line"], one["reason"]) for one in report(result)] == [
        (2, "no event id"),
        (3, "no time"),
        (6, "its properties are not valid JSON"),
    ]
    assert result.rejects == {"no event id": 1, "no time": 1, "its properties are not valid JSON": 1}


def test_a_pull_leaves_nothing_lying_about(store: UsageStore) -> None:
    import_rows(store, "mixpanel.export", [event("1")], COVERED)
    assert not [name for name in files_of(store) if name.startswith("scratch") or name.endswith("staged")]
