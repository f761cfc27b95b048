"""What authors wrote, as plain JSON and back."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from expansion.language.model.conditions import Clause
from expansion.steps.plain import as_plain, read_clauses

CLAUSES: list[dict[str, Any]] = [
    {"fact": "seat_usage", "at_least": "80%", "for": "14 days", "clears_below": "70.125%"},
    {"fact": "arr", "between": [0.1, 100_000]},
    {"fact": "plan", "is_one_of": ["team", "pro", True, 3]},
    {"fact": "renewal", "newer_than": "3 months"},
    {"event": ["Paywall Viewed", "Paywall Hit"], "over": "28 days", "by_at_least": "1 person", "count": "people"},
    {
        "event": "Export",
        "over": "6 hours",
        "at_least": 3,
        "where": {"rows": {"at_least": 5}, "kind": ["a", "b"], "x": 1},
    },
    {"fact": "seats", "grew_at_least": "10%", "over": "1 month", "from_at_least": 10},
    {"event": "Export", "average": "rows", "at_least": 2.5, "in_at_least": "3 of the last 4 weeks"},
    {"event": "Export", "max": "rows", "among_top": "12.5%", "of": "plan", "over": "28 days"},
    {"event": "Export", "came_back_after": "30 days", "over": "1 week"},
    {
        "sequence": ["Login", {"event": ["Export", "Print"], "where": {"rows": {"at_least": 5}}}],
        "within": "90 minutes",
        "same_user": True,
        "not_between": ["Logout"],
    },
    {"trigger": "seat-limit", "for": "3 days"},
    {"any_of": [{"cohort": "paying"}, {"none_of": [{"fact": "a", "is": False}]}]},
    {"some_of": {"need": 1, "of": [{"fact": "a", "is_not": "x"}, {"all_of": [{"fact": "b", "exists": True}]}]}},
]


@pytest.mark.parametrize("written", CLAUSES, ids=lambda one: next(iter(one)))
def test_a_clause_reads_back_to_the_same(written: dict[str, Any]) -> None:
    clauses = TypeAdapter(list[Clause]).validate_python([written])
    assert read_clauses(json.loads(json.dumps(as_plain(clauses)))) == clauses


@given(st.decimals(0, 1000, places=6), st.decimals(-(10**9), 10**9, places=4))
def test_percentages_and_numbers_keep_all_their_digits(percent: Decimal, number: Decimal) -> None:
    written = [{"fact": "a", "at_least": f"{percent}%"}, {"fact": "a", "at_least": float(number)}]
    clauses = TypeAdapter(list[Clause]).validate_python(written)
    assert read_clauses(json.loads(json.dumps(as_plain(clauses)))) == clauses


def test_dates_and_nested_inputs_are_plain() -> None:
    raw = {"due": date(2026, 3, 3), "at": datetime(2026, 3, 3, 9), "list": ({"a": Decimal("1.5")}, None), "flag": True}
    assert as_plain(raw) == {
        "due": "2026-03-03",
        "at": "2026-03-03T09:00:00",
        "list": [{"a": 1.5}, None],
        "flag": True,
    }


def test_what_is_not_of_the_language_has_no_plain_form() -> None:
    with pytest.raises(TypeError, match="object has no plain form"):
        as_plain(object())
