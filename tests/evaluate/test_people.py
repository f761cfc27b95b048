"""People of an account, and what accounts are called elsewhere, as of a moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import FactRecord
from expansion.explain.evaluator import StoreEvaluator, evaluator
from expansion.usage.facts import add_facts
from expansion.usage.storage.store import UsageStore
from tests.evaluate.worlds import trigger, vocabulary
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


# --- who moved --------------------------------------------------------------------------------------------------------


def moving(store: UsageStore, day: int, *whose: tuple[str, str]) -> None:
    records = [FactRecord("mixpanel.profile", account, {"role": "admin"}, user_id=user) for user, account in whose]
    add_facts(store, "mixpanel.profile", records, utc(2026, 3, day), asked=["role"], full="people")


@pytest.fixture
def moved(tmp_path: Path) -> UsageStore:
    """Ana moves from acme to globex on the 5th, and cem's profile is deleted."""
    made = UsageStore(tmp_path / "moved")
    moving(made, 1, ("ana", "acme"), ("ben", "acme"), ("cem", "acme"))
    moving(made, 5, ("ana", "globex"), ("ben", "acme"))
    return made


def test_a_group_has_those_who_are_there_at_the_moment_asked(moved: UsageStore) -> None:
    def admins(account: str, day: int) -> list[str | None]:
        return [person["user_id"] for person in at(moved, utc(2026, 3, day)).people("admins", account)]

    assert (admins("acme", 4), admins("acme", 6), admins("globex", 6)) == (["ana", "ben", "cem"], ["ben"], ["ana"])


def test_of_those_involved_who_left_is_left_out_and_who_was_never_described_stays(moved: UsageStore) -> None:
    found = at(moved, utc(2026, 3, 6)).profiles("acme", ["ana", "ben", "cem", "new"])
    assert [person["user_id"] for person in found] == ["ben", "new"]


def test_a_trigger_about_people_asks_nobody_who_left(moved: UsageStore) -> None:
    one = trigger(who="users", when=[{"event": "export", "at_most": 1, "over": "7 days"}])

    def asked(day: int) -> set[object]:
        return set(at(moved, utc(2026, 3, day)).answers([one])["t"].unknown)

    assert asked(4) == {("acme", "ana"), ("acme", "ben"), ("acme", "cem")}
    assert asked(6) == {("globex", "ana"), ("acme", "ben")}
