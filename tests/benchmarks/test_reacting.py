"""What the benchmark of reacting says of its figures, and what its sender sends."""

from __future__ import annotations

import httpx

from benchmarks.reacting.__main__ import BATCH, Sender, goals_line

LINE = {"events_a_second": 200, "p50_ms": 400.0, "p99_ms": 3500.0, "told": 120, "sent": 120, "twice": 0}


def test_a_goal_that_is_missed_is_said() -> None:
    line = goals_line(LINE)
    assert (line["met"], line["missed"]) == (2, 1)
    assert [one["goal"] for one in line["goals"] if not one["met"]] == ["reacting p99_ms < 3000"]


def test_a_message_that_did_not_come_or_came_twice_is_a_goal_missed() -> None:
    for wrong in ({"told": 119}, {"twice": 1}, {"told": 0, "p50_ms": None, "p99_ms": None}):
        assert goals_line(LINE | wrong)["met"] < 2, wrong


def test_only_the_last_event_of_a_batch_fires_and_for_an_account_that_has_not() -> None:
    sender = Sender(httpx.Client(), [f"acct-{n:04}" for n in range(20)])
    first, second = sender._batch(True), sender._batch(True)
    assert [len(first), len(second)] == [BATCH, BATCH]
    assert [event["event"] for event in first].count("Export Blocked") == 1
    assert [one[-1]["properties"] for one in (first, second)] == [
        {"account": "acct-0000", "to": "0"},
        {"account": "acct-0001", "to": "1"},
    ]
    assert len({event["messageId"] for event in (*first, *second)}) == 2 * BATCH
