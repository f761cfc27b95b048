"""The engine against the oracle: many small worlds, aimed at edges, each asked several triggers."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from expansion.evaluate.evaluator import evaluator
from tests.evaluate.trying import examples
from tests.evaluate.worlds import Definition, World, trigger, triggers, worlds

written = st.lists(triggers(), min_size=4, max_size=8)


def check(world: World, definitions: list[Definition]) -> None:
    oracle = world.oracle()
    asked = [trigger(f"t{i}", **definition) for i, definition in enumerate(definitions)]
    with tempfile.TemporaryDirectory() as folder:
        found = evaluator(world.store(Path(folder)), world.vocabulary, world.as_of).answers(asked)
    accounts = oracle.accounts()
    for i, definition in enumerate(definitions):
        answers = found[f"t{i}"]
        said = {a: "yes" if a in answers.yes else "cannot tell" if a in answers.unknown else "no" for a in accounts}
        wanted = {account: oracle.fires(definition, account) for account in accounts}
        differ = {a: (said[a], wanted[a]) for a in accounts if said[a] != wanted[a]}
        assert not differ, f"(engine, oracle) {differ} for {definition}"
        cleared = {account for account in accounts if oracle.cleared(definition, account)}
        assert answers.cleared == cleared, f"cleared {answers.cleared ^ cleared} for {definition}"
        assert answers.asked == len(accounts)


@examples(60)
@given(worlds(), written)
def test_the_engine_says_what_the_oracle_says(world: World, definitions: list[Definition]) -> None:
    check(world, definitions)
