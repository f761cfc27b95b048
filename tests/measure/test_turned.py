"""Every setting at once says what the evaluator says of the trigger with that setting written in it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

from expansion.evaluate.compile import Compiler
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.engine import Engine
from expansion.evaluate.logic import NO
from expansion.explain.evaluator import StoreEvaluator, evaluator
from expansion.measure.dials import HARDER_ABOVE, Dial, dials
from expansion.measure.turned import Turning
from tests.evaluate.drawing import an_example
from tests.evaluate.harness import somewhere
from tests.evaluate.words import Definition, trigger
from tests.evaluate.worlds import World


@dataclass(frozen=True)
class Asked:
    """One number of a drawn trigger, and other settings to try it at."""

    definition: Definition
    dial: Dial
    settings: tuple[Fraction, ...]
    turning: Turning

    def with_setting(self, value: Fraction) -> Definition:
        """The trigger as an author would have written it."""
        changed = deepcopy(self.definition)
        inside: Any = changed
        for step in self.dial.at[:-1]:
            inside = inside[step]
        inside[self.dial.at[-1]] = _written(self.dial, value)
        return changed


def _written(dial: Dial, value: Fraction) -> Any:
    said = dial.shown(value)
    return said if isinstance(said, str) and not said.lstrip("-").replace(".", "").isdigit() else float(said)


def asked_of(world: World, definition: Definition, rnd: Random) -> list[Asked]:
    made = trigger("t", **definition)
    compiler = Compiler(world.vocabulary.facts, world.vocabulary.policy, world.vocabulary.triggers)
    compiled = CompiledTrigger.of(made, compiler)
    found = []
    for dial in dials(made):
        tried = {dial.value} | {dial.value + Fraction(rnd.randint(-4, 4), 1 if dial.whole else 4) for _ in range(5)}
        kept = tuple(one for one in tried if one > (dial.least or 0) and (dial.word != "for" or one > 1))
        found.append(Asked(definition, dial, kept or (dial.value,), Turning.of(compiled, dial, kept or (dial.value,))))
    return found


def engine_of(asking: StoreEvaluator, definition: Definition) -> Engine:
    return asking.people_engine(asking.everyone) if definition.get("who") == "users" else asking.everyone


@pytest.mark.parametrize("seed", range(40))
def test_all_settings_at_once_are_each_setting_by_itself(seed: int) -> None:
    world, definitions = an_example(f"turned {seed}", 3, 4)
    rnd = Random(seed)
    with somewhere() as folder:
        asking = evaluator(world.quick_store(folder), world.vocabulary, world.as_of)
        for definition in definitions:
            engine = engine_of(asking, definition)
            for asked in asked_of(world, definition, rnd):
                if not engine.is_of_accounts(asked.turning.line()):
                    check(engine, asking, asked)


def check(engine: Engine, asking: StoreEvaluator, asked: Asked) -> None:
    engine.measure(asked.turning.nodes())
    turned, everybody = asked.turning.at(engine), np.arange(engine.size)
    fires, holds = turned.fires.answers(everybody), turned.holds.answers(everybody)
    some = turned.fires.some_yes()
    assert not ((fires == 2).any(axis=1) & ~some).any(), "who fires at a setting was passed over"
    for place, value in enumerate(asked.turning.settings):
        alone = trigger(f"alone{place}", **asked.with_setting(value))
        said = asking.answers([alone])[alone.trigger]
        ids = engine.subjects.ids
        wanted = [2 if one in said.yes else 1 if one in said.unknown else 0 for one in ids]
        assert fires[:, place].tolist() == wanted, (asked.dial.name, value, asked.definition)
        over = [one in said.cleared for one in ids]
        assert (holds[:, place] == NO).tolist() == over, (asked.dial.name, value, asked.definition)


def test_settings_stand_from_the_easiest_to_the_hardest() -> None:
    for word, harder_above in HARDER_ABOVE.items():
        if word in ("at_least", "at_most"):
            made = trigger("t", when=[{"fact": "arr", word: 10}])
            turning = Turning.of(CompiledTrigger("t", None, None), dials(made)[0], [Fraction(1), Fraction(2)])  # type: ignore[arg-type]
            assert (turning.settings[0] < turning.settings[1]) is harder_above
