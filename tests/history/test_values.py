"""The numbers behind triggers at many moments are those that an engine of each moment measures."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from hypothesis import given

from expansion.evaluate.compile import Compiler
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.engine import Engine
from expansion.evaluate.measures import Measure
from expansion.evaluate.numbers import Numbers
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.subjects import Subject
from expansion.evaluate.tree import lines, measures
from expansion.history.values import values_over
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


def by_account(ids: list[Subject], numbers: Numbers) -> dict[Subject, Fraction | None]:
    return {subject: numbers.at(place) for place, subject in enumerate(ids)}


@examples(60, short=4)
@given(seed=seeds())
def test_at_each_moment_they_are_those_that_an_engine_measures(seed: int) -> None:
    rnd = Random(seed)
    world = a_world(rnd)
    wanted, moments = some_measures(rnd, world), [*ends_of_days(world, 4), world.as_of]
    with somewhere() as folder:
        store = world.quick_store(folder)
        found = list(values_over(lambda at: StoreRelations.of(store, at), world.vocabulary, wanted, moments))
        assert [moment for moment, _ in found] == moments
        for moment, values in found:
            engine = Engine(StoreRelations.of(store, moment), world.vocabulary, moment)
            for measure in wanted:
                engine.measure_now(measure)
                alone = engine.number(measure, 0)
                mine = by_account(list(values.ids), values.numbers[measure])
                assert mine == by_account(list(engine.subjects.ids), alone), (moment, measure)
                assert values.numbers[measure].least == alone.least
                assert (measure in values.gaps) == (engine.gap(measure, 0) is not None)  # type: ignore[arg-type]
