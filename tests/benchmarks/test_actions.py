"""What delivering costs is measured through the real path, and judged honestly."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.actions import world
from benchmarks.actions.__main__ import TASKS, delivered, goals_line
from expansion.records.ledger import StepFilter


@pytest.mark.parametrize(("action", "calls"), list(zip(TASKS, (3 + 2, 5 * 2 + 3), strict=True)))
def test_five_hundred_tasks_go_out_in_few_calls_and_the_bare_loop_does_the_same_work(action: str, calls: int) -> None:
    line = delivered(action, 500, rounds=1, a_call=0)
    assert line["calls"] == calls
    assert line["ratio_to_bare"] > 0
    assert line["cpu_ratio_to_bare"] > 0


def test_where_a_call_takes_its_time_both_sides_wait_for_it() -> None:
    line = delivered("salesforce.create_task", 200, rounds=1, a_call=0.5)
    assert line["bench"] == "deliver salesforce.create_task at 0.5 s a call"
    calls = line["calls"]
    assert calls == 3  # signing in, the owners with the fields, the tasks
    assert line["seconds"] > calls * 0.5
    assert line["bare_ms_per_action"]["seconds"] * 200 / 1000 > 2 * 0.5


def test_the_ledger_is_made_with_steps_that_are_due(tmp_path: Path) -> None:
    ledger = world.seed(f"sqlite:///{tmp_path / 'l.db'}", "slack.post_message", 5)
    assert [step.state for step in ledger.steps(StepFilter())] == ["due"] * 5
    ledger.close()


def test_goals_are_missed_by_more_calls_more_time_a_lower_rate_or_one_refusal() -> None:
    good = [
        {"bench": "deliver hubspot.create_task", "tasks": 10_000, "seconds_a_call": 0, "calls": 220,
         "ratio_to_bare": 1.3, "cpu_ratio_to_bare": 1.3},
        {"bench": "slack rate", "workers": 3, "share": 0.9, "refused": 0},
    ]  # fmt: skip
    bad = [
        good[0] | {"calls": 221, "ratio_to_bare": 1.31, "cpu_ratio_to_bare": 1.31},
        good[1] | {"share": 0.89, "refused": 1},
    ]
    assert (goals_line(good)["met"], goals_line(good)["missed"]) == (5, 0)
    assert (goals_line(bad)["met"], goals_line(bad)["missed"]) == (0, 5)
    waiting = goals_line([good[0] | {"seconds_a_call": 0.25, "cpu_ratio_to_bare": 9}])
    assert (waiting["met"], waiting["missed"]) == (1, 0)
    half = [good[0] | {"tasks": 5_000, "calls": 111}]
    assert goals_line(half)["goals"][0] == {
        "goal": "deliver hubspot.create_task calls <= 110", "measured": 111, "met": False,
    }  # fmt: skip
