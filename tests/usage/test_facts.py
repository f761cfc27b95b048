"""Facts: only changes are kept, each from when it became so; what vanishes is unknown; cohorts are joined and left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from expansion.contract import CohortMembers, FactRecord, TryLater
from expansion.usage.facts import add_cohort, add_facts, as_text, cohort_field, facts_sql, user_accounts
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import at, utc

CRM = "salesforce.account"


def record(value: Any = "50", since: datetime | None = None, account: str = "acme", **more: Any) -> FactRecord:
    return FactRecord(CRM, account, {"seats": value}, at=since, **more)


def history(store: UsageStore, field: str = "seats", account: str = "acme") -> list[tuple[Any, ...]]:
    """What is kept of a fact: value, since, seen."""
    return store.connect().execute(
        f"SELECT value, since, seen_at FROM {facts_sql(store, store.manifest())} "
        f"WHERE field = '{field}' AND account_id = '{account}' ORDER BY since, seen_at"
    ).fetchall()  # fmt: skip


def pull(store: UsageStore, day: int, *records: FactRecord) -> int:
    return add_facts(store, CRM, records, utc(2026, 3, day))


def test_only_changes_are_kept(store: UsageStore) -> None:
    assert [pull(store, day, record(value)) for day, value in enumerate(("50", "50", "60", "60", "50"), 1)] == [
        1, 0, 1, 0, 1,
    ]  # fmt: skip
    assert [(value, since.day) for value, since, _ in history(store)] == [("50", 1), ("60", 3), ("50", 5)]
    assert len(store.manifest().facts) == 3


def test_a_record_that_was_last_modified_in_january_has_had_its_values_since_then(store: UsageStore) -> None:
    pull(store, 1, record("50", utc(2026, 1, 15)))
    assert history(store) == [("50", at(2026, 1, 15), at(2026, 3, 1))]


def test_a_change_is_dated_no_earlier_than_the_pull_that_saw_the_old_value(store: UsageStore) -> None:
    pull(store, 1, record("50", utc(2026, 1, 15)))
    pull(store, 5, record("60", utc(2026, 3, 3)))  # the source knows when, and it fits
    pull(store, 8, record("70", utc(2026, 1, 15)))  # a formula changed: the record was not modified
    assert [(value, since) for value, since, _ in history(store)] == [
        ("50", at(2026, 1, 15)),
        ("60", at(2026, 3, 3)),
        ("70", at(2026, 3, 8)),
    ]


def test_a_value_that_was_seen_missing_began_after_that(store: UsageStore) -> None:
    pull(store, 1, record(None, utc(2026, 1, 15)))
    pull(store, 5, record("50", utc(2026, 1, 15)))
    assert history(store)[-1] == ("50", at(2026, 3, 5), at(2026, 3, 5))


def test_a_moment_in_the_future_is_that_of_the_pull(store: UsageStore) -> None:
    pull(store, 1, record("50", utc(2030, 1, 1)))
    assert history(store) == [("50", at(2026, 3, 1), at(2026, 3, 1))]


@pytest.mark.parametrize("missing", [None, ""])
def test_a_value_that_vanishes_becomes_unknown(store: UsageStore, missing: Any) -> None:
    pull(store, 1, record("50"))
    assert pull(store, 2, record(missing)) == 1
    assert pull(store, 3, record(missing)) == 0
    assert history(store)[-1][:2] == (None, at(2026, 3, 2))


def test_a_source_that_breaks_half_way_stores_nothing(store: UsageStore) -> None:
    def breaking() -> Iterator[FactRecord]:
        yield record("50")
        raise TryLater("gone")

    with pytest.raises(TryLater):
        add_facts(store, CRM, breaking(), utc(2026, 3, 1))
    assert store.manifest().facts == ()
    assert store.manifest().pulls == {}


def test_a_source_that_knows_the_past_gives_it_once(store: UsageStore) -> None:
    past = [record("40", utc(2026, 1, 1)), record("40", utc(2026, 1, 5)), record("45", utc(2026, 2, 1)), record("50")]
    assert pull(store, 1, *past) == 3  # the second says nothing new
    assert pull(store, 1, *past) == 0
    assert pull(store, 2, record("42", utc(2026, 1, 20)), *past) == 1
    assert [value for value, _, _ in history(store)] == ["40", "42", "45", "50"]


def test_an_older_file_tells_of_the_past_and_changes_nothing_of_now(store: UsageStore) -> None:
    pull(store, 1, record("50", utc(2026, 2, 1), known_at=utc(2026, 2, 1)))
    older = record("40", utc(2026, 1, 1), known_at=utc(2026, 1, 1))
    assert pull(store, 2, older) == 1
    assert pull(store, 3, older) == 0
    assert history(store) == [
        ("40", at(2026, 1, 1), at(2026, 1, 1)),
        ("50", at(2026, 2, 1), at(2026, 2, 1)),
    ]


def test_the_same_moment_twice_is_settled_the_same_way_every_time(store: UsageStore) -> None:
    for records in ([record("50"), record("60")], [record("60"), record("50")]):
        pull(store, 1, *records)
    assert len(history(store)) == 1


def test_facts_of_accounts_people_and_sources_are_kept_apart(store: UsageStore) -> None:
    pull(store, 1, record("50"), record("60", account="globex"), record("70", user_id="ana", remote_id="003"))
    add_facts(store, "hubspot.company", [FactRecord("hubspot.company", "acme", {"seats": "80"})], utc(2026, 3, 1))
    assert sorted(value for value, _, _ in history(store)) == ["50", "70", "80"]
    assert history(store, "@id") == [("003", at(2026, 3, 1), at(2026, 3, 1))]
    assert set(store.manifest().pulls) == {CRM, "hubspot.company"}


def test_a_person_of_one_account_gives_it_to_events_and_one_of_several_does_not(store: UsageStore) -> None:
    people = [("acme", "ana"), ("acme", "ben"), ("globex", "ben"), ("globex", "eve")]
    pull(store, 1, *(record("x", account=account, user_id=user) for account, user in people))
    assert user_accounts(store) == {"ana": "acme", "eve": "globex"}


def test_an_empty_store_knows_nobody(store: UsageStore) -> None:
    assert user_accounts(store) == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, None), ("", None), (True, "true"), (False, "false"), (0, "0"), (1.5, "1.5"), ("x", "x"), ([], None),
     ("  ", None), (float("nan"), None), ("\x1agone", "gone"),
     (["EU", 1], '["EU", 1]'), (("a",), '["a"]'),
     ({"a": 1}, '{"a": 1}'), (utc(2026, 3, 1), "2026-03-01T00:00:00+00:00")],
)  # fmt: skip
def test_values_are_stored_as_text_that_reads_back(value: Any, text: str | None) -> None:
    assert as_text(value) == text


# --- cohorts ----------------------------------------------------------------------------------------------------------


def cohort(store: UsageStore, day: int, *accounts: str) -> int:
    return add_cohort(store, CohortMembers("mixpanel.cohort", "Power users", frozenset(accounts)), utc(2026, 3, day))


def test_accounts_join_and_leave_a_cohort(store: UsageStore) -> None:
    assert cohort(store, 1, "acme", "globex") == 2
    assert cohort(store, 2, "acme", "globex") == 0
    assert cohort(store, 3, "acme", "initech") == 2
    assert cohort(store, 4, "acme", "globex") == 2
    field = cohort_field("Power users")
    assert [(value, since.day) for value, since, _ in history(store, field, "globex")] == [
        ("true", 1), ("false", 3), ("true", 4),
    ]  # fmt: skip
    assert [(value, since.day) for value, since, _ in history(store, field, "initech")] == [("true", 3), ("false", 4)]


def test_an_empty_cohort_was_pulled_all_the_same(store: UsageStore) -> None:
    assert cohort(store, 1) == 0
    assert cohort(store, 5) == 0
    pulls = store.manifest().pulls["mixpanel.cohort:Power users"]
    assert (pulls.first, pulls.last) == (utc(2026, 3, 1), utc(2026, 3, 5))
