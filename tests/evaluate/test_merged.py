"""Accounts and people who had other ids: answered as if everything had come under the ids of now."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from hypothesis import given

from expansion.contract import Merge
from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.subjects import UserOf
from expansion.explain.evaluator import build_rollups, evaluator
from expansion.react.resident import Resident
from expansion.usage.identity.former_ids import Said, contradicted, former_ids
from expansion.usage.identity.merges import add_merges, ids_known
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.store import UsageStore
from tests.evaluate import harness
from tests.evaluate.drawing import a_trigger, seeds, several
from tests.evaluate.harness import asked, oracle_says, said, somewhere
from tests.evaluate.merging import Merged, a_merged_world, as_said, places
from tests.evaluate.pushing import take
from tests.evaluate.test_live import pushed
from tests.evaluate.test_live import said as told
from tests.evaluate.trying import examples
from tests.evaluate.words import Definition
from tests.evaluate.worlds import a_world


def merged(seed: int, least: int = 4, most: int = 6) -> tuple[Merged, list[Definition]]:
    rnd = Random(seed)
    world = a_world(rnd)
    definitions = [*several(rnd, least, most), a_trigger(rnd, of_users=True)]
    return a_merged_world(rnd, world), definitions


def engine_says(given_: Merged, definitions: list[Definition], *, built: bool = False) -> list[harness.Said]:
    world = given_.world
    with somewhere() as folder:
        store = world.quick_store(folder)
        add_merges(store, given_.merges, world.as_of)
        if built:
            build_rollups(store, world.vocabulary, asked(definitions))
        found = evaluator(store, world.vocabulary, world.as_of).answers(asked(definitions))
    return [said(found[f"t{number}"]) for number in range(len(definitions))]


@examples(120, short=15)
@given(seeds())
def test_merged_accounts_and_people_answer_as_if_all_rows_had_been_renamed(seed: int) -> None:
    given_, definitions = merged(seed)
    oracle = given_.oracle()
    for definition, engine in zip(definitions, engine_says(given_, definitions, built=seed % 2 == 0), strict=True):
        assert not (how := engine.differs(oracle_says(oracle, definition))), f"{how}\n{definition}"


@examples(8)
@given(seeds())
def test_an_event_that_comes_in_under_a_former_id_is_answered_for_at_once_as_after_the_next_run(seed: int) -> None:
    given_, definitions = merged(seed)
    world = given_.world
    definitions = [one for one in definitions if "among_top" not in json.dumps(one)]  # ranks are those of the reading
    events = list({one["id"]: one for batch in world.batches for one in batch if one["seen"] <= world.as_of}.values())
    late, stored = events[:8], events[8:]
    before = replace(world, batches=[stored] if stored else [])
    with somewhere() as folder:
        store = before.store(folder)
        add_merges(store, given_.merges, world.as_of)
        resident = Resident.of(store, world.vocabulary, asked(definitions), world.as_of)
        for one in late:
            take(resident, pushed(one), world.as_of)
        found = [(one, resident.answer(one["account"], one["user"], world.as_of)) for one in late]
        Journal(store.root).fold(store)
        after = evaluator(store, world.vocabulary, world.as_of).answers(asked(definitions))
    ids = former_ids(map(as_said, given_.merges), world.as_of)
    for one, answers in found:
        account, user = ids.account(one["account"]), ids.user(one["user"])
        for trigger in asked(definitions):
            subject = UserOf(account, user) if trigger.who == "users" else account
            if trigger.trigger in answers and not (trigger.who == "users" and not user):
                assert told(answers[trigger.trigger], subject) == told(after[trigger.trigger], subject), (
                    subject,
                    trigger,
                )


@examples(6)
@given(seeds())
def test_who_is_asked_about_alone_is_answered_as_among_everybody(seed: int) -> None:
    given_, definitions = merged(seed, 2, 3)
    world = given_.world
    with somewhere() as folder:
        store = world.quick_store(folder)
        add_merges(store, given_.merges, world.as_of)
        everyone = evaluator(store, world.vocabulary, world.as_of)
        found = everyone.answers(asked(definitions))
        for one in asked(definitions):
            for subject in sorted([*found[one.trigger].yes, *found[one.trigger].unknown], key=str)[:2]:
                evidence = evaluator(store, world.vocabulary, world.as_of).explain(one, subject)
                assert evidence == everyone.explain(one, subject)


# --- which id counts --------------------------------------------------------------------------------------------------

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def merge(former: str, id_: str, day: int, known: int | None = None, of: str = "account") -> Merge:
    at = DAY + timedelta(days=day)
    return Merge("crm.account", of, former, id_, at, DAY + timedelta(days=known) if known is not None else at)  # type: ignore[arg-type]


def now(*merges: Merge, day: int = 90) -> dict[str, str]:
    known = former_ids(map(as_said, merges), DAY + timedelta(days=day))
    return {former: one.id for former, one in known.accounts.items()}


def test_merges_are_followed_to_their_end() -> None:
    assert now(merge("a", "b", 1), merge("b", "c", 2)) == {"a": "c", "b": "c"}
    assert now(merge("b", "c", 1), merge("a", "b", 2)) == {"a": "c", "b": "c"}


def test_a_merge_counts_from_its_day_on_and_once_it_is_known() -> None:
    both = (merge("a", "b", 5, known=8),)
    assert (now(*both, day=4), now(*both, day=7), now(*both, day=8)) == ({}, {}, {"a": "b"})
    assert now(merge("a", "b", 9, known=2), day=8) == {}


def test_of_merges_that_contradict_each_other_the_one_known_last_counts() -> None:
    first, second = merge("a", "b", 9, known=10), merge("a", "c", 3, known=20)
    assert now(first, second) == now(second, first) == {"a": "c"}
    assert [(was.id, one.id) for was, one in contradicted(map(as_said, (first, second)))] == [("b", "c")]


def test_a_circle_is_cut_where_the_one_known_last_says_that_an_id_is_there() -> None:
    circle = (merge("a", "b", 1), merge("b", "c", 2), merge("c", "a", 3))
    assert now(*circle) == {"b": "a", "c": "a"}
    assert [(was.former_id, one.former_id) for was, one in contradicted(map(as_said, circle))] == [("a", "c")]


def test_a_merge_that_is_taken_back_counts_no_longer() -> None:
    back = Said("crm.account", "account", "a", "a", *[as_said(merge("a", "b", 5)).at] * 3)
    assert former_ids([as_said(merge("a", "b", 1)), back], DAY + timedelta(days=9)).accounts == {}
    assert former_ids([as_said(merge("a", "b", 1)), back], DAY + timedelta(days=4)).account("a") == "b"


def test_the_ids_that_an_account_had_are_known_the_last_one_first() -> None:
    ids = former_ids(
        map(as_said, (merge("a", "b", 1), merge("b", "d", 2), merge("c", "d", 3))), DAY + timedelta(days=9)
    )
    assert ids.of_account("d") == ["d", "c", "b", "a"]
    assert ids.of_accounts(["d", "x"]) == ["d", "c", "b", "a", "x"]


@examples(60)
@given(seeds())
def test_every_former_id_leads_to_one_that_is_none(seed: int) -> None:
    rnd = Random(seed)
    merges = [one for one in (a_merge(rnd) for _ in range(12)) if one]
    known = former_ids(map(as_said, merges), DAY + timedelta(days=90)).accounts
    assert {one.id for one in known.values()} & known.keys() == set()
    assert {former: (one.id, one.place) for former, one in known.items()} == places(
        merges, "account", DAY + timedelta(days=90)
    )


def a_merge(rnd: Random) -> Merge | None:
    former, id_ = rnd.choices("abcdef", k=2)
    return merge(former, id_, rnd.randint(0, 9), rnd.randint(0, 9)) if former != id_ else None


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_what_a_source_says_again_is_not_stored_again(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    said = Merge("crm.account", "account", "a", "b", DAY)
    assert add_merges(store, [said], DAY).new == 1
    assert add_merges(store, [replace(said, at=DAY + timedelta(days=1))], DAY + timedelta(days=1)).new == 0
    assert ids_known(store, store.manifest(), DAY).accounts["a"].at == datetime(2026, 3, 1)


def test_what_a_new_merge_contradicts_is_told(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    add_merges(store, [Merge("crm.account", "account", "a", "b", DAY)], DAY)
    added = add_merges(store, [Merge("crm.account", "account", "a", "c", DAY)], DAY + timedelta(days=1))
    assert [(was.id, one.id) for was, one in added.against] == [("b", "c")]


def test_without_merges_the_sql_is_the_same(tmp_path: Path) -> None:
    store = a_world(Random(3)).store(tmp_path)
    asked_now, as_told = StoreRelations.of(store, DAY), StoreRelations.of(store)
    assert asked_now.events() == as_told.events()
    assert asked_now.facts == as_told.facts
    assert asked_now.users() == as_told.users()
