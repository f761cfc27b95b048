"""The numbers behind triggers at many moments are those that an engine of each moment measures."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from random import Random

from hypothesis import given

from expansion.evaluate.compile import Compiler
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.engine import Engine
from expansion.evaluate.measures import Measure
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.subjects import Subject
from expansion.evaluate.tree import lines, measures
from expansion.history.over import engines_over
from tests.evaluate.drawing import seeds
from tests.evaluate.harness import asked, somewhere
from tests.evaluate.trying import examples
from tests.evaluate.worlds import World, a_world
from tests.history.test_over import ends_of_days, steady


def some_measures(rnd: Random, world: World) -> list[Measure]:
    vocabulary = world.vocabulary
    compiler = Compiler(vocabulary.facts, vocabulary.policy, vocabulary.triggers)
    compiled = [CompiledTrigger.of(one, compiler) for one in asked(steady(rnd, world, 6))]
    return list(dict.fromkeys(each for one in compiled for line, _ in lines(one.fires) for each in measures(line)))


def by_account(engine: Engine, measure: Measure) -> dict[Subject, Fraction | None]:
    return {subject: engine.number(measure, 0).at(place) for place, subject in enumerate(engine.subjects.ids)}


@examples(60, short=4)
@given(seed=seeds())
def test_at_each_moment_they_are_those_that_an_engine_measures(seed: int) -> None:
    rnd = Random(seed)
    world = a_world(rnd)
    wanted, moments = some_measures(rnd, world), [*ends_of_days(world, 4), world.as_of]
    with somewhere() as folder:
        store = world.quick_store(folder)
        asked_at: list[datetime] = []
        for moment, engine in engines_over(lambda at: StoreRelations.of(store, at), world.vocabulary, moments):
            alone = Engine(StoreRelations.of(store, moment), world.vocabulary, moment)
            engine.measure_now(*wanted)
            alone.measure_now(*wanted)
            for measure in wanted:
                assert by_account(engine, measure) == by_account(alone, measure), (moment, measure)
                assert engine.number(measure, 0).least == alone.number(measure, 0).least
            asked_at.append(moment)
        assert asked_at == moments
