"""Pairs of conditions of which the second asks for more: whoever passes it passes the first."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.evaluate.drawing_events import count_of_events, events_in_periods, growth_of_events, sequence, top_of_events
from tests.evaluate.drawing_facts import fact, fact_in_periods, growth_of_a_fact, top_of_a_fact
from tests.evaluate.words import Definition

Pair = tuple[Definition, Definition]


def stricter(rnd: Random) -> list[Pair]:
    """One pair of each sort."""
    return [pair(rnd) for pair in _PAIRS]


def _thresholds(rnd: Random) -> Pair:
    word, edges = rnd.choice(
        [("at_least", [1, 2, 3]), ("more_than", [0, 1, 2]), ("at_most", [5, 2, 0]), ("less_than", [6, 3, 1])]
    )
    counted = {"event": "export", "over": "28 days", "count": rnd.choice(["times", "people", "days"])}
    least, most = sorted(rnd.sample(range(3), 2))
    return {**counted, word: edges[least]}, {**counted, word: edges[most]}


def _shares(rnd: Random) -> Pair:
    name = rnd.choice(["seat_usage", "seats_headroom", "exporters_share"])
    least, most = sorted(rnd.sample([0, 20, 80, 96], 2))
    return {"fact": name, "at_least": f"{least}%"}, {"fact": name, "at_least": f"{most}%"}


def _dwells(rnd: Random) -> Pair:
    """Longer `for`."""
    held = rnd.choice([count_of_events, fact, sequence, top_of_events])(rnd, False)
    held.pop("for", None)
    return held, {**held, "for": rnd.choice(["1 day", "2 days", "4 days"])}


def _walks(rnd: Random) -> Pair:
    """In less time, by one person, with nothing between."""
    walk = {**sequence(rnd, False), "over": "2 months", "within": "28 days"}
    walk.pop("by_at_least", None)
    shorter = {**walk, "within": rnd.choice(["1 day", "3 hours", "7 days", "28 days"])}
    more = rnd.choice([{}, {"same_user": True}, {"same_user": True, "by_at_least": "2 people"}])
    if "not_between" in walk and more:
        return walk, shorter  # what others do between only matters where they may walk too
    return walk, {**shorter, **more}


def _undisturbed(rnd: Random) -> Pair:
    walk = sequence(rnd, False)
    walk.pop("not_between", None)
    return walk, {**walk, "not_between": rnd.choice(["paywall", "any event"])}


def _periods(rnd: Random) -> Pair:
    """In more of them."""
    asked = rnd.choice([events_in_periods, fact_in_periods])(rnd, False)
    least, most = sorted(rnd.sample([1, 2, 3], 2))
    unit = rnd.choice(["days", "weeks", "months"])
    return (
        {**asked, "in_at_least": f"{least} of the last 3 {unit}"},
        {**asked, "in_at_least": f"{most} of the last 3 {unit}"},
    )


def _tops(rnd: Random) -> Pair:
    """Among fewer."""
    top = rnd.choice([top_of_events, top_of_a_fact])(rnd, False)
    least, most = sorted(rnd.sample([10, 25, 50, 80], 2))
    return {**top, "among_top": f"{most}%"}, {**top, "among_top": f"{least}%"}


def _growths(rnd: Random) -> Pair:
    """From a larger base."""
    grown = rnd.choice([growth_of_events, growth_of_a_fact])(rnd, False)
    bases = ["0%", "50%"] if "%" in str(grown.get("from_at_least", "")) else [1, 2]
    looser = {**grown, "from_at_least": bases[0]} if "from_at_least" in grown else grown
    return looser, {**looser, "from_at_least": bases[1]} if "from_at_least" in grown else looser


def _narrowed(rnd: Random) -> Pair:
    """By more people, on more days, of fewer events."""
    counted = {"event": "any event", "over": "28 days", "at_least": 1}
    narrows = [{"by_at_least": "2 people"}, {"on_at_least": "2 days"}, {"where": {"rows": 10}}]
    return counted, {**counted, **rnd.choice(narrows)}


_PAIRS: list[Callable[[Random], Pair]] = [
    _thresholds, _shares, _dwells, _walks, _undisturbed, _periods, _tops, _growths, _narrowed
]  # fmt: skip
