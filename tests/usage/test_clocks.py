"""Clocks of devices that are wrong: what they say is set aside, and makes nothing known or unknown."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from expansion.contract import EventRow
from expansion.evaluate.engine import Vocabulary
from expansion.explain.evaluator import evaluator
from expansion.language.model.models import Facts, Policy
from expansion.react.resident import Resident
from expansion.usage.import_events import import_rows
from expansion.usage.storage.spans import told
from expansion.usage.storage.store import UsageStore
from tests.evaluate.pushing import take
from tests.evaluate.words import POLICY, trigger
from tests.usage.builders import MAP, ids, import_events, lines, row, utc

NOW = utc(2026, 3, 31, 12)
AHEAD = "it happened more than a day after it arrived: the clock of its device was ahead"
WITH_ARRIVAL = MAP.model_copy(update={"received_at": "received"})
DAY = timedelta(days=1)


def test_what_happened_after_it_arrived_is_set_aside(store: UsageStore, tmp_path: Path) -> None:
    rows = [
        row("right", "2026-03-30T10:00:00Z", received="2026-03-30T10:00:05Z"),
        row("an hour ahead", "2026-03-30T11:00:00Z", received="2026-03-30T10:00:00Z"),
        row("years ahead", "2031-01-01T00:00:00Z", received="2026-03-30T10:00:00Z"),
    ]
    done = import_events(store, lines(tmp_path / "a.jsonl", rows), WITH_ARRIVAL)
    assert (ids(store), done.rejects) == (["an hour ahead", "right"], {AHEAD: 1})
    assert store.manifest().spans()[-1][1] == utc(2026, 3, 30, 11)


def test_no_event_of_a_file_happened_after_its_import(store: UsageStore, tmp_path: Path) -> None:
    rows = [row("right", "2026-03-30T10:00:00Z"), row("ahead", "2026-05-01T00:00:00Z")]
    done = import_events(store, lines(tmp_path / "a.jsonl", rows), MAP, by=NOW)
    assert (ids(store), done.rejects) == (["right"], {AHEAD: 1})


def test_no_event_that_is_pulled_happened_after_the_pull(store: UsageStore) -> None:
    rows = [EventRow(name, "export", at, "acme", "ana", {}) for name, at in (("right", NOW), ("ahead", NOW + 2 * DAY))]
    done = import_rows(store, "mixpanel.export", rows, (NOW - 5 * DAY, NOW))
    assert (ids(store), done.rejects) == (["right"], {AHEAD: 1})


def test_a_pushed_event_from_the_future_is_refused(store: UsageStore) -> None:
    import_rows(store, "files", [EventRow("1", "export", NOW, "acme", "ana", {})], None)
    resident = Resident.of(store, _vocabulary(), [trigger("t", when=[_FIRST_EVER])], NOW)
    ahead = EventRow("2", "export", NOW + 2 * DAY, "acme", "ana", {})
    refused = resident.hear([ahead], NOW).refused
    assert [reason for reason in refused if "clock of its device" in reason]
    assert take(resident, EventRow("3", "export", NOW + DAY / 2, "acme", "ana", {}), NOW)


_FIRST_EVER = {"event": "print", "first_within": "7 days"}


def test_one_reset_clock_does_not_make_everything_since_unknown(store: UsageStore, tmp_path: Path) -> None:
    steady = [row(str(n), (NOW - n * DAY / 4).isoformat()) for n in range(200)]
    steady.append(row("first", (NOW - DAY).isoformat(), event="print"))
    stray = row("stray", "2015-01-01T00:00:00Z", account="globex")
    import_events(store, lines(tmp_path / "a.jsonl", [*steady, stray]), MAP)
    assert len(store.manifest().spans()) == 1
    found = evaluator(store, _vocabulary(), NOW).answers([trigger("t", when=[_FIRST_EVER])])["t"]
    assert "acme" in found.yes


@pytest.mark.parametrize(
    ("stretches", "spans"),
    [
        ([(1, 2, 100), (40, 41, 100)], [(1, 2), (40, 41)]),
        ([(1, 1, 1), (40, 41, 200)], [(40, 41)]),
        ([(1, 1, 1), (20, 21, 200)], [(1, 1), (20, 21)]),  # less than a month apart
        ([(1, 1, 1), (40, 41, 50)], [(1, 1), (40, 41)]),  # too few to tell
        ([(1, 1, 0), (40, 41, 1)], [(40, 41)]),
        ([], []),
    ],
)
def test_strays_say_nothing_of_their_time(stretches: list[tuple[int, int, int]], spans: list[tuple[int, int]]) -> None:
    def day(number: int) -> datetime:
        return utc(2026, 1, 1) + number * DAY

    found = told((day(first), day(last), count) for first, last, count in stretches)
    assert found == tuple((day(first), day(last)) for first, last in spans)


def _vocabulary() -> Vocabulary:
    return Vocabulary(Facts(), Policy.model_validate(POLICY))
