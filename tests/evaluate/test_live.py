"""The resident evaluator: an account answers at once as it does in the next run, and its events are kept."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.contract import EventRow
from expansion.evaluate.results import Evaluator
from expansion.evaluate.subjects import Subject, UserOf
from expansion.explain.evaluator import evaluator
from expansion.language.model.models import Trigger
from expansion.react.besides import Besides
from expansion.react.resident import Resident
from expansion.steps.plain import read_clauses
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.store import UsageStore
from tests.evaluate.drawing import a_clause, several
from tests.evaluate.pushing import take
from tests.evaluate.trying import examples
from tests.evaluate.words import Definition, trigger
from tests.evaluate.worlds import World, a_world


def pushed(event: Definition) -> EventRow:
    who = (event["account"], event["user"])
    return EventRow(event["id"], event["event"], event["at"], *who, event["properties"], event["seen"])


def _subject(one: Trigger, account: str, user: str) -> Subject:
    return UserOf(account, user) if one.who == "users" else account


def said(answers: object, subject: object) -> str:
    return "yes" if subject in answers.yes else "cannot tell" if subject in answers.unknown else "no"  # type: ignore[attr-defined]


@examples(40)
@given(seed=st.integers(0, 2**24 - 1))
def test_an_account_answers_at_once_as_it_does_after_the_next_run(seed: int) -> None:
    rnd = Random(seed)
    world, definitions = a_world(rnd), several(rnd, 6, 9)
    # Ranks are those of the moment when the process began, and so are left out here.
    definitions = [one for one in definitions if "among_top" not in json.dumps(one)]
    asked = [trigger(f"t{i}", **definition) for i, definition in enumerate(definitions)]
    stored, late = _parted(rnd, world)
    world = World(**{**vars(world), "batches": [stored] if stored else []})
    with tempfile.TemporaryDirectory() as folder:
        store = world.store(Path(folder))
        resident = Resident.of(store, world.vocabulary, asked, world.as_of)
        Journal(store.root).append(list(map(pushed, late)))
        told = {(event["account"], event["user"]) for event in late}
        for start in range(0, len(late), 5):  # as they come in: a few at a time
            resident.hear(map(pushed, late[start : start + 5]), world.as_of)
        asking = resident.asking(world.as_of)
        if rnd.random() < 0.5:  # one by one, and all together
            found = {key: resident.answer(*key, world.as_of) for key in told}
        else:
            touched = {account: {user for of, user in told if of == account} for account, _ in told}
            together = asking.answers_of(asked, resident.of_those_there(touched))
            found = dict.fromkeys(told, together)
        Journal(store.root).fold(store)
        of_run = evaluator(UsageStore(Path(folder)), world.vocabulary, world.as_of)
        after = of_run.answers(asked)
        explained = {
            (account, user, one.trigger): [each.explain(one, _subject(one, account, user)) for each in (asking, of_run)]
            for account, user in told
            for one in asked
            if _subject(one, account, user) in after[one.trigger].yes
        }
    for mine, theirs in explained.values():
        assert mine == theirs
    for (account, user), answers in found.items():
        for one in asked:
            if one.who == "users" and not user:
                continue
            subject = _subject(one, account, user)
            mine, theirs = answers[one.trigger], after[one.trigger]
            assert said(mine, subject) == said(theirs, subject), (account, user, one)
            assert (subject in mine.cleared) == (subject in theirs.cleared), (account, user, one)
            assert mine.unknown.get(subject) == theirs.unknown.get(subject)


@examples(25)
@given(seed=st.integers(0, 2**24 - 1))
def test_what_is_asked_beside_the_triggers_is_answered_at_once_as_after_the_next_run(seed: int) -> None:
    """Guard rails, branches and the facts of a text: so what is decided is decided alike."""
    rnd = Random(seed)
    world = a_world(rnd)
    clauses = [[a_clause(rnd)] for _ in range(4)]
    clauses = [some for some in clauses if "among_top" not in json.dumps(some)]
    stored, late = _parted(rnd, world)
    world = World(**{**vars(world), "batches": [stored] if stored else []})
    read = [read_clauses(some) for some in clauses]
    facts = [name for name in world.vocabulary.facts.facts if not world.vocabulary.facts.of_users(name)]
    with tempfile.TemporaryDirectory() as folder:
        store = world.store(Path(folder))
        resident = Resident.of(store, world.vocabulary, [EXPORTS], world.as_of, Besides(read, facts))
        Journal(store.root).append(list(map(pushed, late)))
        resident.hear(map(pushed, late), world.as_of)
        asking = resident.asking(world.as_of)
        accounts = sorted({event["account"] for event in late})
        mine = _beside(asking, read, facts, accounts)
        Journal(store.root).fold(store)
        theirs = _beside(evaluator(UsageStore(Path(folder)), world.vocabulary, world.as_of), read, facts, accounts)
    assert mine == theirs


def _beside(asked: Evaluator, clauses: Sequence[Any], facts: Sequence[str], accounts: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: asked.fact(name, accounts) for name in facts}
    for n, some in enumerate(clauses):
        found[f"holds {n}"] = asked.holds(some, accounts)
        found[f"unanswered {n}"] = asked.unanswered(some, accounts)
    return found


def _parted(rnd: Random, world: World) -> tuple[list[Definition], list[Definition]]:
    """What is stored, and a few that come in afterwards."""
    events = list({event["id"]: event for batch in world.batches for event in batch}.values())
    late = [event for event in events if event["seen"] <= world.as_of]
    rnd.shuffle(late)
    late = late[: rnd.randint(0, 12)]
    return [event for event in events if event not in late and event["seen"] <= world.as_of], late


EXPORTS = trigger("exports", when=[{"event": "export", "over": "7 days", "at_least": 2}])


def resident(folder: Path) -> tuple[Resident, World]:
    world = next(made for n in range(100) if (made := a_world(Random(n))).spans and not made.batches)
    return Resident.of(world.store(folder), world.vocabulary, [EXPORTS], world.as_of), world


def row(world: World, key: str, **changed: object) -> EventRow:
    values = {"event_id": key, "event": "export", "time": world.as_of, "account_id": "acme", "user_id": "ana"}
    return EventRow(**{**values, "properties": {}, **changed})  # type: ignore[arg-type]


def test_the_same_event_twice_counts_once(tmp_path: Path) -> None:
    asked, world = resident(tmp_path)
    assert "acme" not in take(asked, row(world, "1"), world.as_of)["exports"].yes
    assert "acme" not in take(asked, row(world, "1"), world.as_of)["exports"].yes
    assert "acme" in take(asked, row(world, "2"), world.as_of)["exports"].yes


def test_an_event_that_a_run_knew_does_not_count_again(tmp_path: Path) -> None:
    asked, world = resident(tmp_path)
    take(asked, row(world, "1"), world.as_of)
    Journal(asked.store.root).fold(asked.store)
    later = Resident.of(asked.store, world.vocabulary, [EXPORTS], world.as_of)
    assert "acme" not in take(later, row(world, "1"), world.as_of)["exports"].yes
    assert "acme" in take(later, row(world, "2"), world.as_of)["exports"].yes


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"event_id": ""}, "no event id"),
        ({"event": None}, "no event name"),
        ({"account_id": None}, "no account, and none, or more than one, is known for its user"),
        (
            {"time": "yesterday"},
            "the time cannot be read; write ISO 8601, such as 2025-03-01T10:00:00Z, or seconds, milliseconds, "
            "microseconds or nanoseconds since 1970",
        ),
        ({"time": 10}, "the time is a number that is no time"),
        ({"time": "1985-01-01"}, "the time lies outside 1990 to 2100"),
    ],
)
def test_what_is_no_event_is_refused_and_keeps_no_other_from_being_heard(
    tmp_path: Path, changed: Definition, reason: str
) -> None:
    asked, world = resident(tmp_path)
    taken = asked.hear([row(world, "1", **changed), row(world, "2"), row(world, "3")], world.as_of)
    assert [(said.startswith(reason), count) for said, count in taken.refused.items()] == [(True, 1)]
    assert taken.touched == {"acme": {"ana"}}
    assert "acme" in asked.answer("acme", "ana", world.as_of)["exports"].yes


def test_what_was_taken_is_in_the_store_after_a_fold_and_a_second_fold_changes_nothing(tmp_path: Path) -> None:
    asked, world = resident(tmp_path)
    for key in ("1", "2", "3"):
        take(asked, row(world, key), world.as_of)
    journal = Journal(tmp_path)
    assert (journal.fold(asked.store).stored, journal.fold(asked.store).stored) == (3, 0)
    after = evaluator(asked.store, world.vocabulary, world.as_of + timedelta(seconds=1))
    assert "acme" in after.answers([EXPORTS])["exports"].yes


def test_half_a_line_of_a_process_that_died_is_left_out_and_the_next_line_is_whole(tmp_path: Path) -> None:
    asked, world = resident(tmp_path)
    take(asked, row(world, "1"), world.as_of)
    with (tmp_path / "journal.jsonl").open("a") as journal:
        journal.write('{"event_id": "half')
    take(asked, row(world, "2"), world.as_of)
    assert Journal(tmp_path).fold(asked.store).stored == 2


def test_a_fold_that_was_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    asked, world = resident(tmp_path)
    take(asked, row(world, "1"), world.as_of)
    (tmp_path / "journal.jsonl").rename(tmp_path / "journal-folding.jsonl")  # where a kill leaves it
    take(asked, row(world, "2"), world.as_of)
    journal = Journal(tmp_path)
    assert (journal.fold(asked.store).stored, journal.fold(asked.store).stored) == (1, 1)
