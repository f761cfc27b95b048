"""What must not matter does not: later events, the order of imports, rollups, names, who else is asked about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

from hypothesis import given

from expansion.evaluate.evaluator import build_rollups, evaluator
from expansion.evaluate.results import Answers
from expansion.evaluate.subjects import Subject, UserOf
from expansion.usage.store import UsageStore
from tests.evaluate.drawing import an_example, seeds
from tests.evaluate.harness import asked, somewhere
from tests.evaluate.stores import fill
from tests.evaluate.stricter import stricter
from tests.evaluate.trying import examples
from tests.evaluate.words import Definition, change, event
from tests.evaluate.worlds import World, a_world

LEAST, MOST = 4, 6  # definitions
few = examples(20)


def answers(world: World, definitions: list[Definition]) -> dict[str, Answers]:
    with somewhere() as folder:
        return evaluator(world.quick_store(folder), world.vocabulary, world.as_of).answers(asked(definitions))


def imported(root: Path, world: World, batches: Iterable[list[Definition]]) -> UsageStore:
    """A store filled the way imports fill it."""
    return fill(root, batches, world.changes, world.spans, world.first_pulls)


@few
@given(seeds())
def test_rollups_built_or_not_do_not_matter(seed: int) -> None:
    world, definitions = an_example(seed, LEAST, MOST)
    with somewhere() as folder:
        store = world.quick_store(folder)
        before = evaluator(store, world.vocabulary, world.as_of).answers(asked(definitions))
        build_rollups(store, world.vocabulary, asked(definitions))
        assert evaluator(store, world.vocabulary, world.as_of).answers(asked(definitions)) == before


@few
@given(seeds())
def test_import_by_import_is_the_same_as_all_at_once(seed: int) -> None:
    """Each import followed by its rollups, and a question between; against a fresh store with all of it."""
    world, definitions = an_example(seed, LEAST, MOST)
    with somewhere() as folder:
        for number in range(len(world.batches)):
            imported(folder / "bits", world, world.batches[number : number + 1])
            bits = UsageStore(folder / "bits")
            build_rollups(bits, world.vocabulary, asked(definitions))
            sofar = imported(folder / str(number), world, world.batches[: number + 1])
            assert evaluator(bits, world.vocabulary, world.as_of).answers(asked(definitions)) == evaluator(
                sofar, world.vocabulary, world.as_of
            ).answers(asked(definitions))


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
def test_one_account_asked_alone_gets_the_same_answer_and_an_explanation_that_agrees(seed: int) -> None:
    world, definitions = an_example(seed, LEAST, MOST)
    triggers = asked([one for one in definitions if "who" not in one])
    with somewhere() as folder:
        store = world.quick_store(folder)
        everyone = evaluator(store, world.vocabulary, world.as_of)
        found = everyone.answers(triggers)
        for account in everyone.everyone.subjects.ids[:2]:
            alone = evaluator(store, world.vocabulary, world.as_of)
            for one in triggers:
                evidence = alone.explain(one, account)
                yes, unknown = account in found[one.trigger].yes, account in found[one.trigger].unknown
                assert evidence.answer.value == ("yes" if yes else "cannot tell" if unknown else "no")
                assert evidence == everyone.explain(one, account)
                for line in evidence.lines:
                    unclear = line.answer.value == "cannot tell"
                    assert (line.cause is not None) == unclear or (line.cause is None and line.seen is None)
                    for shown in line.events:
                        assert shown.at <= world.as_of
