"""What was pushed, folded into the store: facts before events, people without an account, and lines of every kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from expansion.contract import Arrived, Aside, CohortPush, EventRow, FactRecord, Merge, Outcome
from expansion.usage.checking import NO_ACCOUNT
from expansion.usage.facts import facts_sql
from expansion.usage.identity.merges import merges_said
from expansion.usage.pushed import waiting_events
from expansion.usage.pushed.journal import Journal
from expansion.usage.pushed.journal_lines import lines_of, rows_of
from expansion.usage.pushed.waiting_events import LONGEST, WaitingEvents
from expansion.usage.pushed.waiting_people import WaitingPeople
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.store import UsageStore

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TRAITS = FactRecord("posthog.calls", "", {"role": "admin"}, None, "ana", NOW, NOW)
GROUP = FactRecord("segment.calls", "acme", {"account": "acme"}, None, "ana", NOW, NOW)


def event(n: int = 1, user: str | None = "ana", at: datetime = NOW) -> EventRow:
    return EventRow(f"segment:{n}", "Login", at, None, user, {"n": n}, at, source="segment.calls")


@pytest.fixture
def push(tmp_path: Path) -> Callable[..., tuple[int, int, int]]:
    """Write rows down, fold, and give how many were stored, wait, and were set aside."""

    def pushed(*rows: Arrived) -> tuple[int, int, int]:
        if rows:
            Journal(tmp_path).append(rows)
        done = Journal(tmp_path).fold(UsageStore(tmp_path))
        return done.stored, done.waiting, sum(done.rejects.values())

    return pushed


Push = Callable[..., tuple[int, int, int]]


def test_a_line_of_every_kind_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows: list[Arrived] = [
        GROUP,
        Merge("s.calls", "user", "anon", "ana", NOW, NOW),
        Outcome("s.calls", "acme", "expansion", NOW, "d-1", amount=Decimal("1.50"), currency="EUR"),
        CohortPush("s.calls", "vip", NOW, NOW, frozenset({"a", "b"}), session="s-1", whole=True, page=2, pages=3),
        Aside("s.calls", "no event name", '{"a": 1}'),
    ]
    (tmp_path / "lines").write_bytes(lines_of(rows) + b'{"row":"fact","source')
    assert list(rows_of(tmp_path / "lines")) == rows
    for row in rows:
        assert list(rows_of(tmp_path / "lines", type(row))) == [row]


def test_events_with_long_numbers_odd_texts_and_odd_values_are_read_as_they_were(tmp_path: Path) -> None:
    odd = {"long": 10**30, "half": "\ud83d", "line": "a\u2028b\x85c\nd", "deep": [{"a": None}], "nan": float("nan")}
    (tmp_path / "lines").write_bytes(lines_of([replace(event(), properties=odd)]))
    [row] = rows_of(tmp_path / "lines", EventRow)
    assert {**row.properties, "nan": None} == {**odd, "nan": None}
    (tmp_path / "one").write_bytes(lines_of([event(2)]))
    assert [(row.event_id, row.source) for row in rows_of(tmp_path / "one", EventRow)] == [
        ("segment:2", "segment.calls")
    ]


def test_a_person_whose_account_is_told_later_has_their_earlier_events(push: Push, tmp_path: Path) -> None:
    assert push(event(1), event(2)) == (0, 2, 0)
    assert push(event(2)) == (0, 2, 0)  # a repeat waits once
    assert push(GROUP) == (2, 0, 0)
    assert not WaitingEvents(tmp_path).path.exists()
    assert push() == (0, 0, 0)


def test_the_account_of_the_last_group_call_counts(push: Push, tmp_path: Path) -> None:
    later = replace(GROUP, account_id="globex", at=NOW + timedelta(hours=1), known_at=NOW + timedelta(hours=1))
    push(GROUP, later, event(1))
    store = UsageStore(tmp_path)
    events = store.events_of(store.manifest().segments)
    assert store.connect().execute(f"SELECT account_id FROM {events}").fetchall() == [("globex",)]


def test_an_event_of_nobody_is_set_aside_at_once(push: Push) -> None:
    assert push(event(1, None)) == (0, 0, 1)


def test_after_thirty_days_it_is_set_aside(push: Push, tmp_path: Path) -> None:
    push(event(1))
    assert push(event(2, "bo", NOW + LONGEST)) == (0, 2, 0)
    assert push(event(3, "cy", NOW + LONGEST + timedelta(seconds=1))) == (0, 2, 1)
    assert NO_ACCOUNT in (tmp_path / "rejects/segment.calls.jsonl").read_text()


def test_only_so_many_wait(push: Push, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_events, "MOST", 2)
    assert push(*(event(n, at=NOW + timedelta(minutes=n)) for n in range(5))) == (0, 2, 3)


def test_who_waits_and_is_forgotten_waits_under_the_pseudonym(push: Push, tmp_path: Path) -> None:
    push(event(1))
    forgotten_people(tmp_path).save({"ana": "forgotten-1"})
    assert push() == (0, 1, 0)
    text = WaitingEvents(tmp_path).path.read_text()
    assert "forgotten-1" in text and '"ana"' not in text


def test_facts_of_a_person_find_the_account_of_a_group_call_after_them(push: Push, tmp_path: Path) -> None:
    assert push(TRAITS, GROUP) == (0, 0, 0)
    assert held(tmp_path) == {("acme", "ana", "account", "acme"), ("acme", "ana", "role", "admin")}


def test_facts_of_a_person_wait_for_the_group_call_of_a_later_run(push: Push, tmp_path: Path) -> None:
    assert push(TRAITS, TRAITS) == (0, 0, 0)
    assert len(list(WaitingPeople(tmp_path).rows())) == 1
    assert held(tmp_path) == set()
    push(GROUP)
    assert ("acme", "ana", "role", "admin") in held(tmp_path)
    assert not WaitingPeople(tmp_path).path.exists()


def test_after_thirty_days_facts_are_set_aside(push: Push, tmp_path: Path) -> None:
    push(TRAITS)
    later = NOW + LONGEST + timedelta(seconds=1)
    assert push(replace(TRAITS, user_id="bo", at=later, known_at=later)) == (0, 0, 1)
    assert [one.user_id for one in WaitingPeople(tmp_path).rows()] == ["bo"]


def test_facts_of_somebody_who_is_forgotten_do_not_wait(push: Push, tmp_path: Path) -> None:
    push(TRAITS)
    forgotten_people(tmp_path).save({"ana": "forgotten-1"})
    assert push() == (0, 0, 0)
    assert not WaitingPeople(tmp_path).path.exists()


def test_facts_that_wait_are_seen_by_who_only_looks_and_stay(push: Push, tmp_path: Path) -> None:
    push(TRAITS)
    Journal(tmp_path).append([GROUP])
    seen = Journal(tmp_path).beside(UsageStore(tmp_path))
    assert ("acme", "ana", "role", "admin") in told(seen)
    assert [one.user_id for one in WaitingPeople(tmp_path).rows()] == ["ana"]


# --- values that change, and come late --------------------------------------------------------------------------------


def plan(hour: int, value: str, known: int | None = None) -> FactRecord:
    """A plan since an hour, known then or later."""
    at, seen = NOW + timedelta(hours=hour), NOW + timedelta(hours=hour if known is None else known)
    return FactRecord("segment.calls", "acme", {"plan": value}, "acme", None, at, seen)


def plans(root: Path) -> list[tuple[int, str]]:
    store = UsageStore(root)
    query = f"SELECT since, value FROM {facts_sql(store, store.manifest())} WHERE field = 'plan' ORDER BY since"
    rows = store.connect().execute(query).fetchall()
    return [((since.replace(tzinfo=UTC) - NOW) // timedelta(hours=1), value) for since, value in rows]


def test_a_value_that_changes_and_changes_back_between_two_runs_is_what_it_was(push: Push, tmp_path: Path) -> None:
    push(plan(0, "Team"))
    push(plan(1, "Business"), plan(2, "Team"), plan(3, "Business"), plan(4, "Business"), plan(5, "Team"))
    assert plans(tmp_path) == [(0, "Team"), (1, "Business"), (2, "Team"), (3, "Business"), (5, "Team")]


def test_an_older_value_that_comes_in_a_later_run_outdoes_no_newer_one(push: Push, tmp_path: Path) -> None:
    push(plan(0, "Team"))
    push(plan(2, "Business"))
    push(plan(1, "Free", known=5))
    assert plans(tmp_path) == [(0, "Team"), (1, "Free"), (2, "Business")]


# --- whose events name an account -------------------------------------------------------------------------------------


def test_the_account_that_all_events_of_a_person_name_is_theirs_where_nobody_says_it(
    push: Push, tmp_path: Path
) -> None:
    named = replace(event(1), account_id="acme")
    assert push(TRAITS, event(2), named) == (2, 0, 0)
    assert held(tmp_path) == {("acme", "ana", "role", "admin")}


def test_who_acts_in_several_accounts_belongs_to_none_by_that(push: Push, tmp_path: Path) -> None:
    push(replace(event(1), account_id="acme"), replace(event(2), account_id="globex"))
    assert push(TRAITS, event(3)) == (0, 1, 0)
    assert held(tmp_path) == set()


def test_what_somebody_says_of_a_person_comes_before_what_their_events_name(push: Push, tmp_path: Path) -> None:
    push(replace(event(1), account_id="globex"))
    push(GROUP, TRAITS, event(2))
    assert ("acme", "ana", "role", "admin") in held(tmp_path)


def told(store: UsageStore) -> set[tuple[str, ...]]:
    facts = facts_sql(store, store.manifest())
    return set(store.connect().execute(f"SELECT account_id, user_id, field, value FROM {facts}").fetchall())


def held(root: Path) -> set[tuple[str, ...]]:
    """The facts of the store."""
    return told(UsageStore(root))


def test_ids_that_are_one_person_are_merged(push: Push, tmp_path: Path) -> None:
    push(Merge("posthog.calls", "user", "anon", "ana", NOW, NOW))
    store = UsageStore(tmp_path)
    assert [(one.former_id, one.id) for one in merges_said(store, store.manifest())] == [("anon", "ana")]


def test_what_waits_is_seen_by_who_only_looks_and_stays(push: Push, tmp_path: Path) -> None:
    push(event(1))
    Journal(tmp_path).append([GROUP])
    seen = Journal(tmp_path).beside(UsageStore(tmp_path))
    assert sum(segment.rows for segment in seen.manifest().segments) == 1
    assert [row.event_id for row in WaitingEvents(tmp_path).rows()] == ["segment:1"]


def test_each_source_stands_under_its_name(push: Push, tmp_path: Path) -> None:
    other = replace(event(2), source="posthog.calls", account_id="acme")
    push(GROUP, event(1), other, replace(other, source="", event_id="x"))
    segments = UsageStore(tmp_path).manifest().segments
    assert sorted(segment.source for segment in segments) == ["journal", "posthog.calls", "segment.calls"]
