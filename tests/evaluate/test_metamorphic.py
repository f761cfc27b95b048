"""What must not matter does not: later events, the order of imports, rollups, names."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from expansion.evaluate.evaluator import build_rollups, evaluator
from expansion.evaluate.results import Answers
from tests.evaluate.trying import examples
from tests.evaluate.worlds import Definition, World, change, event, trigger, triggers, worlds

written = st.lists(triggers(), min_size=3, max_size=6)
few = examples(10)


def answers(world: World, definitions: list[Definition], *, built: bool = False) -> dict[str, Answers]:
    asked = [trigger(f"t{i}", **definition) for i, definition in enumerate(definitions)]
    with tempfile.TemporaryDirectory() as folder:
        store = world.store(Path(folder))
        if built:
            build_rollups(store, world.vocabulary, asked)
        return evaluator(store, world.vocabulary, world.as_of).answers(asked)


@few
@given(worlds(), written)
def test_rollups_built_or_not_do_not_matter(world: World, definitions: list[Definition]) -> None:
    assert answers(world, definitions) == answers(world, definitions, built=True)


@few
@given(worlds(), written)
def test_what_arrives_after_the_check_changes_nothing(world: World, definitions: list[Definition]) -> None:
    after = world.as_of + timedelta(microseconds=1)
    future = [event(account, "export", after, "ana", rows=10) for account in ("acme", "newcomer")]
    late = [
        event(
            "globex", "print", world.as_of - timedelta(days=days), "ben", seen=after, key=f"late{days}", feature="sso"
        )
        for days in range(40)
    ]
    later_facts = [
        change(account, fact, value, world.as_of - timedelta(days=90), after)
        for account in ("acme", "newcomer")
        for fact, value in (("seats_used", "1"), ("plan", "Later"), ("arr", "9999999"))
    ]
    grown = replace(world, batches=[*world.batches, [*future, *late]], changes=[*world.changes, *later_facts])
    assert answers(world, definitions) == answers(grown, definitions)


@few
@given(worlds(), written, st.randoms(use_true_random=False))
def test_the_order_of_imports_does_not_matter(world: World, definitions: list[Definition], rnd: Any) -> None:
    events = list({one["id"]: one for batch in world.batches for one in batch}.values())
    shuffled = rnd.sample(events, len(events))
    thirds = [shuffled[start::3] for start in range(3)]
    one, three = replace(world, batches=[events] if events else []), replace(world, batches=[t for t in thirds if t])
    assert answers(one, definitions) == answers(three, definitions)


@few
@given(worlds(), written)
def test_other_names_of_accounts_give_other_names_only(world: World, definitions: list[Definition]) -> None:
    def name(account: str) -> str:
        return f"{account[::-1]}'\u00fc;-- "

    def renamed(rows: list[Definition]) -> list[Definition]:
        return [{**row, "account": name(row["account"])} for row in rows]

    other = replace(world, batches=[renamed(batch) for batch in world.batches], changes=renamed(world.changes))
    plain, odd = answers(world, definitions), answers(other, definitions)
    for trigger_name, found in plain.items():
        assert {name(account) for account in found.yes} == odd[trigger_name].yes
        assert {name(account) for account in found.cleared} == odd[trigger_name].cleared
        assert {name(account): cause for account, cause in found.unknown.items()} == odd[trigger_name].unknown


STRICTER = [
    ("at_least", [1, 2, 3]),
    ("more_than", [0, 1, 2]),
    ("at_most", [5, 2, 0]),
    ("less_than", [6, 3, 1]),
]


@few
@given(worlds(), st.sampled_from(STRICTER), st.sampled_from(["times", "people", "days"]))
def test_a_stricter_threshold_never_adds_firings(world: World, threshold: tuple[str, list[int]], what: str) -> None:
    word, edges = threshold
    counted = [{"when": [{"event": "export", "count": what, "over": "28 days", word: edge}]} for edge in edges]
    shares = [{"when": [{"fact": "seat_usage", "at_least": f"{edge}%"}]} for edge in (20, 80, 96)]
    dwell = [{"when": [{"fact": "seat_usage", "at_least": "80%", "for": f"{days} days"}]} for days in (1, 3, 20)]
    narrow = [
        {"when": [{"event": "export", "over": "7 days", "at_least": 1, "by_at_least": f"{n} people"}]} for n in (1, 2)
    ]
    for definitions in (counted, shares, dwell, narrow):
        fired = [found.yes for found in answers(world, definitions).values()]
        for looser, stricter in pairwise(fired):
            assert stricter <= looser


@few
@given(worlds(), written)
def test_one_account_asked_alone_gets_the_same_answer_and_an_explanation_that_agrees(
    world: World, definitions: list[Definition]
) -> None:
    asked = [trigger(f"t{i}", **definition) for i, definition in enumerate(definitions)]
    with tempfile.TemporaryDirectory() as folder:
        store = world.store(Path(folder))
        everyone = evaluator(store, world.vocabulary, world.as_of)
        found = everyone.answers(asked)
        for account in everyone.everyone.accounts[:3]:
            alone = evaluator(store, world.vocabulary, world.as_of)
            for one in asked:
                evidence = alone.explain(one, account)
                yes, unknown = account in found[one.trigger].yes, account in found[one.trigger].unknown
                assert evidence.answer.value == ("yes" if yes else "cannot tell" if unknown else "no")
                assert evidence == everyone.explain(one, account)
                for line in evidence.lines:
                    unclear = line.answer.value == "cannot tell"
                    assert (line.cause is not None) == unclear or (line.cause is None and line.seen is None)
                    for shown in line.events:
                        assert shown.at <= world.as_of
