"""For when events are known: of files what they hold, of sources what they were asked for."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from expansion.usage.storage.spans import joined, seen_by
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import MAP, import_events, lines, row, utc

HOUR, MICROSECOND = timedelta(hours=1), timedelta(microseconds=1)


def bring(store: UsageStore, folder: Path, *times: datetime, received: datetime | None = None) -> None:
    """A file of events of these moments."""
    rows = [row(moment.isoformat(), moment.isoformat(), received=(received or moment).isoformat()) for moment in times]
    path = lines(folder / f"{times[0]:%Y%m%d%H}.jsonl", rows)
    import_events(store, path, MAP.model_copy(update={"received_at": "received"}))


def test_a_file_is_known_from_its_first_to_its_last_event(store: UsageStore, tmp_path: Path) -> None:
    first, last = utc(2026, 3, 1, 0, 10), utc(2026, 3, 1, 22)
    bring(store, tmp_path, first, first + 9 * HOUR, last)
    assert store.manifest().spans() == ((first, last),)


def test_days_that_follow_each_other_are_one_span_and_a_missing_day_is_a_hole(
    store: UsageStore, tmp_path: Path
) -> None:
    for day in (1, 2, 4):
        bring(store, tmp_path, utc(2026, 3, day, 0, 10), utc(2026, 3, day, 12), utc(2026, 3, day, 23, 50))
    assert store.manifest().spans() == (
        (utc(2026, 3, 1, 0, 10), utc(2026, 3, 2, 23, 50)),
        (utc(2026, 3, 4, 0, 10), utc(2026, 3, 4, 23, 50)),
    )
    bring(store, tmp_path, utc(2026, 3, 3, 1), utc(2026, 3, 3, 20))
    assert store.manifest().spans() == ((utc(2026, 3, 1, 0, 10), utc(2026, 3, 4, 23, 50)),)


def test_a_straggler_does_not_make_the_days_since_known(store: UsageStore, tmp_path: Path) -> None:
    today = [utc(2026, 3, 10, hour) for hour in range(20)]
    bring(store, tmp_path, *today)
    bring(store, tmp_path, utc(2026, 3, 9, 12), utc(2026, 2, 1), received=utc(2026, 3, 10, 20))
    rows = [row("x", "2026-03-11T01:00:00Z"), row("y", "2026-03-11T02:00:00Z")]
    late = row("z", "2026-03-05T00:00:00Z", received="2026-03-11T02:00:00Z")
    import_events(
        store, lines(tmp_path / "next.jsonl", [*rows, late]), MAP.model_copy(update={"received_at": "received"})
    )
    assert (utc(2026, 3, 9, 12), utc(2026, 3, 11, 2)) in store.manifest().spans()
    assert not [span for span in store.manifest().spans() if span[0] <= utc(2026, 3, 5) <= span[1]]


def test_a_file_that_was_loaded_late_as_a_whole_is_known_all_the_same(store: UsageStore, tmp_path: Path) -> None:
    bring(store, tmp_path, *[utc(2026, 3, day) for day in range(1, 9)], received=utc(2026, 4, 1))
    assert store.manifest().spans() == ((utc(2026, 3, 1), utc(2026, 3, 9) - MICROSECOND),)


def test_a_repeated_import_says_the_same_of_when_events_are_known(store: UsageStore, tmp_path: Path) -> None:
    bring(store, tmp_path, utc(2026, 3, 1), utc(2026, 3, 1, 20))
    before = store.manifest()
    bring(store, tmp_path, utc(2026, 3, 1), utc(2026, 3, 1, 20))
    assert store.manifest() == before


def test_files_fill_in_for_every_source_and_sources_not_for_each_other(store: UsageStore, tmp_path: Path) -> None:
    store.cover(((utc(2026, 3, 10), utc(2026, 3, 12)),), "mixpanel.export")
    store.cover(((utc(2026, 3, 1), utc(2026, 3, 20)),), "segment.events")
    bring(store, tmp_path, *[utc(2026, 3, day) for day in range(1, 11)])
    manifest = store.manifest()
    assert manifest.spans("mixpanel.export") == ((utc(2026, 3, 1), utc(2026, 3, 12)),)
    assert manifest.spans() == ((utc(2026, 3, 1), utc(2026, 3, 20)),)
    assert manifest.watermark == utc(2026, 3, 11) - MICROSECOND  # what the latest of them has; the file is of days


def test_spans_are_joined_over_a_silence_and_end_at_the_moment_asked_for() -> None:
    first, last = utc(2026, 3, 1), utc(2026, 3, 5)
    apart = (
        (first, first),
        (first + timedelta(days=1), last),
        (last + timedelta(days=1, microseconds=1), last + 48 * HOUR),
    )
    assert joined(reversed(apart)) == ((first, last), apart[2])
    assert joined(apart, timedelta(days=2)) == ((first, last + 48 * HOUR),)
    assert seen_by(apart, utc(2026, 3, 3)) == ((first, first), (utc(2026, 3, 2), utc(2026, 3, 3)))
