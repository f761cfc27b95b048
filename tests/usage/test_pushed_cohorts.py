"""Cohorts that are pushed: an account is in one while one of its people is, as of any moment, in whatever order and how
often what was told of it came."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from expansion.contract import Aside, CohortPush, FactRecord, Merge
from expansion.evaluate.relations import StoreRelations
from expansion.explain.evaluator import StoreEvaluator, evaluator
from expansion.forgetting import forget
from expansion.ledger.store import open_ledger
from expansion.usage import compaction
from expansion.usage.ahead import put_back
from expansion.usage.facts import add_facts
from expansion.usage.pushed.cohort_pages import LONGEST, CohortPages
from expansion.usage.pushed.folding import Folded
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.store import UsageStore
from tests.evaluate.words import trigger, vocabulary

SOURCE, NAME = "mixpanel.cohort", "VIP"  # as the tests' vocabulary names it
START = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = {"ana": "acme", "bo": "acme", "cy": "globex", "di": "initech"}
ANA = "anastasia@acme.example"
ACCOUNTS = sorted(set(PEOPLE.values()))


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def push(hours: float, joined: str = "", left: str = "", known: float | None = None, **more: Any) -> CohortPush:
    people = (frozenset(names.split()) for names in (joined, left))
    return CohortPush(SOURCE, NAME, at(hours), at(hours if known is None else known), *people, **more)


def page(hours: float, joined: str, number: int = 1, of: int = 1, session: str = "s-1") -> CohortPush:
    return push(hours, joined, session=session, whole=True, page=number, pages=of)


@pytest.fixture
def store(tmp_path: Path) -> UsageStore:
    """In which it is known who belongs where."""
    made = UsageStore(tmp_path)
    records = [
        FactRecord("crm", account, {"account": account}, None, user, at(-99)) for user, account in PEOPLE.items()
    ]
    add_facts(made, "crm", records, at(-99))
    return made


def fold(store: UsageStore, *pushes: CohortPush) -> Folded:
    if pushes:
        Journal(store.root).append(pushes)
    return Journal(store.root).fold(store)


def members(store: UsageStore, hours: float, condition: dict[str, Any] | None = None) -> dict[str, str]:
    """What is answered of each account at a moment."""
    asked = trigger(when=[condition or {"cohort": "vip"}])
    found = evaluator(store, vocabulary(), at(hours)).answers([asked])["t"]
    words = dict.fromkeys(ACCOUNTS, "no")
    return words | dict.fromkeys(map(str, found.yes), "yes") | dict.fromkeys(map(str, found.unknown), "cannot tell")


def inside(store: UsageStore, hours: float) -> list[str]:
    found = members(store, hours)
    assert "cannot tell" not in found.values()
    return [account for account in ACCOUNTS if found[account] == "yes"]


def test_an_account_is_in_it_while_one_of_its_people_is(store: UsageStore) -> None:
    fold(store, push(1, "ana"), push(2, "bo"), push(3, left="ana"), push(4, left="bo"))
    assert [inside(store, hour) for hour in (1, 2, 3, 4)] == [["acme"], ["acme"], ["acme"], []]


def test_it_can_be_asked_of_the_past_and_how_long_it_was_so(store: UsageStore) -> None:
    fold(store, push(0, "ana"), push(24 * 5, "cy"))
    assert inside(store, 24) == ["acme"]
    long = {"cohort": "vip", "for": "4 days"}
    assert members(store, 24 * 6, long) == {"acme": "yes", "globex": "no", "initech": "no"}


def test_before_the_first_word_nobody_can_be_told(store: UsageStore) -> None:
    fold(store, push(5, "ana"))
    assert set(members(store, 4).values()) == {"cannot tell"}


def test_what_is_known_late_was_not_known_before(store: UsageStore) -> None:
    fold(store, push(0, "cy"), push(1, "ana", known=9))
    assert inside(store, 8) == ["globex"]
    assert inside(store, 9) == ["acme", "globex"]


def test_a_person_whose_account_is_told_later_was_in_it_all_the_time(store: UsageStore) -> None:
    fold(store, push(0, "ed"))
    assert inside(store, 1) == []
    add_facts(store, "crm", [FactRecord("crm", "acme", {"account": "acme"}, None, "ed", at(2))], at(2))
    assert inside(store, 3) == ["acme"]


def test_who_moved_to_another_account_counts_there(store: UsageStore) -> None:
    fold(store, push(0, "ana"))
    add_facts(store, "crm", [FactRecord("crm", "initech", {"account": "initech"}, None, "ana", at(2))], at(2))
    assert (inside(store, 1), inside(store, 3)) == (["acme"], ["initech"])


def test_who_was_merged_is_in_it_under_the_id_of_now(store: UsageStore) -> None:
    fold(store, push(0, "anon"))
    Journal(store.root).append([Merge("crm", "user", "anon", "ana", at(1), at(1))])
    fold(store)
    assert inside(store, 2) == ["acme"]


# --- the whole, page by page ------------------------------------------------------------------------------------------


def test_the_whole_replaces_who_was_in_it(store: UsageStore) -> None:
    fold(store, push(0, "ana cy"), page(1, "cy di"))
    assert (inside(store, 0), inside(store, 1)) == (["acme", "globex"], ["globex", "initech"])


def test_an_empty_whole_is_one(store: UsageStore) -> None:
    fold(store, push(0, "ana"), page(1, ""))
    assert inside(store, 1) == []


def test_pages_count_when_all_have_come_in_any_order_and_over_several_runs(store: UsageStore) -> None:
    fold(store, push(0, "di"))
    assert fold(store, page(1, "ana", 2, 3)).half == {f"{SOURCE}: {NAME}": "1 of 3"}
    fold(store, page(1.1, "ana", 2, 3), page(1.2, "", 3, 3))
    assert inside(store, 2) == ["initech"]
    assert fold(store, page(3, "cy", 1, 3)).half == {}
    assert inside(store, 2) == ["initech"]  # at that time nobody knew
    assert inside(store, 3) == ["acme", "globex"]


def test_a_page_of_a_session_that_is_done_says_nothing_new(store: UsageStore) -> None:
    fold(store, page(1, "ana", 1, 2), page(1, "cy", 2, 2), push(2, left="ana"))
    fold(store, page(3, "ana", 1, 2), page(3, "cy", 2, 2))
    assert inside(store, 4) == ["globex"]


def test_a_session_that_never_completes_is_set_aside_and_changes_nothing(store: UsageStore) -> None:
    fold(store, push(0, "di"), page(1, "ana", 1, 2))
    later = 1 + LONGEST / timedelta(hours=1)
    assert fold(store, page(later, "di", 1, 2, "s-2")).rejects == {}
    done = fold(store, page(later + 1, "di", 2, 2, "s-2"))
    assert done.rejects == {"of the pages of a cohort 1 of 2 came; its sender has to begin anew": 1}
    assert inside(store, later + 2) == ["initech"]


def test_of_a_sender_that_tells_the_whole_first_nobody_can_be_told_before(store: UsageStore) -> None:
    fold(store, push(0, "ana", session="s-1"))
    assert set(members(store, 1).values()) == {"cannot tell"}
    fold(store, page(2, "cy", session="s-2"))
    assert inside(store, 2) == ["globex"]


def test_a_look_at_what_no_run_has_brought_in_writes_nothing(store: UsageStore) -> None:
    fold(store, page(1, "ana", 1, 2))
    before = CohortPages(store.root).path.read_bytes()
    Journal(store.root).append([page(1, "cy", 2, 2)])
    seen = Journal(store.root).beside(store)
    assert inside(seen, 2) == ["acme", "globex"]
    assert CohortPages(store.root).path.read_bytes() == before
    fold(store)
    assert inside(store, 2) == ["acme", "globex"]


@pytest.mark.parametrize("more", [{"page": 0}, {"page": 3, "pages": 2}, {"whole": True}, {"name": " "}])
def test_a_push_that_makes_no_sense_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"page|session|empty"):
        replace(push(0, "ana"), **more)


# --- in any order -----------------------------------------------------------------------------------------------------


def drawn(rnd: Random) -> list[CohortPush]:
    """What a sender told over a day: every moment once, so that nothing contradicts itself."""
    told: list[CohortPush] = []
    for hour in sorted(rnd.sample(range(24), rnd.randint(2, 8))):
        some = " ".join(rnd.sample(sorted(PEOPLE), rnd.randint(0, 3)))
        if rnd.random() < 0.3:
            split = [" ".join(some.split()[:1]), " ".join(some.split()[1:])]
            told += [page(hour, names, n, 2, f"s-{hour}") for n, names in enumerate(split, start=1)]
        else:
            told.append(push(hour, some) if rnd.random() < 0.6 else push(hour, left=some))
    return told


def expected(told: Iterable[CohortPush], hour: float) -> list[str]:
    """The same, one after the other."""
    people: set[str] = set()
    sessions: dict[datetime, set[str]] = {}
    for one in sorted((one for one in told if one.at <= at(hour)), key=lambda one: one.at):
        if one.whole:
            people = sessions.setdefault(one.at, set()) | one.joined
            sessions[one.at] = people
        else:
            people = (people | one.joined) - one.left
    return sorted({PEOPLE[user] for user in people})


def folded_in_parts(store: UsageStore, rows: Sequence[CohortPush], rnd: Random) -> None:
    left = list(rows)
    while left:
        some = rnd.randint(1, len(left))
        fold(store, *left[:some])
        left = left[some:]
        if rnd.random() < 0.3:
            compaction.put_together(store)


@pytest.mark.parametrize("seed", range(12))
def test_neither_order_nor_repeats_nor_runs_in_between_play_a_part(
    store: UsageStore, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "MANY", 1)
    rnd = Random(seed)
    told = drawn(rnd)
    late = [replace(one, known_at=at(30)) for one in told]  # all of it arrives a day late, in no order
    twice = late + rnd.sample(late, rnd.randint(0, len(late)))
    rnd.shuffle(twice)
    folded_in_parts(store, twice, rnd)
    found = evaluator(store, vocabulary(), at(31))
    assert inside(store, 31) == expected(told, 31)
    history = {hour: expected(told, hour) for hour in range(24)}
    assert _history(found) == history


def _history(asked: StoreEvaluator) -> dict[int, list[str]]:
    relations = asked.source
    assert isinstance(relations, StoreRelations)
    rows = relations.con.execute(
        f"SELECT account_id, value, since FROM {relations.facts.pulled} WHERE source = '{SOURCE}' ORDER BY since"
    ).fetchall()
    found: dict[int, list[str]] = {}
    for hour in range(24):
        now = {account: value for account, value, since in rows if since.replace(tzinfo=UTC) <= at(hour)}
        found[hour] = sorted(account for account, value in now.items() if value == "true")
    return found


# --- people -----------------------------------------------------------------------------------------------------------


def test_who_is_forgotten_is_in_no_file_and_the_account_stays_in_it(store: UsageStore, tmp_path: Path) -> None:
    fold(store, push(0, ANA), page(1, f"{ANA} bo", 1, 2, "half"))
    add_facts(store, "crm", [FactRecord("crm", "acme", {"account": "acme"}, None, ANA, at(0))], at(0))
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    told = forget(store, ledger, tmp_path, ANA, "dana", at(2))
    ledger.close()
    assert told.left == ()
    assert ANA not in everything(tmp_path)
    assert inside(store, 3) == ["acme"]
    fold(store, push(4, left=ANA))
    assert ANA not in everything(tmp_path)
    assert inside(store, 5) == []


def everything(home: Path) -> str:
    """All that the folder holds, as text."""
    said = [str(path.read_bytes()) for path in home.rglob("*") if path.is_file()]
    said += [str(duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()) for path in home.rglob("*.parquet")]
    return "\n".join(said)


def test_what_was_learnt_with_a_clock_ahead_counts_as_learnt_now(store: UsageStore) -> None:
    fold(store, push(50, "ana"))
    assert put_back(store, at(10)) == 1
    assert inside(store, 10) == ["acme"]


def test_the_list_of_what_was_set_aside_names_nobody(store: UsageStore) -> None:
    pages = CohortPages(store.root)
    pages.add([page(1, "ana", 1, 2), page(80, "bo", 1, 2, "s-2")])
    [aside] = pages.take_old()
    assert isinstance(aside, Aside)
    assert "ana" not in json.dumps([aside.reason, aside.text])
