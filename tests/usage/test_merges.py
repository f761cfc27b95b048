"""Merges beside everything else that a store keeps: whose an event is, who is forgotten, a clock that was ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from expansion.contract import FactRecord, Merge
from expansion.evaluate.relations import StoreRelations
from expansion.usage.ahead import put_back
from expansion.usage.facts import add_facts, user_accounts
from expansion.usage.forgetting import forget_in_store, known_as
from expansion.usage.identity.merges import add_merges, ids_known, merges_said
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.store import UsageStore

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SOURCE = "crm.people"


@pytest.fixture
def store(tmp_path: Path) -> UsageStore:
    return UsageStore(tmp_path)


def named(store: UsageStore, at: datetime, *whose: tuple[str, str]) -> None:
    records = [FactRecord(SOURCE, account, {"role": "admin"}, user_id=user) for user, account in whose]
    add_facts(store, SOURCE, records, at, asked=["role"], full="people")


def merged(store: UsageStore, of: str, former: str, id_: str, at: datetime = NOW) -> None:
    add_merges(store, [Merge("crm.merged", of, former, id_, at)], at)  # type: ignore[arg-type]


def test_who_is_in_two_accounts_that_are_one_now_has_one_account(store: UsageStore) -> None:
    named(store, NOW, ("ana", "acme"), ("ana", "acme-old"), ("ben", "acme-old"))
    assert user_accounts(store) == {"ben": "acme-old"}
    merged(store, "account", "acme-old", "acme")
    assert user_accounts(store) == {"ana": "acme", "ben": "acme"}


def test_the_account_of_a_person_is_known_by_every_id(store: UsageStore) -> None:
    named(store, NOW, ("ana", "acme"))
    merged(store, "user", "anon-7", "ana")
    assert user_accounts(store) == {"ana": "acme", "anon-7": "acme"}


def test_a_former_employer_that_only_a_former_id_names_is_none(store: UsageStore) -> None:
    named(store, NOW, ("ana", "globex"), ("anon-7", "acme"))
    merged(store, "user", "anon-7", "ana")
    assert user_accounts(store) == {"ana": "globex", "anon-7": "globex"}


def test_who_is_forgotten_is_forgotten_under_every_id(store: UsageStore) -> None:
    named(store, NOW, ("ana", "acme"))
    merged(store, "user", "anon-7", "anon-8")
    merged(store, "user", "anon-8", "ana")
    person = known_as(store, "anon-7")
    assert person is not None
    assert set(person.ids) == {"anon-7", "anon-8", "ana"}
    pseudonyms = forgotten_people(store.root).adding(person.ids)
    with manifests.writing(store.root):
        listed = forgotten_people(store.root).save(pseudonyms)
    assert forget_in_store(store, person, pseudonyms, listed).files == 2
    said = merges_said(store, store.manifest())
    assert {(one.former_id, one.id) for one in said} == {
        (pseudonyms["anon-7"], pseudonyms["anon-8"]), (pseudonyms["anon-8"], pseudonyms["ana"]),
    }  # fmt: skip
    merged(store, "user", "anon-7", "anon-8", NOW + DAY)
    assert merges_said(store, store.manifest()) == said, "the next pull does not bring the ids back"


def test_what_was_learnt_while_the_clock_was_ahead_counts_as_learnt_now(store: UsageStore) -> None:
    add_merges(store, [Merge("crm.merged", "account", "a", "b", NOW - DAY)], NOW + 10 * DAY)
    assert ids_known(store, store.manifest(), NOW).account("a") == "a"
    assert put_back(store, NOW) == 1
    assert ids_known(store, store.manifest(), NOW).account("a") == "b"


def test_a_merge_that_was_pushed_is_known_from_when_it_came_in(store: UsageStore) -> None:
    pushed = Merge("segment.events", "user", "anon-7", "ana", NOW - DAY, NOW)
    Journal(store.root).append([pushed, pushed])
    assert StoreRelations.of(store, NOW + DAY, with_pushed=True).ids.user("anon-7") == "ana"
    assert merges_said(store, store.manifest()) == []
    Journal(store.root).fold(store)
    Journal(store.root).fold(store)
    assert len(merges_said(store, store.manifest())) == 1
    assert [ids_known(store, store.manifest(), at).user("anon-7") for at in (NOW - DAY / 2, NOW)] == ["anon-7", "ana"]


def test_no_file_of_merges_is_swept_away_and_earlier_ones_are(store: UsageStore) -> None:
    merged(store, "account", "a", "b")
    merged(store, "account", "c", "d", NOW + DAY)
    with manifests.writing(store.root):
        assert [f"facts/{path.name}" for path in (store.root / "facts").iterdir()] == [store.manifest().merges]
