"""What a full answer no longer holds is no longer known; what it holds twice is not known; people belong where last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest

from expansion.contract import CohortMembers, FactRecord, Refused, TryLater
from expansion.explain.evaluator import evaluator
from expansion.usage.facts import add_cohort, add_facts, end_cohort, facts_sql, user_accounts
from expansion.usage.identity.members import left_sql
from expansion.usage.storage.answers import Full
from expansion.usage.storage.fact_relations import known_facts
from expansion.usage.storage.marks import is_mark
from expansion.usage.storage.store import UsageStore
from tests.evaluate.words import trigger, vocabulary
from tests.usage.builders import utc

CRM, PROFILES, FILES = "crm.account", "mixpanel.profile", "files.people"


def known(store: UsageStore, field: str = "seats", source: str = CRM) -> dict[str, Any]:
    """What is known now, by account, or by person and account; without what ended."""
    rows = store.connect().execute(
        "SELECT account_id, user_id, arg_max_null(value, (since, seen_at)) "
        f"FROM {facts_sql(store, store.manifest())} WHERE source = $1 AND field = $2 GROUP BY ALL",
        [source, field],
    )
    return {
        f"{user}@{account}" if user else account: value
        for account, user, value in rows.fetchall()
        if not is_mark(value)
    }


def crm(store: UsageStore, day: int, seats: dict[str, Any], **more: Any) -> int:
    records = [FactRecord(CRM, account, {"seats": value}, remote_id=f"r-{account}") for account, value in seats.items()]
    return add_facts(store, CRM, records, utc(2026, 3, day), **{"asked": ["seats"], "full": "accounts", **more})


def people(store: UsageStore, day: int, *whose: str, source: str = PROFILES, full: Full | None = "people") -> None:
    pairs = [one.split("@") for one in whose]
    records = [FactRecord(source, account, {"role": "admin"}, user_id=user) for user, account in pairs]
    add_facts(store, source, records, utc(2026, 3, day), asked=["role"], full=full)


def left(store: UsageStore, by: datetime | None = None) -> set[str]:
    rows = store.connect().execute(
        f"SELECT account_id, user_id FROM {left_sql(known_facts(store, store.manifest()), by)}"
    )
    return {f"{user}@{account}" for account, user in rows.fetchall()}


def in_cohort(store: UsageStore, day: int) -> dict[str, str]:
    """By account whether it is in the cohort, or why nobody can tell."""
    crm(store, 1, {"acme": "50", "globex": "60"}, full=None)
    power = {"from": "mixpanel.cohort", "name": "Power users"}
    words = vocabulary(facts={"cohorts": {"power": power}})
    found = evaluator(store, words, utc(2026, 3, day)).answers([trigger(when=[{"cohort": "power"}])])["t"]
    return {one: "yes" if one in found.yes else found.unknown.get(one, "no") for one in ("acme", "globex")}


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_a_record_that_a_full_answer_no_longer_holds_is_not_known_since_then(store: UsageStore) -> None:
    crm(store, 1, {"acme": "50", "globex": "60"})
    crm(store, 5, {"globex": "60"})
    assert (known(store), known(store, "@id")) == ({"globex": "60"}, {"globex": "r-globex"})


def test_nothing_more_is_stored_where_nothing_changed(store: UsageStore) -> None:
    crm(store, 1, {"acme": "50", "globex": None})
    crm(store, 5, {"globex": None})
    assert crm(store, 6, {"globex": None}) == 0


def test_an_account_that_comes_back_is_known_again(store: UsageStore) -> None:
    crm(store, 1, {"acme": "50", "globex": "60"})
    crm(store, 5, {"globex": "60"})
    crm(store, 9, {"acme": "50", "globex": "60"})
    assert known(store) == {"acme": "50", "globex": "60"}


def test_an_answer_that_is_not_full_ends_nothing(store: UsageStore) -> None:
    crm(store, 1, {"acme": "50", "globex": "60"})
    crm(store, 5, {"globex": "70"}, full=None)
    assert known(store) == {"acme": "50", "globex": "70"}


def test_an_answer_that_breaks_off_ends_nothing(store: UsageStore) -> None:
    crm(store, 1, {"acme": "50", "globex": "60"})

    def breaking() -> Iterator[FactRecord]:
        yield FactRecord(CRM, "globex", {"seats": "60"})
        raise TryLater("the CRM is busy")

    with pytest.raises(TryLater):
        add_facts(store, CRM, breaking(), utc(2026, 3, 5), asked=["seats"], full="accounts")
    assert known(store) == {"acme": "50", "globex": "60"}


def test_an_answer_without_any_record_is_refused_where_several_were_known(store: UsageStore) -> None:
    crm(store, 1, {"acme": "50", "globex": "60"})
    with pytest.raises(Refused, match="without a single record, where 2 were known; nothing was taken as gone"):
        crm(store, 5, {})
    assert known(store) == {"acme": "50", "globex": "60"}


def test_the_only_record_may_go(store: UsageStore) -> None:
    crm(store, 1, {"acme": "50"})
    crm(store, 5, {})
    assert known(store) == {}


def test_a_full_answer_of_accounts_says_nothing_of_people(store: UsageStore) -> None:
    people(store, 1, "ana@acme", source=CRM)
    crm(store, 5, {"acme": "50"})
    assert known(store, "role") == {"ana@acme": "admin"}


def test_a_field_that_no_record_has_any_more_is_not_known(store: UsageStore) -> None:
    crm(store, 1, {"acme": "50", "globex": "60"})
    renamed = [FactRecord(CRM, account, {}, remote_id=f"r-{account}") for account in ("acme", "globex")]
    add_facts(store, CRM, renamed, utc(2026, 3, 5), asked=["seats"], full="accounts")
    assert known(store) == {}


def test_a_field_that_others_have_is_empty_where_a_record_has_it_not(store: UsageStore) -> None:
    records = [FactRecord(CRM, "acme", {"seats": "50"}), FactRecord(CRM, "globex", {"plan": "Team"})]
    add_facts(store, CRM, records, utc(2026, 3, 1), asked=["seats", "churned"], full="accounts")
    assert known(store) == {"acme": "50", "globex": None}
    assert known(store, "churned") == {}


def test_several_records_of_one_account_leave_nothing_known(store: UsageStore) -> None:
    crm(store, 1, {"acme": "50", "globex": "60"})
    doubled = [FactRecord(CRM, "acme", {}, is_twice=True), FactRecord(CRM, "globex", {"seats": "60"}, remote_id="r")]
    add_facts(store, CRM, doubled, utc(2026, 3, 5), asked=["seats"], full="accounts")
    assert known(store) == {"globex": "60"}


@pytest.mark.parametrize("fields", [["seats"], ["seats", "plan"]])
def test_two_records_that_say_different_things_are_never_mixed(store: UsageStore, fields: Sequence[str]) -> None:
    records = [
        FactRecord(CRM, "acme", dict.fromkeys(fields, "9")),
        FactRecord(CRM, "acme", dict.fromkeys(fields, "95")),
    ]
    add_facts(store, CRM, records, utc(2026, 3, 1), asked=fields)
    assert known(store) == {}


def test_of_the_members_of_a_cohort_that_is_gone_nobody_can_tell(store: UsageStore) -> None:
    members = CohortMembers("mixpanel.cohort", "Power users", frozenset({"acme"}))
    add_cohort(store, members, utc(2026, 3, 1))
    assert end_cohort(store, "mixpanel.cohort", "Power users", utc(2026, 3, 5)) == 1
    assert end_cohort(store, "mixpanel.cohort", "Power users", utc(2026, 3, 6)) == 0
    assert in_cohort(store, 4) == {"acme": "yes", "globex": "no"}
    assert set(in_cohort(store, 7).values()) == {"mixpanel.cohort no longer has this cohort"}
    assert in_cohort(store, 4) == {"acme": "yes", "globex": "no"}
    add_cohort(store, members, utc(2026, 3, 8))
    assert in_cohort(store, 9) == {"acme": "yes", "globex": "no"}


def test_who_is_not_in_a_cohort_that_is_there_again_is_not_in_it(store: UsageStore) -> None:
    add_cohort(store, CohortMembers("mixpanel.cohort", "Power users", frozenset({"acme"})), utc(2026, 3, 1))
    end_cohort(store, "mixpanel.cohort", "Power users", utc(2026, 3, 5))
    add_cohort(store, CohortMembers("mixpanel.cohort", "Power users", frozenset({"globex"})), utc(2026, 3, 8))
    assert in_cohort(store, 9) == {"acme": "no", "globex": "yes"}


def test_a_cohort_that_was_never_there_is_not_gone(store: UsageStore) -> None:
    assert end_cohort(store, "mixpanel.cohort", "Power users", utc(2026, 3, 5)) == 0
    assert set(in_cohort(store, 9).values()) == {"cohort `power` was never pulled"}


# --- people -----------------------------------------------------------------------------------------------------------


def test_the_account_of_a_person_is_the_one_known_last(store: UsageStore) -> None:
    people(store, 1, "ana@acme", "ben@acme", "cem@acme")
    people(store, 5, "ana@globex", "ben@acme")
    assert user_accounts(store) == {"ana": "globex", "ben": "acme"}
    assert left(store) == {"ana@acme", "cem@acme"}
    assert left(store, utc(2026, 3, 4)) == set()


def test_a_file_that_names_a_person_elsewhere_moves_it_though_it_is_not_full(store: UsageStore) -> None:
    people(store, 1, "ana@acme", "ben@acme", source=FILES, full=None)
    people(store, 5, "ana@globex", source=FILES, full=None)
    assert user_accounts(store) == {"ana": "globex", "ben": "acme"}
    assert left(store) == {"ana@acme"}


def test_who_is_named_in_two_accounts_at_once_is_in_both(store: UsageStore) -> None:
    people(store, 1, "ana@acme", source=FILES, full=None)
    people(store, 5, "ana@acme", "ana@globex", source=FILES, full=None)
    assert (user_accounts(store), left(store)) == ({}, set())


def test_an_older_file_does_not_move_anybody_back(store: UsageStore) -> None:
    people(store, 5, "ana@globex", source=FILES, full=None)
    older = FactRecord(FILES, "acme", {"role": "admin"}, user_id="ana", at=utc(2026, 3, 1), known_at=utc(2026, 3, 1))
    add_facts(store, FILES, [older], utc(2026, 3, 6))
    assert user_accounts(store) == {"ana": "globex"}
    assert left(store, utc(2026, 3, 3)) == set()
    assert left(store) == {"ana@acme"}


def test_who_comes_back_belongs_there_again(store: UsageStore) -> None:
    people(store, 1, "ana@acme", "ben@acme")
    people(store, 5, "ana@globex", "ben@acme")
    people(store, 9, "ana@acme", "ben@acme")
    assert (user_accounts(store), left(store)) == ({"ana": "acme", "ben": "acme"}, {"ana@globex"})


def test_of_two_sources_that_contradict_each_other_the_last_to_tell_of_an_account_counts(store: UsageStore) -> None:
    people(store, 1, "ana@acme", "ben@acme", source=FILES, full=None)
    people(store, 5, "ana@globex")
    assert user_accounts(store) == {"ana": "globex", "ben": "acme"}


def test_who_one_source_no_longer_knows_stays_where_another_says(store: UsageStore) -> None:
    people(store, 1, "ana@acme", "ben@acme", source=FILES, full=None)
    people(store, 2, "ana@acme", "ben@acme")
    people(store, 5, "ben@acme")
    assert (user_accounts(store), left(store)) == ({"ana": "acme", "ben": "acme"}, set())
