"""Triggers drawn from the whole language, aimed at edges.

They are made with a seeded `Random`: drawn piece by piece by hypothesis, eight triggers took longer than evaluating
them. `KINDS` says of each kind of condition how often it is drawn; `rates.py` counts what they are answered.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import strategies as st

from tests.evaluate.drawing_events import (
    came_back_after,
    count_of_events,
    events_in_periods,
    first_within,
    growth_of_events,
    latest,
    sequence,
    stopped_for,
    top_of_events,
)
from tests.evaluate.drawing_facts import (
    cohort,
    fact,
    fact_in_periods,
    growth_of_a_fact,
    reference,
    top_of_a_fact,
)
from tests.evaluate.words import COHORTS, Definition
from tests.evaluate.worlds import World, a_world

Draw = Callable[[Random, bool], Definition]  # with True for a trigger about users

KINDS: dict[Draw, int] = {
    count_of_events: 4, growth_of_events: 1, latest: 1, first_within: 2, stopped_for: 2, came_back_after: 2,
    top_of_events: 2, events_in_periods: 2, sequence: 4,
    fact: 4, growth_of_a_fact: 1, top_of_a_fact: 2, fact_in_periods: 1, cohort: 1, reference: 1,
}  # fmt: skip
# Each point of a dwell is measured by itself, and each line of a trigger too: most have to be cheap.
_DWELLS = [*[None] * 28, "1 day", "1 day", *["2 days"] * 4, *["3 days"] * 3, "1 week"]


def a_condition(rnd: Random, of_users: bool = False) -> Definition:
    (kind,) = rnd.choices([*KINDS], [*KINDS.values()])
    written = kind(rnd, of_users)
    dwell = rnd.choice(_DWELLS)
    return {**written, "for": dwell} if dwell and "in_at_least" not in written else written


def a_clause(rnd: Random, of_users: bool = False, depth: int = 0) -> Definition:
    if depth > 1 or rnd.random() < 0.85:
        return a_condition(rnd, of_users)
    parts = [a_clause(rnd, of_users, depth + 1) for _ in range(rnd.choice([1, 2, 2, 2, 3]))]
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
