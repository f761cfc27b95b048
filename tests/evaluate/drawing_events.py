"""Conditions on events, drawn so that they aim at edges; with True for a trigger about users."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.evaluate.comparisons import ON_TEXT, PERIODS, WHERES, growth, number_comparison, top
from tests.evaluate.words import Definition
from tests.evaluate.worlds import EVENTS

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
    return {"event": named, "over": rnd.choice(spans), **_counted(rnd, of_users), **growth(rnd, 1)}


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
    return {
        **_an_event(rnd, 0.1),
        "over": rnd.choice([*_SPANS[3:9], "48 hours"]),
        **_counted(rnd, of_users),
        **top(rnd, 2),
    }


def events_in_periods(rnd: Random, of_users: bool) -> Definition:
    written = {**_an_event(rnd, 0.2), "in_at_least": rnd.choice(PERIODS)}
    sort = rnd.choice(["count", "count", "count", "growth", "latest", "narrowed"])
    if sort == "narrowed":
        return {**written, **(_narrowing(rnd, of_users) or {"on_at_least": "1 day"})}
    if sort == "latest":
        word, wanted = rnd.choice(ON_TEXT)
        return {**written, "latest": "feature", word: wanted}
    counted = _counted(rnd, of_users)
    if sort == "growth":
        return {**written, **counted, **growth(rnd, 1)}
    return {**written, **counted, **number_comparison(rnd, _edges(counted), clears=False)}


_WITHIN = [*("1 day", "1 day", "2 days", "2 days", "3 days", "7 days", "8 days", "1 week", "1 month"),
           *("1 hour", "2 hours", "3 hours", "24 hours", "24 hours", "48 hours", "2880 minutes", "168 hours")
           ]  # fmt: skip


def sequence(rnd: Random, of_users: bool) -> Definition:
    names = rnd.choice([EVENTS, EVENTS[:2], EVENTS[:2], ("print", "export"), ("paywall", "print"), EVENTS[::-1]])
    steps: list[Any] = [name if rnd.random() < 0.8 else _a_step(rnd, name) for name in names]
    written: Definition = {"sequence": steps, "within": rnd.choice(_WITHIN)}
    if rnd.random() < 0.65:
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
