"""Windows that look back further than events are known."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from expansion.language.look_back import windows_longer_than
from expansion.language.model.mistakes import Mistake
from tests.language.conftest import Folder

_UNTIL = date(2026, 3, 2)
_FACTS = "shared/facts.yaml"
_SEATS = "triggers/seat-limit.yaml"
_TRIAL = "triggers/trial-path.yaml"
_HABIT = "triggers/habit.yaml"
_USAGE = "fact: seat_usage\n    at_least: 80%\n    for: 14 days\n    clears_below: 70%\n"
_OFTEN = "  often:\n    when: [{event: Report Exported, at_least: 3, over: 14 days}]\n  champions:"


def _too_long(folder: Folder, days: int) -> tuple[Mistake, ...]:
    return windows_longer_than(folder.load(), _UNTIL - timedelta(days=days - 1), _UNTIL)


def test_what_lies_in_the_data_is_not_mentioned(folder: Folder) -> None:
    assert _too_long(folder, 400) == ()


def test_the_longest_window_is_named_with_its_line(folder: Folder, snapshot: SnapshotAssertion) -> None:
    [warning] = _too_long(folder, 36)
    assert str(warning) == snapshot


@pytest.mark.parametrize(
    ("name", "old", "new", "days"),
    [
        pytest.param(_SEATS, _USAGE, "fact: paywall_people\n    at_least: 3\n    for: 14 days\n", 41, id="dwell"),
        pytest.param(_SEATS, "fact: seats_used\n    grew", "fact: paywall_people\n    grew", 56, id="growth of a fact"),
        pytest.param(_HABIT, "    at_least: 5\n    in", "    grew_at_least: 50%\n    in", 35, id="growth in weeks"),
        pytest.param(
            _HABIT, "    max: rows\n    among_top: 10%\n    of: plan\n", "    grew_at_least: 5%\n", 56, id="growth"
        ),
        pytest.param(_HABIT, "first_within: 14 days", "first_within: 60 days", 61, id="for the first time"),
        pytest.param(_HABIT, "came_back_after: 30 days", "came_back_after: 60 days", 67, id="use that came back"),
        pytest.param(_TRIAL, "stopped_for: 7 days", "stopped_for: 60 days", 61, id="use that stopped"),
        pytest.param(
            _TRIAL, "stopped_for: 7 days", "stopped_for: 60 days\n    over: 9 days", 69, id="and the time before"
        ),
        pytest.param(_TRIAL, "within: 14 days", "within: 60 days", 61, id="a sequence"),
        pytest.param(_TRIAL, "within: 14 days", "within: 14 days\n    over: 60 days", 60, id="a sequence in a window"),
        pytest.param(_FACTS, "Viewed, over: 28 days", "Viewed, over: 60 days", 60, id="a counted fact"),
        pytest.param(_FACTS, "limit: [seats_used, ", "limit: [paywall_people, ", 56, id="the pace of a counted fact"),
        pytest.param(
            _SEATS,
            _USAGE,
            "fact: paywall_people\n    at_least: 3\n    in_at_least: 2 of the last 3 weeks\n",
            42,
            id="a fact in weeks",
        ),
        pytest.param(_HABIT, "3 of the last 4 weeks", "3 of the last 9 weeks", 63, id="weeks"),
        pytest.param(
            _HABIT, "trigger: seat-limit", "trigger: paywall-hits\n    for: 50 days", 63, id="another trigger"
        ),
        pytest.param(_HABIT, "trigger: seat-limit", "cohort: often\n    for: 50 days", 63, id="a cohort"),
    ],
)
def test_every_window_counts_with_all_that_it_asks_for(
    folder: Folder, name: str, old: str, new: str, days: int
) -> None:
    folder.change(_FACTS, "  champions:", _OFTEN).change(name, old, new)
    assert len(_too_long(folder, days - 1)) == len(_too_long(folder, days)) + 1
    warning = next(one for one in _too_long(folder, days - 1) if f"over {days} days" in one.message)
    assert warning.file == f"playbooks/{name}"
