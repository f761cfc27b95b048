"""Comparisons to draw from: of numbers at their edges, of texts, and of properties of events."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.evaluate.words import Definition

ON_TEXT: list[tuple[str, Any]] = [
    ("is", "sso"), ("is_not", "sso"), ("is_one_of", ["sso", "10"]), ("is_not_one_of", ["SSO"]), ("contains", "S"),
    ("starts_with", "AUD"), ("exists", True), ("exists", False),
]  # fmt: skip

WHERES: list[Definition] = [
    {"rows": 10},
    {"rows": {"at_least": 10}},
    {"rows": {"between": [5, 12.5]}},
    {"rows": {"is_not": 10}},
    {"rows": {"less_than": 10**16}},
    {"feature": "sso"},
    {"feature": ["sso", "audit log"]},
    {"feature": {"contains": "so"}, "rows": {"exists": True}},
    {"feature": {"starts_with": "Audit"}},
    {"feature": {"exists": False}},
    {"feature": {"is_not_one_of": ["sso", "10"]}},
    {"feature": {"after": "2026-02-28"}},
    {"feature": {"before": "2026-03-01"}},
    {"rows": True},
    {"feature": {"contains": "SSO"}},
    {"feature": {"is_not": "sso"}},
    {"feature": {"starts_with": "2026-"}},
    {"feature": 10},
    {"feature": True},
]

_NUMBER_WORDS = ["at_least"] * 3 + ["more_than", "at_most", "at_most", "less_than", "is", "is_not", "is_one_of"]
_NUMBER_WORDS += ["is_not_one_of", "between"]


def number_comparison(rnd: Random, edges: list[Any], *, clears: bool = True) -> Definition:
    """A number compared with one of these, of which the first may be the smallest."""
    edge, word = rnd.choice(edges), rnd.choice(_NUMBER_WORDS)
    if word in ("is_one_of", "is_not_one_of"):
        return {word: [edge, edges[-1]]}
    if word == "between":
        return {word: [edge, max(edges, key=_size)]}
    if clears and word in ("at_least", "more_than") and rnd.random() < 0.3:
        return {word: edge, "clears_below": min(edge, rnd.choice(edges), key=_size)}
    return {word: edge}


def _size(edge: Any) -> float:
    return float(str(edge).removesuffix("%"))


# --- against what was before, against others, in each of several times ------------------------------------------------

PERIODS = ["1 of the last 2 days", "2 of the last 3 days", "3 of the last 3 weeks", "2 of the last 4 weeks",
            "1 of the last 2 months", "1 of the last 1 week"]  # fmt: skip


def growth(rnd: Random, base: Any) -> Definition:
    word = rnd.choice(["grew_at_least", "fell_at_least"])
    least = {"from_at_least": base} if rnd.random() < 0.3 else {}
    return {word: rnd.choice(["0%", "10%", "20%", "25%", "50%"]), **least}


def top(rnd: Random, least: Any) -> Definition:
    top: Definition = {"among_top": rnd.choice(["10%", "25%", "33.4%", "50%", "50%", "80%"])}
    if rnd.random() < 0.5:
        top["of"] = rnd.choice(["plan", "plan", "in_trial", "seats_bought", "renews_on", "exports", "seat_usage"])
    if rnd.random() < 0.2:
        top["from_at_least"] = least
    return top
