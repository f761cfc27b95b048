"""What must not matter does not: later events, the order of imports, rollups, names, who else is asked about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given

from expansion.evaluate.results import Answers, Evidence
from expansion.evaluate.subjects import Subject, UserOf
from expansion.explain.evaluator import build_rollups, evaluator
from expansion.language.model.models import Trigger
from expansion.usage.storage.store import UsageStore
from tests.evaluate.drawing import an_example, seeds
from tests.evaluate.harness import asked, somewhere
from tests.evaluate.kept import KEPT
from tests.evaluate.stores import QuickStore, fill
from tests.evaluate.stricter import stricter
from tests.evaluate.trying import examples
from tests.evaluate.words import Definition, change, event
from tests.evaluate.worlds import World, a_world

pytestmark = pytest.mark.no_cover  # counting takes two fifths of the time, and test_oracle.py reaches the same lines

LEAST, MOST = 4, 6  # definitions
few = examples(20)


def answers(world: World, definitions: list[Definition]) -> dict[str, Answers]:
    with somewhere() as folder:
        return answered(world.quick_store(folder), world, definitions)


def imported(root: Path, world: World, batches: Iterable[list[Definition]]) -> QuickStore:
    """A store filled the way imports fill it, also one that holds something already."""
    fill(root, batches, world.changes, world.spans, world.first_pulls, QuickStore)
    return QuickStore(root)


def answered(store: UsageStore, world: World, definitions: list[Definition]) -> dict[str, Answers]:
    return evaluator(store, world.vocabulary, world.as_of).answers(asked(definitions))


@few
@given(seeds())
def test_rollups_built_or_not_do_not_matter(seed: int) -> None:
    world, definitions = an_example(seed, LEAST, MOST)
    with somewhere() as folder:
        store = world.quick_store(folder)
        before = answered(store, world, definitions)
        build_rollups(store, world.vocabulary, asked(definitions))
        assert answered(store, world, definitions) == before


@few
@given(seeds())
def test_import_by_import_is_the_same_as_all_at_once(seed: int) -> None:
    """Each import followed by its rollups, and a question between; against a fresh store with all of it."""
    world, definitions = an_example(seed, LEAST, MOST)
    with somewhere() as folder:
        for number in range(len(world.batches)):
            bits = imported(folder / "bits", world, world.batches[number : number + 1])
            build_rollups(bits, world.vocabulary, asked(definitions))
            at_once = imported(folder / str(number), world, world.batches[: number + 1])
            assert answered(bits, world, definitions) == answered(at_once, world, definitions)


@few
@given(seeds())
def test_what_arrives_after_the_check_changes_nothing(seed: int) -> None:
    world, definitions = an_example(seed, LEAST, MOST)
    after = world.as_of + timedelta(microseconds=1)
    future = [event(account, "export", after, "ana", rows=10) for account in ("acme", "newcomer")]
    late = [
        event("globex", name, world.as_of - timedelta(days=days), "ben", after, f"late{name}{days}", feature="sso")
        for days in range(40)
        for name in ("export", "print", "paywall")
    ]
    later_facts = [
        change(account, fact, value, world.as_of - timedelta(days=90), after, user)
        for account in ("acme", "newcomer")
        for fact, value, user in (
            ("seats_used", "1", ""), ("plan", "Later", ""), ("arr", "9999999", ""), ("role", "admin", "newcomer")
        )
    ]  # fmt: skip
    grown = replace(world, batches=[*world.batches, [*future, *late]], changes=[*world.changes, *later_facts])
    assert answers(world, definitions) == answers(grown, definitions)


@few
@given(seeds())
def test_the_order_of_imports_does_not_matter(seed: int) -> None:
    world, definitions = an_example(seed, LEAST, MOST)
    events = list({one["id"]: one for batch in world.batches for one in batch}.values())
    shuffled = Random(seed).sample(events, len(events))
    thirds = [shuffled[start::3] for start in range(3)]
    one, three = replace(world, batches=[events] if events else []), replace(world, batches=[t for t in thirds if t])
    assert answers(one, definitions) == answers(three, definitions)


@few
@given(seeds())
def test_other_names_of_accounts_give_other_names_only(seed: int) -> None:
    world, definitions = an_example(seed, LEAST, MOST)

    def name(account: str) -> str:
        return f"{account[::-1]}'\u00fc;-- "

    def named(subject: Subject) -> Subject:
        return subject._replace(account_id=name(subject.account_id)) if isinstance(subject, UserOf) else name(subject)

    def renamed(rows: list[Definition]) -> list[Definition]:
        return [{**row, "account": name(row["account"])} for row in rows]

    other = replace(world, batches=[renamed(batch) for batch in world.batches], changes=renamed(world.changes))
    plain, odd = answers(world, definitions), answers(other, definitions)
    for trigger_name, found in plain.items():
        assert set(map(named, found.yes)) == odd[trigger_name].yes
        assert set(map(named, found.cleared)) == odd[trigger_name].cleared
        assert {named(one): cause for one, cause in found.unknown.items()} == odd[trigger_name].unknown


@few
@given(seeds())
def test_what_is_stricter_never_adds_firings(seed: int) -> None:
    rnd = Random(seed)
    world, pairs = a_world(rnd), stricter(rnd)
    found = answers(world, [{"when": [condition]} for pair in pairs for condition in pair])
    for number, (looser, strict) in enumerate(pairs):
        added = found[f"t{2 * number + 1}"].yes - found[f"t{2 * number}"].yes
        assert not added, f"{added} fire with {strict}, and not with {looser}"


@few
@given(seeds())
def test_who_is_asked_about_alone_gets_the_same_answer_and_an_explanation_that_agrees(seed: int) -> None:
    check_alone(*an_example(seed, LEAST, MOST))


@pytest.mark.parametrize("number", range(len(KEPT)))
def test_so_does_who_was_once_answered_wrong(number: int) -> None:
    world, definition = KEPT[number]
    check_alone(world, [definition])


def check_alone(world: World, definitions: list[Definition]) -> None:
    with somewhere() as folder:
        store = world.quick_store(folder)
        everyone = evaluator(store, world.vocabulary, world.as_of)
        found = everyone.answers(asked(definitions))
        for one in asked(definitions):
            for subject in sorted(some_of_each(one, found[one.trigger], world), key=str):
                evidence = evaluator(store, world.vocabulary, world.as_of).explain(one, subject)
                assert evidence == everyone.explain(one, subject)
                agrees(evidence, found[one.trigger], subject, world)


def some_of_each(trigger: Trigger, found: Answers, world: World) -> list[Subject]:
    """One who passes, one of whom it cannot be told, and one more."""
    oracle = world.oracle()
    people: list[Subject] = [UserOf(who.account, str(who.user)) for who in oracle.users()]
    everybody = people if trigger.who == "users" else oracle.accounts()
    rest = [one for one in everybody if one not in found.yes | found.unknown.keys()]
    return [one for some in (found.yes, found.unknown, rest) for one in sorted(some)[:1]]


def agrees(evidence: Evidence, found: Answers, subject: Subject, world: World) -> None:
    """An explanation says what was answered, shows nothing of later, and has a cause for what cannot be told."""
    wanted = "yes" if subject in found.yes else "cannot tell" if subject in found.unknown else "no"
    assert evidence.answer.value == wanted
    for line in evidence.lines:
        unclear = line.answer.value == "cannot tell"
        assert (line.cause is not None) == unclear or (line.cause is None and line.seen is None)
        assert all(shown.at <= world.as_of for shown in line.events)
