"""People of an account, and what accounts are called elsewhere, as of a moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import FactRecord
from expansion.evaluate.evaluator import StoreEvaluator, evaluator
from expansion.usage.facts import add_facts
from expansion.usage.store import UsageStore
from tests.evaluate.worlds import vocabulary
from tests.usage.builders import utc

WORDS = vocabulary(
    facts={"people": {"admins": {"field": "role", "is": "admin"}, "paying": {"field": "pays", "is": True}}}
)


@pytest.fixture
def store(tmp_path: Path) -> UsageStore:
    made = UsageStore(tmp_path / "usage")
    add_facts(made, "mixpanel.profile", profiles({"ben": "admin", "ana": "admin", "eve": "guest"}), utc(2026, 3, 1))
    add_facts(made, "mixpanel.profile", profiles({"ben": "guest", "ana": "admin", "eve": "admin"}), utc(2026, 3, 9))
    ids = [("salesforce.account", "001"), ("hubspot.company", "77")]
    for source, remote in ids:
        add_facts(made, source, [FactRecord(source, "acme", {}, remote_id=remote)], utc(2026, 3, 5))
    add_facts(
        made, "salesforce.account", [FactRecord("salesforce.account", "globex", {}, remote_id="002")], utc(2026, 3, 5)
    )
    return made


def profiles(roles: dict[str, str]) -> list[FactRecord]:
    def known(user: str, role: str) -> dict[str, Any]:
        return {"email": f"{user}@acme.example", "role": role, "pays": "yes" if user == "eve" else "no"}

    return [FactRecord("mixpanel.profile", "acme", known(user, role), user_id=user) for user, role in roles.items()]


def at(store: UsageStore, moment: datetime) -> StoreEvaluator:
    return evaluator(store, WORDS, moment)


@pytest.mark.parametrize(("day", "admins"), [(1, ["ana", "ben"]), (8, ["ana", "ben"]), (9, ["ana", "eve"])])
def test_a_group_is_who_was_in_it_then(store: UsageStore, day: int, admins: list[str]) -> None:
    found = at(store, utc(2026, 3, day, 12)).people("admins", "acme")
    assert [person["user_id"] for person in found] == admins
    assert found[0] == {"user_id": "ana", "email": "ana@acme.example", "name": None}


def test_a_group_may_ask_for_yes(store: UsageStore) -> None:
    assert [person["user_id"] for person in at(store, utc(2026, 3, 2)).people("paying", "acme")] == ["eve"]


def test_nobody_is_in_a_group_of_another_account_or_before_it_was_known(store: UsageStore) -> None:
    assert at(store, utc(2026, 3, 9)).people("admins", "globex") == []
    assert at(store, utc(2026, 2, 1)).people("admins", "acme") == []


def test_profiles_come_in_the_order_asked_and_strangers_with_their_id_alone(store: UsageStore) -> None:
    found = at(store, utc(2026, 3, 9)).profiles("acme", ["zed", "ben"])
    assert found == [
        {"user_id": "zed", "email": None, "name": None},
        {"user_id": "ben", "email": "ben@acme.example", "name": None},
    ]
    assert at(store, utc(2026, 3, 9)).profiles("acme", []) == []


def test_accounts_have_a_name_in_each_system(store: UsageStore) -> None:
    asked = at(store, utc(2026, 3, 9))
    acme, globex = {"salesforce": "001", "hubspot": "77"}, {"salesforce": "002"}
    assert asked.remote_ids(["acme", "nobody"]) == {"acme": acme, "nobody": {}}
    assert asked.remote_ids() == {"acme": acme, "globex": globex}
    assert asked.remote_ids([]) == {}
    assert at(store, utc(2026, 3, 2)).remote_ids(["acme"]) == {"acme": {}}
