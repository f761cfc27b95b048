"""What fails is made small, and kept as text that can be pasted."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from tests.evaluate import kept
from tests.evaluate.drawing import a_trigger
from tests.evaluate.shrinking import literal, reduced
from tests.evaluate.words import Definition
from tests.evaluate.worlds import World, a_world


def fires_for_somebody(world: World, definition: Definition) -> bool:
    oracle = world.oracle()
    return any(oracle.fires(definition, account) == "yes" for account in oracle.accounts())


WALKS: Definition = {
    "accounts": "exporting",
    "when": [
        {
            "any_of": [
                {"cohort": "vip", "for": "2 days"},
                {"sequence": ["export", {"event": ["print", "paywall"], "where": {"rows": 10}}], "within": "28 days"},
            ]
        },
        {"event": "any event", "over": "2 months", "at_least": 2, "on_at_least": "1 day"},
    ],
}


def test_a_large_world_becomes_the_few_rows_that_matter() -> None:
    worlds = (a_world(Random(f"shrinking {n}")) for n in range(200))
    world = next(world for world in worlds if fires_for_somebody(world, WALKS) and len(world.changes) > 50)
    small, definition = reduced(world, WALKS, fires_for_somebody)
    assert fires_for_somebody(small, definition)
    assert definition.keys() == {"when"}
    assert sum(map(len, small.batches)) + len(small.changes) <= 2
    assert len(str(definition)) < 80


@pytest.mark.parametrize("seed", range(20))
def test_what_is_printed_can_be_kept(seed: int) -> None:
    rnd = Random(f"printed {seed}")
    world, definition = a_world(rnd), a_trigger(rnd)
    (read,) = eval(f"[{literal(world, definition)}]", {**vars(kept), "World": World})
    assert read == (world, definition)


def test_a_kept_example_is_read_as_prose() -> None:
    moment = datetime(2026, 3, 2, 9, tzinfo=UTC)
    world = World("UTC", moment, [[kept.event("acme", "export", moment, "ana", key="e0", rows=10)]], [], [])
    definition = {"when": [{"event": "export", "over": "1 day", "at_least": 1}]}
    text = literal(world, definition)
    assert "event('acme', 'export', at(\"2026-03-02T09:00:00+00:00\"), 'ana', key='e0', **{'rows': 10})" in text
    assert text.endswith(f"        {definition!r},\n    ),\n")
