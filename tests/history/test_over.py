"""One meaning, another way to measure: at each of many moments the answers are those that the evaluator gives then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from expansion.evaluate.measures import Calendar
from expansion.evaluate.relations import StoreRelations
from expansion.explain.evaluator import evaluator
from expansion.history.over import answers_over
from expansion.language.model.models import Trigger
from expansion.usage.storage.store import UsageStore
from tests.evaluate.drawing import several
from tests.evaluate.harness import asked, somewhere
from tests.evaluate.trying import examples
from tests.evaluate.worlds import World, a_world


def moments_of(rnd: Random, world: World) -> list[datetime]:
    """Some of the ends of days, some at an odd hour, two on one day."""
    day = timedelta(days=1)
    calendar = Calendar(world.as_of, ZoneInfo(world.zone))
    ends = [calendar.start_of(calendar.day(n)) - timedelta(microseconds=1) for n in range(4)]
    odd = [world.as_of, world.as_of - timedelta(hours=rnd.randint(1, 60)), world.as_of - rnd.randint(1, 9) * day]
    drawn = rnd.choice([ends, [*ends, *odd], odd, [*odd, world.as_of + day]])
    return sorted(set(drawn))


def differ(store: UsageStore, world: World, triggers: Sequence[Trigger], moments: Sequence[datetime]) -> None:
    found = list(answers_over(lambda at: StoreRelations.of(store, at), world.vocabulary, triggers, moments))
    assert [moment for moment, _ in found] == list(moments)
    for moment, answers in found:
        alone = evaluator(store, world.vocabulary, moment).answers(triggers)
        for one in triggers:
            assert answers[one.trigger] == alone[one.trigger], (moment, one)


@examples(15)
@given(seed=st.integers(0, 2**24 - 1))
def test_at_each_moment_the_answers_are_those_of_the_evaluator(seed: int) -> None:
    rnd = Random(seed)
    world, triggers = a_world(rnd), asked(several(rnd, 6, 9))
    moments = moments_of(rnd, world)
    with somewhere() as folder:
        store = world.quick_store(Path(folder)) if rnd.random() < 0.5 else world.store(Path(folder))
        differ(store, world, triggers, moments)
