"""Definitions drawn from the whole language, aimed at edges.

They are made with a seeded `Random`: drawn piece by piece by hypothesis, eight triggers took longer than evaluating
them. `KINDS` says of each kind of condition how it is drawn; `rates.py` counts what they are answered.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.evaluate.comparisons import ON_TEXT, WHERES, number_comparison
from tests.evaluate.words import COHORTS, REFERENCED, Definition
from tests.evaluate.worlds import EVENTS, World, a_world

Draw = Callable[[Random, bool], Definition]  # with True for a trigger about users

# --- conditions on events ---------------------------------------------------------------------------------------------

_SPANS = [*("1 day", "2 days", "7 days", "7 days", "28 days", "1 week", "4 weeks", "1 month", "2 months"),
          *("1 hour", "3 hours", "24 hours", "48 hours", "60 minutes", "1440 minutes")]  # fmt: skip
_DAY_SPANS = _SPANS[:9]


def _an_event(rnd: Random, where: float = 0.3) -> Definition:
    named: Any = rnd.choice([*EVENTS, *EVENTS, ["export", "print"], "any event"])
    return {"event": named, "where": rnd.choice(WHERES)} if rnd.random() < where else {"event": named}


def _counted(rnd: Random, of_users: bool) -> Definition:
    """What is counted: times, people or days, or what is made of a property."""
    what = rnd.choice(["times", "times", "people", "days", "distinct", "sum", "average", "max"])
    if what in ("distinct", "sum", "average", "max"):
        return {what: "rows"}
    return {} if what == "times" or (what == "people" and of_users) else {"count": what}


def _edges(counted: Definition) -> list[Any]:
    of_rows = {"sum": [0, 10, 20, 25, 0.1], "average": [0, 5, 7.5, 10], "max": [5, 10, 12.5, 10**15]}
    return next((of_rows[word] for word in counted if word in of_rows), [0, 1, 2, 3])


def _narrowing(rnd: Random, of_users: bool) -> Definition:
    narrows: Definition = {}
    if rnd.random() < 0.15 and not of_users:
        narrows["by_at_least"] = rnd.choice(["1 person", "2 people"])
    if rnd.random() < 0.15:
        narrows["on_at_least"] = rnd.choice(["1 day", "2 days"])
    return narrows


def count_of_events(rnd: Random, of_users: bool) -> Definition:
    counted = _counted(rnd, of_users)
    narrows = _narrowing(rnd, of_users)
    if narrows and rnd.random() < 0.5:
        return {**_an_event(rnd), "over": rnd.choice(_SPANS), **narrows}
    over = rnd.choice(_SPANS if counted.keys().isdisjoint({"average", "max"}) else _SPANS[3:9])
    compared = number_comparison(rnd, _edges(counted))
    if counted.keys() & {"average", "max"} and rnd.random() < 0.15:
        compared = {"exists": rnd.random() < 0.5}
    return {**_an_event(rnd), "over": over, **counted, **narrows, **compared}


def growth_of_events(rnd: Random, of_users: bool) -> Definition:
    named = rnd.choice(["any event", ["export", "print"], "export"])
    spans = ["2 days", "7 days", "2 weeks", "28 days", "1 month", "24 hours", "48 hours", "300 hours"]
    return {"event": named, "over": rnd.choice(spans), **_counted(rnd, of_users), **_growth(rnd, 1)}


def _growth(rnd: Random, base: Any) -> Definition:
    word = rnd.choice(["grew_at_least", "fell_at_least"])
    least = {"from_at_least": base} if rnd.random() < 0.3 else {}
    return {word: rnd.choice(["0%", "10%", "20%", "25%", "50%"]), **least}


def latest(rnd: Random, of_users: bool) -> Definition:
    word, wanted = rnd.choice(ON_TEXT)
    return {**_an_event(rnd, 0.15), "over": rnd.choice(_SPANS[3:9]), "latest": "feature", word: wanted}


def first_within(rnd: Random, of_users: bool) -> Definition:
    return {**_an_event(rnd, 0.4), "first_within": rnd.choice(_DAY_SPANS)}


def stopped_for(rnd: Random, of_users: bool) -> Definition:
    written = {**_an_event(rnd), "stopped_for": rnd.choice(["1 day", "2 days", "7 days", "2 weeks", "1 month"])}
    if rnd.random() < 0.35:
        return written
    written["over"] = rnd.choice(_SPANS)
    if rnd.random() < 0.5:
        count = {"count": rnd.choice(["people", "days"])} if rnd.random() < 0.4 and not of_users else {}
        written |= {**count, **number_comparison(rnd, [0, 1, 2], clears=False)}
    return {**written, **_narrowing(rnd, of_users)}


def came_back_after(rnd: Random, of_users: bool) -> Definition:
    span = rnd.choice(["1 day", "2 days", "5 days", "1 week", "2 weeks", "1 month"])
    return {**_an_event(rnd, 0.2), "came_back_after": span, "over": rnd.choice(_DAY_SPANS)}


def top_of_events(rnd: Random, of_users: bool) -> Definition:
    return {**_an_event(rnd, 0.1), "over": rnd.choice([*_SPANS[3:9], "48 hours"]), **_counted(rnd, of_users), **_top(rnd, 2)}


def _top(rnd: Random, least: Any) -> Definition:
    top: Definition = {"among_top": rnd.choice(["10%", "25%", "33.4%", "50%", "50%", "80%"])}
    if rnd.random() < 0.5:
        top["of"] = rnd.choice(["plan", "plan", "in_trial", "seats_bought", "renews_on", "exports", "seat_usage"])
    if rnd.random() < 0.2:
        top["from_at_least"] = least
    return top


_PERIODS = ["1 of the last 2 days", "2 of the last 3 days", "3 of the last 3 weeks", "2 of the last 4 weeks",
            "1 of the last 2 months", "1 of the last 1 week"]  # fmt: skip


def events_in_periods(rnd: Random, of_users: bool) -> Definition:
    written = {**_an_event(rnd, 0.2), "in_at_least": rnd.choice(_PERIODS)}
    sort = rnd.choice(["count", "count", "count", "growth", "latest", "narrowed"])
    if sort == "narrowed":
        return {**written, **(_narrowing(rnd, of_users) or {"on_at_least": "1 day"})}
    if sort == "latest":
        word, wanted = rnd.choice(ON_TEXT)
        return {**written, "latest": "feature", word: wanted}
    counted = _counted(rnd, of_users)
    if sort == "growth":
        return {**written, **counted, **_growth(rnd, 1)}
    return {**written, **counted, **number_comparison(rnd, _edges(counted), clears=False)}


def sequence(rnd: Random, of_users: bool) -> Definition:
    names = rnd.choice([EVENTS, EVENTS[:2], EVENTS[:2], ("print", "export"), ("paywall", "print"), EVENTS[::-1]])
    steps: list[Any] = [name if rnd.random() < 0.75 else _a_step(rnd, name) for name in names]
    written: Definition = {"sequence": steps, "within": rnd.choice([*_SPANS[1:], "2 hours", "168 hours", "10 days"])}
    if rnd.random() < 0.5:
        written["over"] = rnd.choice([s for s in ("28 days", "2 months", "720 hours") if _no_shorter(s, written)])
    if not of_users and rnd.random() < 0.45:
        written["same_user"] = True
        if rnd.random() < 0.4:
            written["by_at_least"] = rnd.choice(["1 person", "2 people"])
    if rnd.random() < 0.35:
        excluded: list[Any] = ["paywall", "print", ["paywall", "export"], _a_step(rnd, "paywall"), "any event"]
        written["not_between"] = rnd.choice(excluded)
    return written


def _a_step(rnd: Random, name: str) -> Definition:
    return {"event": rnd.choice([name, name, [name, "print"], "any event"]), "where": rnd.choice([*WHERES, {}])}


def _no_shorter(over: str, written: Definition) -> bool:
    return not (over == "28 days" and "month" in written["within"])


# --- conditions on facts ----------------------------------------------------------------------------------------------

_NUMBERS: dict[str, tuple[list[str], list[Any]]] = {
    "number": (["seats_used", "seats_bought", "arr"], [40, 48, 50, 1000, 999.99]),
    "share": (["seat_usage", "discount", "exporters_share", "seats_headroom", "exports_headroom",
               "usage_less_discount", "exports_each"], ["20%", "100%", "80%", "19.9%", "96%", "0%"]),
    "count": (["exports", "exporters", "export_days", "exports_over"], [0, 1, 2]),
    "limit": (["seats_limit", "exports_limit", "seats_left", "days_to_full", "days_to_exports"], [0, 4, 10, 50, 3660]),
}  # fmt: skip


def fact(rnd: Random, of_users: bool) -> Definition:
    if of_users and rnd.random() < 0.4:
        return rnd.choice(OF_USERS)
    sort = rnd.choice([*_NUMBERS, "limit", "text", "other"])
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
    base = "20%" if sort == "share" else 1
    spans = ["1 day", "7 days", "28 days", "1 month", "2 months"] + ([] if "days_to" in name else ["24 hours"])
    return {"fact": name, **_growth(rnd, base), "over": rnd.choice(spans)}


def top_of_a_fact(rnd: Random, of_users: bool) -> Definition:
    sort = rnd.choice(sorted(_NUMBERS))
    return {"fact": rnd.choice(_NUMBERS[sort][0]), **_top(rnd, "20%" if sort == "share" else 2)}


def fact_in_periods(rnd: Random, of_users: bool) -> Definition:
    compared = rnd.choice([fact, fact, growth_of_a_fact])(rnd, of_users)
    left_out = ("cohort", "clears_below", "for")
    kept = {key: value for key, value in compared.items() if key not in left_out} or {"fact": "arr", "at_least": 1000}
    return {**kept, "in_at_least": rnd.choice(_PERIODS)}


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


# --- put together -----------------------------------------------------------------------------------------------------

KINDS: dict[Draw, int] = {
    count_of_events: 4, growth_of_events: 1, latest: 1, first_within: 2, stopped_for: 2, came_back_after: 2,
    top_of_events: 2, events_in_periods: 2, sequence: 4,
    fact: 4, growth_of_a_fact: 1, top_of_a_fact: 2, fact_in_periods: 1, cohort: 1, reference: 1,
}  # fmt: skip
# Each point of a dwell is measured by itself, and each line of a trigger too: most have to be cheap.
_DWELLS = [*[None] * 9, "1 day", "2 days", "3 days", "1 week"]


def a_condition(rnd: Random, of_users: bool = False) -> Definition:
    (kind,) = rnd.choices([*KINDS], [*KINDS.values()])
    written = kind(rnd, of_users)
    dwell = rnd.choice(_DWELLS)
    return {**written, "for": dwell} if dwell and "in_at_least" not in written else written


def a_clause(rnd: Random, of_users: bool = False, depth: int = 0) -> Definition:
    if depth > 1 or rnd.random() < 0.8:
        return a_condition(rnd, of_users)
    parts = [a_clause(rnd, of_users, depth + 1) for _ in range(rnd.choice([1, 2, 2, 3]))]
    word = rnd.choice(["any_of", "any_of", "all_of", "none_of", "some_of"])
    return {word: {"need": rnd.randint(1, len(parts)), "of": parts} if word == "some_of" else parts}


def a_trigger(rnd: Random, of_users: bool = False) -> Definition:
    written: Definition = {"who": "users"} if of_users else {}
    written["when"] = [a_clause(rnd, of_users) for _ in range(rnd.choice([1, 1, 1, 1, 2]))]
    if rnd.random() < 0.15:
        written["unless"] = [a_clause(rnd, of_users)]
    if rnd.random() < 0.15:
        written["accounts"] = rnd.choice(sorted(COHORTS))
    return written


def several(rnd: Random, least: int, most: int) -> list[Definition]:
    """Triggers to ask together. Those about people come in company: they need an engine of their own."""
    with_people = rnd.random() < 0.35
    return [a_trigger(rnd, of_users=with_people and rnd.random() < 0.6) for _ in range(rnd.randint(least, most))]


# --- for hypothesis ---------------------------------------------------------------------------------------------------


def seeds() -> st.SearchStrategy[int]:
    """What a `Random` is made with. Of a larger range, hypothesis would draw the small numbers again and again."""
    return st.integers(0, 2**24 - 1)


def triggers() -> st.SearchStrategy[Definition]:
    return seeds().map(lambda seed: a_trigger(Random(seed)))


def user_triggers() -> st.SearchStrategy[Definition]:
    return seeds().map(lambda seed: a_trigger(Random(seed), of_users=True))


def an_example(seed: int | str, least: int, most: int) -> tuple[World, list[Definition]]:
    """A world, and what it is asked."""
    rnd = Random(seed)
    return a_world(rnd), several(rnd, least, most)


__all__ = ["KINDS", "a_condition", "a_trigger", "an_example", "seeds", "several", "triggers", "user_triggers"]
