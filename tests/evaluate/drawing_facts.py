"""Conditions on facts, cohorts and other triggers, drawn so that they aim at edges; with True for one about users."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.evaluate.comparisons import ON_TEXT, PERIODS, growth, number_comparison, top
from tests.evaluate.words import COHORTS, REFERENCED, Definition

# Facts that are compared with the same numbers; those of `pace` are what the values of a world come to.
_NUMBERS: dict[str, tuple[list[str], list[Any]]] = {
    "number": (["seats_used", "seats_bought", "arr"], [40, 48, 50, 1000, 999.99]),
    "share": (["seat_usage", "discount", "exporters_share", "usage_less_discount", "exports_each"],
              ["20%", "80%", "19.9%", "96%", "0%", "100%"]),
    "headroom": (["seats_headroom", "bought_headroom", "exports_headroom"], ["12%", "20%", "0%", "180%", "100%"]),
    "count": (["exports", "exporters", "export_days"], [0, 1, 2]),
    "limit": (["seats_limit", "exports_limit", "seats_left"], [0, 1, 4, 10, 50, 60.5]),
    "over": (["exports_over"], [-4, -3, 0, 1]),
    "pace": (["days_to_full", "days_to_exports"], [0, 3.5, 7, 10.5, 31, 62, 3660]),
}  # fmt: skip
_SHARES = ("share", "headroom")


def fact(rnd: Random, of_users: bool) -> Definition:
    if of_users and rnd.random() < 0.4:
        return rnd.choice(OF_USERS)
    sort = rnd.choice([*_NUMBERS, "limit", "pace", "text", "other", "exists"])
    if sort == "exists":
        names, _ = rnd.choice(list(_NUMBERS.values()))
        return {"fact": rnd.choice(names), "exists": rnd.random() < 0.5}
    if sort == "other":
        return rnd.choice(OTHERS)
    if sort == "text":
        word, wanted = rnd.choice(ON_TEXT)
        return {"fact": "plan", word: _as_plan(wanted)}
    facts, edges = _NUMBERS[sort]
    return {"fact": rnd.choice(facts), **number_comparison(rnd, edges)}


def _as_plan(value: Any) -> Any:
    return {"sso": "Team", "S": "TEA", "AUD": "ent"}.get(value, value) if isinstance(value, str) else value


def growth_of_a_fact(rnd: Random, of_users: bool) -> Definition:
    sort = rnd.choice([*_NUMBERS, "number", "number"])
    name = "seats_used" if sort == "number" else rnd.choice(_NUMBERS[sort][0])
    base = "20%" if sort in _SHARES else 1
    spans = ["1 day", "7 days", "28 days", "1 month", "2 months"] + ([] if "days_to" in name else ["24 hours"])
    return {"fact": name, **growth(rnd, base), "over": rnd.choice(spans)}


def top_of_a_fact(rnd: Random, of_users: bool) -> Definition:
    sort = rnd.choice(sorted(_NUMBERS))
    return {"fact": rnd.choice(_NUMBERS[sort][0]), **top(rnd, "20%" if sort in _SHARES else 2)}


def fact_in_periods(rnd: Random, of_users: bool) -> Definition:
    compared = rnd.choice([fact, fact, growth_of_a_fact])(rnd, of_users)
    left_out = ("cohort", "clears_below", "for")
    kept = {key: value for key, value in compared.items() if key not in left_out} or {"fact": "arr", "at_least": 1000}
    return {**kept, "in_at_least": rnd.choice(PERIODS)}


OTHERS: list[Definition] = [
    {"fact": "in_trial", "is": True},
    {"fact": "in_trial", "is_not": True},
    {"fact": "renews_on", "before": "2026-03-29"},
    {"fact": "renews_on", "after": "2026-03-28"},
    {"fact": "renews_on", "is": "2026-03-28"},
    {"fact": "renews_on", "between": ["2025-11-02", "2026-03-28"]},
    {"fact": "renews_on", "older_than": "2 days"},
    {"fact": "renews_on", "newer_than": "1 month"},
    {"fact": "renews_on", "newer_than": "24 hours"},
    {"fact": "regions", "contains": "eu"},
    {"fact": "regions", "exists": False},
    {"fact": "seats_used", "exists": True},
    {"fact": "seat_usage", "exists": False},
    {"fact": "arr", "exists": False},
    {"fact": "seats_limit", "exists": True},
    {"fact": "exports_limit", "exists": False},
    {"fact": "days_to_full", "exists": False},
    {"fact": "seats_headroom", "exists": True},
]
OF_USERS: list[Definition] = [
    {"fact": "role", "is": "admin"},
    {"fact": "role", "is_not": "admin"},
    {"fact": "role", "contains": "ADMIN"},
    {"fact": "role", "exists": False},
    {"fact": "logins", "at_least": 3},
    {"fact": "logins", "more_than": 3, "clears_below": 3},
    {"fact": "logins", "is": 0},
    {"fact": "logins", "grew_at_least": "100%", "over": "7 days"},
]


def cohort(rnd: Random, of_users: bool) -> Definition:
    return {"cohort": rnd.choice(sorted(COHORTS))}


def reference(rnd: Random, of_users: bool) -> Definition:
    return {"trigger": rnd.choice(sorted(REFERENCED))}
