"""The engine against the oracle: many small worlds, aimed at edges, each asked several triggers."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.evaluate.drawing import an_example, seeds
from tests.evaluate.harness import differences
from tests.evaluate.kept import KEPT
from tests.evaluate.shrinking import literal, reduced
from tests.evaluate.trying import WHOLE, examples
from tests.evaluate.words import Definition
from tests.evaluate.worlds import World

PARTS = 4


@pytest.mark.parametrize("number", range(len(KEPT)))
def test_what_once_differed_is_the_same(number: int) -> None:
    world, definition = KEPT[number]
    assert not differences(world, [definition])
    assert not differences(world, [definition], quick=False)


# Counting coverage takes two fifths of the time, and the last three parts reach what the first one does.
_LONG = (pytest.mark.no_cover, pytest.mark.long)


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=_LONG) for part in range(1, PARTS))])
@examples(WHOLE // PARTS, short=125)
@given(seed=seeds())
def test_the_engine_says_what_the_oracle_says(part: int, seed: int) -> None:
    world, definitions = an_example(f"{part} of {PARTS}, {seed}", 4, 5)
    # Most stores are filled quickly; every tenth as imports do it, with repeats for the store to find.
    if not agree(world, definitions, quick=seed % 10 > 0):
        pytest.fail(smallest(world, definitions), pytrace=False)


def agree(world: World, definitions: list[Definition], *, quick: bool) -> bool:
    try:
        return not differences(world, definitions, quick=quick)
    except Exception:
        return False  # told again, and in full, by `smallest`


def smallest(world: World, definitions: list[Definition]) -> str:
    """What to say of a world that failed: the smallest example, to be pasted into kept.py."""
    alone = [one for one in definitions if fails(world, one)]
    if not alone:
        return f"they only differ when asked together: {told(world, definitions)}\n{definitions}\n{world}"
    world, definition = reduced(world, alone[0], fails)
    return f"engine / oracle: {told(world, [definition])}\n\n{literal(world, definition)}"


def fails(world: World, definition: Definition) -> bool:
    return not agree(world, [definition], quick=False)


def told(world: World, definitions: list[Definition]) -> str:
    try:
        return "\n".join(how for _, how in differences(world, definitions, quick=False))
    except Exception as error:
        return f"the engine stopped: {error!r}"
