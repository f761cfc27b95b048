"""What is drawn is what people could write, and finds things to say."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.usage.facts import facts_sql
from expansion.usage.storage.store import UsageStore
from tests.evaluate.drawing import KINDS, Draw, triggers, user_triggers
from tests.evaluate.harness import somewhere
from tests.evaluate.rates import ANSWERS, rates
from tests.evaluate.shrinking import is_definition
from tests.evaluate.trying import examples
from tests.evaluate.words import Definition
from tests.evaluate.worlds import World, worlds


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_condition_that_is_drawn_could_be_written(kind: Draw) -> None:
    for number in range(60):
        rnd = Random(number)
        assert is_definition({"when": [kind(rnd, False)]})
        assert is_definition({"who": "users", "when": [kind(rnd, True)]})


@examples(200)
@given(st.one_of(triggers(), user_triggers()))
def test_every_trigger_that_is_drawn_could_be_written(definition: Definition) -> None:
    assert is_definition(definition)


@examples(5)
@given(worlds())
def test_a_store_that_is_filled_quickly_holds_the_same(world: World) -> None:
    with somewhere() as folder:
        assert _stored(world.quick_store(folder / "quick")) == _stored(world.store(folder / "slow"))


def _stored(store: UsageStore) -> list[Any]:
    """Everything that is answered from."""
    manifest, con = store.manifest(), store.connect()
    events = store.events_of(manifest.segments, ("feature", "rows"))
    relations = [facts_sql(store, manifest), *([events] if events else [])]
    rows = [con.execute(f"SELECT * FROM {relation} ORDER BY ALL").fetchall() for relation in relations]
    return [manifest.covered, manifest.pulls, *rows]


def test_every_word_is_answered_in_every_way() -> None:
    """Otherwise hundreds of agreeing examples would say little."""
    for word, counted in rates(60).items():
        if counted.total() >= 500:
            shares = {answer: counted[answer] / counted.total() for answer in ANSWERS}
            assert min(shares.values()) > 0.01, (word, shares)
            assert max(shares.values()) < 0.93, (word, shares)
