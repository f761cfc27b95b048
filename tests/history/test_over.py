"""One meaning, another way to measure: at each of many moments the answers are those that the evaluator gives then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from expansion.evaluate.compile import Compiler
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.measures import Calendar
from expansion.evaluate.relations import StoreRelations
from expansion.explain.evaluator import build_rollups, evaluator
from expansion.history.over import answers_over
from expansion.history.steady import is_steady
from expansion.language.model.models import Trigger
from expansion.usage.identity.merges import add_merges, add_said
from expansion.usage.storage.store import UsageStore
from tests.evaluate.drawing import a_trigger, seeds, several
from tests.evaluate.harness import asked, somewhere
from tests.evaluate.merging import a_merged_world
from tests.evaluate.parting import some_parts
from tests.evaluate.trying import examples
from tests.evaluate.words import Definition
from tests.evaluate.worlds import World, a_world

DAY = timedelta(days=1)


def ends_of_days(world: World, count: int) -> list[datetime]:
    """The last ones before the check."""
    calendar = Calendar(world.as_of, ZoneInfo(world.zone))
    return [calendar.start_of(calendar.day(n)) - timedelta(microseconds=1) for n in reversed(range(count))]


def some_moments(rnd: Random, world: World) -> list[datetime]:
    """Ends of days; others; both; two of one day; one for which nothing is known yet."""
    odd = [world.as_of, world.as_of - timedelta(hours=rnd.randint(1, 60)), world.as_of - rnd.randint(1, 9) * DAY]
    ends = ends_of_days(world, 4)
    drawn = rnd.choice([ends, [*ends, *odd], odd, [*odd, world.as_of + DAY], [world.as_of - 700 * DAY, *ends]])
    return sorted(set(drawn))


def differ(store: UsageStore, world: World, triggers: Sequence[Trigger], moments: Sequence[datetime]) -> None:
    found = list(answers_over(lambda at: StoreRelations.of(store, at), world.vocabulary, triggers, moments))
    assert [moment for moment, _ in found] == list(moments)
    for moment, answers in found:
        alone = evaluator(store, world.vocabulary, moment).answers(triggers)
        for one in triggers:
            assert answers[one.trigger] == alone[one.trigger], (moment, one)


@examples(60, short=5)
@given(seed=seeds())
def test_at_each_moment_the_answers_are_those_of_the_evaluator(seed: int) -> None:
    rnd = Random(seed)
    world, triggers = a_world(rnd), asked(several(rnd, 5, 6))
    with somewhere() as folder:
        store = world.quick_store(folder) if rnd.random() < 0.5 else world.store(folder)
        differ(store, world, triggers, some_moments(rnd, world))


@examples(120, short=8)
@given(seed=seeds())
def test_so_are_those_of_triggers_that_are_followed_from_day_to_day(seed: int) -> None:
    rnd = Random(seed)
    world = a_world(rnd)
    triggers = asked(steady(rnd, world, 10))
    with somewhere() as folder:
        store = world.quick_store(folder)
        if rnd.random() < 0.5:
            build_rollups(store, world.vocabulary, triggers)
        moments = ends_of_days(world, rnd.choice([6, 20])) if rnd.random() < 0.8 else some_moments(rnd, world)
        differ(store, world, triggers, moments)


@examples(40, short=3)
@given(seed=seeds())
def test_so_are_those_of_accounts_and_people_that_have_other_ids_since(seed: int) -> None:
    rnd = Random(seed)
    merged = a_merged_world(rnd, a_world(rnd))
    world, triggers = merged.world, asked([*steady(rnd, merged.world, 4), a_trigger(rnd)])
    with somewhere() as folder:
        store = world.quick_store(folder)
        add_merges(store, merged.merges, world.as_of)
        differ(store, world, triggers, [*ends_of_days(world, 5), world.as_of])


@examples(20, short=2)
@given(seed=seeds())
def test_so_are_those_of_accounts_that_were_split(seed: int) -> None:
    rnd = Random(seed)
    world = a_world(rnd)
    triggers = asked(steady(rnd, world, 4))
    with somewhere() as folder:
        store = world.quick_store(folder)
        add_said(store, some_parts(rnd, world))
        differ(store, world, triggers, [*ends_of_days(world, 3), world.as_of])


def steady(rnd: Random, world: World, count: int) -> list[Definition]:
    """Triggers of which only those accounts are asked that did something."""
    vocabulary = world.vocabulary
    compiler = Compiler(vocabulary.facts, vocabulary.policy, vocabulary.triggers)
    found: list[Definition] = []
    while len(found) < count:
        drawn = a_trigger(rnd)
        if is_steady(CompiledTrigger.of(asked([drawn])[0], compiler)):
            found.append(drawn)
    return found


def test_moments_that_do_not_ascend_are_refused(tmp_path: object) -> None:
    world = a_world(Random(1))
    moments = [world.as_of, world.as_of - DAY]
    with pytest.raises(ValueError, match="ascend"):
        list(answers_over(lambda at: pytest.fail("nothing is read"), world.vocabulary, [], moments))
