"""Accounts that were split: answered as if what these people did since had come under the other account."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from hypothesis import given

from expansion.evaluate.relations import StoreRelations
from expansion.evaluate.subjects import UserOf
from expansion.explain.evaluator import build_rollups, evaluator
from expansion.react.resident import Resident
from expansion.usage.identity.former_ids import PART, Said
from expansion.usage.identity.merges import add_said, ids_and_parts, merges_said
from expansion.usage.identity.parted import Parted
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.store import UsageStore
from tests.evaluate.drawing import a_trigger, seeds, several
from tests.evaluate.harness import Said as Answered
from tests.evaluate.harness import asked, oracle_says, said, somewhere
from tests.evaluate.oracle import Oracle
from tests.evaluate.oracle.stored import Who
from tests.evaluate.parting import some_parts
from tests.evaluate.pushing import take
from tests.evaluate.test_live import pushed
from tests.evaluate.test_live import said as told
from tests.evaluate.trying import examples
from tests.evaluate.words import Definition
from tests.evaluate.worlds import World, a_world


def goes_to(parts: Sequence[Said], one: Definition, as_of: datetime) -> str:
    """By hand: the newest statement about this person in this account by the moment of the event."""
    at, by = one["at"].replace(tzinfo=None), as_of.replace(tzinfo=None)
    mine = [p for p in parts if (p.former_id, p.user_id) == (one["account"], one["user"]) and p.at <= at]
    known = sorted((p for p in mine if p.known_at <= by), key=lambda p: (p.at, p.order))
    return known[-1].id if known else one["account"]


def _at(part: Said) -> Definition:
    return {"account": part.former_id, "user": part.user_id, "at": part.at.replace(tzinfo=UTC)}


def oracle_of(world: World, parts: Sequence[Said]) -> Oracle:
    """Of the world in which it had come so. Nobody is less known for it, and who is told of is known from then on."""
    batches = [[{**one, "account": goes_to(parts, one, world.as_of)} for one in batch] for batch in world.batches]
    before, made = world.oracle().stored, replace(world, batches=batches).oracle()
    by = world.as_of.replace(tzinfo=None)
    known = [p for p in parts if p.at <= by and p.known_at <= by and p.id != p.former_id]
    new = {Who(p.id, p.user_id) for p in known if goes_to(parts, _at(p), world.as_of) == p.id}
    accounts = before.accounts() | made.stored.accounts() | {who.account for who in new}
    users = before.users() | made.stored.users() | new
    made.stored.accounts = lambda: accounts  # type: ignore[method-assign]  # of this one
    made.stored.users = lambda: users  # type: ignore[method-assign]
    return made


@examples(60, short=12)
@given(seeds())
def test_an_account_that_was_split_answers_as_if_the_events_had_come_under_the_other_one(seed: int) -> None:
    rnd = Random(seed)
    world = a_world(rnd)
    parts = some_parts(rnd, world)
    definitions = [*several(rnd, 4, 6), a_trigger(rnd, of_users=True)]
    oracle = oracle_of(world, parts)
    for definition, engine in zip(
        definitions, engine_says(world, parts, definitions, built=seed % 2 == 0), strict=True
    ):
        assert not (how := engine.differs(oracle_says(oracle, definition))), f"{how}\n{definition}"


def engine_says(world: World, parts: Sequence[Said], definitions: list[Definition], *, built: bool) -> list[Answered]:
    with somewhere() as folder:
        store = world.quick_store(folder)
        add_said(store, parts)
        if built:
            build_rollups(store, world.vocabulary, asked(definitions))
        found = evaluator(store, world.vocabulary, world.as_of).answers(asked(definitions))
    return [said(found[f"t{number}"]) for number in range(len(definitions))]


@examples(6)
@given(seeds())
def test_an_event_that_comes_in_counts_at_once_for_the_account_that_it_counts_for_later(seed: int) -> None:
    rnd = Random(seed)
    world = a_world(rnd)
    parts = some_parts(rnd, world)
    definitions = [
        one for one in [*several(rnd, 4, 6), a_trigger(rnd, of_users=True)] if "among_top" not in json.dumps(one)
    ]
    events = list({one["id"]: one for batch in world.batches for one in batch if one["seen"] <= world.as_of}.values())
    late, stored = events[:8], events[8:]
    with somewhere() as folder:
        store = replace(world, batches=[stored] if stored else []).store(folder)
        add_said(store, parts)
        resident = Resident.of(store, world.vocabulary, asked(definitions), world.as_of)
        for one in late:
            take(resident, pushed(one), world.as_of)
        whose = [(goes_to(parts, one, world.as_of), one["user"]) for one in late]
        found = [(account, user, resident.answer(account, user, world.as_of)) for account, user in whose]
        Journal(store.root).fold(store)
        after = evaluator(store, world.vocabulary, world.as_of).answers(asked(definitions))
    for account, user, answers in found:
        for trigger in asked(definitions):
            subject = UserOf(account, user) if trigger.who == "users" else account
            if trigger.trigger in answers and not (trigger.who == "users" and not user):
                assert told(answers[trigger.trigger], subject) == told(after[trigger.trigger], subject), (
                    subject,
                    trigger,
                )


# --- what is kept -----------------------------------------------------------------------------------------------------

NOON = datetime(2026, 3, 10, 12)


def part(user: str, into: str, day: int, known: int | None = None, account: str = "acme") -> Said:
    at, seen = datetime(2026, 3, day), datetime(2026, 3, known or day)
    return Said("files.merges", PART, account, into, at, seen, seen, user)


def parted(store: UsageStore, by: datetime = NOON) -> Parted:
    return ids_and_parts(store, store.manifest(), by)[1]


def test_it_counts_for_one_account_after_the_other(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    add_said(store, [part("ana", "acme-uk", 2), part("ana", "acme-us", 5), part("ana", "acme", 7)])
    days = [parted(store).account("acme", "ana", datetime(2026, 3, day, 9)) for day in (1, 2, 4, 5, 8)]
    assert days == ["acme", "acme-uk", "acme-uk", "acme-us", "acme"]
    assert parted(store).account("acme", "ben", NOON) == "acme"


def test_a_part_that_was_told_wrongly_is_taken_back_by_its_own_day(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    add_said(store, [part("ana", "acme-uk", 2)])
    assert add_said(store, [part("ana", "acme-uk", 2)]).new == 0
    add_said(store, [part("ana", "acme", 2, known=6)])
    assert [bool(parted(store, datetime(2026, 3, day))) for day in (5, 6)] == [True, False]


def test_a_part_follows_the_ids_of_now(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    add_said(store, [part("anon", "uk", 2)])
    for of, was, now in (("user", "anon", "ana"), ("account", "acme", "acme-inc"), ("account", "uk", "acme-uk")):
        add_said(store, [Said("crm", of, was, now, NOON, NOON, NOON)])  # type: ignore[arg-type]
    assert parted(store).account("acme-inc", "ana", NOON) == "acme-uk"


def test_a_file_of_before_is_read(tmp_path: Path) -> None:
    store = UsageStore(tmp_path)
    add_said(store, [Said("crm", "account", "a", "b", NOON, NOON, NOON)])
    con = store.connect()
    old = tmp_path / "facts" / "old.parquet"
    con.execute(f"COPY (SELECT * EXCLUDE (user_id) FROM {store.files([store.manifest().merges])}) TO '{old}'")
    assert merges_said(store, replace(store.manifest(), merges="facts/old.parquet")) == merges_said(
        store, store.manifest()
    )


def test_without_parts_the_sql_is_the_same(tmp_path: Path) -> None:
    store = a_world(Random(3)).store(tmp_path)
    add_said(store, [part("ana", "acme-uk", 2, known=9)])
    before, after = (StoreRelations.of(store, datetime(2026, 3, day, tzinfo=UTC)) for day in (8, 10))
    assert before.events() != after.events()
    assert before.events() == StoreRelations.of(store).events()
