"""What README calls not yet is not there: each is refused where it is written, and README has what is refused so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.language.slips import _BRANCH, _PAYWALL, _SEATS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOT_YET = README.partition("**Not yet:**")[2].partition("\n## ")[0]
COUNT = "    at_least: 3\n    over: 14 days\n"

WORDS = [
    ("a date ahead", _SEATS, _BRANCH, "fact: renewal, coming_up: 60 days", "how far a date lies ahead"),
    ("a calendar month", _PAYWALL, COUNT, "    at_least: 3\n    over: this month\n", "calendar or billing period"),
    ("a billing period", _PAYWALL, COUNT, "    at_least: 3\n    over: billing period\n", "calendar or billing period"),
    ("what is usual", _SEATS, _BRANCH, "fact: seats_used, above_usual: 30%", "what is usual"),
    ("points", _SEATS, _BRANCH, "fact: seats_used, at_least: 5, points: 10", "conditions have no points"),
    ("patterns in texts", _SEATS, _BRANCH, 'fact: plan, matches: "T.*"', "patterns cannot be written"),
    (
        "sums over child accounts",
        _SEATS,
        _BRANCH,
        "fact: seats_used, sum_over: children",
        "nothing adds up the children",
    ),
]


@pytest.mark.parametrize(("phrase", "file", "old", "written", "answer"), WORDS, ids=[word[0] for word in WORDS])
def test_what_the_page_calls_not_yet_is_refused_and_said_so(
    phrase: str, file: str, old: str, written: str, answer: str, said: Callable[[str, str, str], str]
) -> None:
    assert phrase in " ".join(NOT_YET.split())
    assert answer in said(file, old, written)


def test_what_is_carried_out_is_not_called_not_yet() -> None:
    there = (
        "attention",
        "approval",
        "quiet_hours",
        "sequence",
        "among_top",
        "first_within",
        "stopped_for",
        "coming_up",
    )
    assert [word for word in there if f"`{word}`" in NOT_YET.replace("has `coming_up`", "")] == []
