"""What a template's names are to a machine."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from expansion.accounts.priority import Priority
from expansion.evaluate.results import FactValue
from expansion.steps.values import by_name, is_text, of_fact, of_firing, share


@pytest.mark.parametrize(
    ("value", "text", "is_worth"),
    [
        (Fraction(1500), "1,500", 1500),
        (Fraction(5, 2), "2.5", 2.5),
        (Fraction(1, 3), "0.33", 0.333333),
        (Fraction(15, 16), "93.75%", "93.75%"),
        (Fraction(1), "100%", "100%"),
        (Fraction(2, 3), "66.67%", "66.666667%"),
        (Fraction(0), "0%", "0%"),
        (True, "yes", True),
        (datetime(2026, 3, 7, tzinfo=UTC), "7 March 2026", "2026-03-07"),
        (datetime(2026, 3, 7, 9, 30, tzinfo=UTC), "7 March 2026", "2026-03-07T09:30:00+00:00"),
        (("sso", "a\u202eb"), "sso, ab", ["sso", "ab"]),
        (None, "unknown", None),
    ],
)
def test_a_fact_is_the_value_that_a_typed_field_takes(value: Any, text: str, is_worth: Any) -> None:
    found = of_fact(FactValue(value, text))
    assert (found, type(found)) == (is_worth, type(is_worth))


def test_a_text_is_none_of_these() -> None:
    assert is_text(FactValue("Team", "Team")) and not is_text(None) and not is_text(FactValue(None, "unknown"))
    assert of_fact(None) is None


def test_what_a_firing_is_worth() -> None:
    known = of_firing(Priority(Decimal("3600.00"), Decimal("0.15"), Decimal("540.50"), ()), 3, "2026-03-07")
    assert known == {
        "worth": 3600,
        "likely": "15%",
        "expected": 540.5,
        "priority": 540,
        "people_count": 3,
        "fired_on": "2026-03-07",
    }
    unknown = of_firing(Priority(None, Decimal("0.15"), None, ()), 0, "2026-03-07")
    assert (unknown["worth"], unknown["expected"], unknown["priority"]) == (None, None, None)


def test_names_are_those_of_templates() -> None:
    assert by_name({"worth": 1}, {"arr": 5}, "arr") == {"worth": 1, "facts.arr": 5, "account.value": 5}
    assert by_name({}, {"arr": 5}, None) == {"facts.arr": 5}
    assert share(Fraction(1, 8)) == "12.5%"
