"""Sellers read a fact's title; GTM operations, who write the YAML, read its name."""

from __future__ import annotations

from datetime import UTC, datetime

from expansion.evaluate.results import Answer, Evidence, Line
from expansion.language.model.conditions import Condition
from expansion.language.model.models import Facts
from expansion.language.prose import describe, titled

FACTS = Facts.model_validate(
    {
        "facts": {
            "seat_usage": {"ratio": ["used", "bought"], "title": "Share of seats in use"},
            "used": {"from": "files.accounts", "field": "used", "kind": "number"},
            "bought": {"from": "files.accounts", "field": "bought", "kind": "number"},
        }
    }
)
NEARLY_FULL = Condition.model_validate({"fact": "seat_usage", "at_least": "80%", "for": "14 days"})


def test_a_title_stands_for_the_name() -> None:
    assert describe(NEARLY_FULL, FACTS, "USD") == "seat_usage at least 80%, for 14 days"
    assert titled(NEARLY_FULL, FACTS, "USD") == "Share of seats in use at least 80%, for 14 days"


def test_without_a_title_there_is_nothing_better_than_the_name() -> None:
    assert titled(Condition.model_validate({"fact": "used", "at_least": 3}), FACTS, "USD") is None
    assert titled(Condition.model_validate({"event": "login", "at_least": 3, "over": "7 days"}), FACTS, "USD") is None


def test_reasons_use_the_title() -> None:
    line = Line(
        "seat_usage at least 80%", Answer.YES, seen="92% (46 of 50)", titled="Share of seats in use at least 80%"
    )
    evidence = Evidence("seat-limit", "acme", datetime(2026, 3, 2, tzinfo=UTC), Answer.YES, (line,))
    assert evidence.reasons() == ["Share of seats in use at least 80%: 92% (46 of 50)"]
