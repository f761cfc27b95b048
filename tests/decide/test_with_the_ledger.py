"""Deciding and the real ledger together: what was recorded is not decided again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from expansion.decide.decide import Decisions, decide
from expansion.evaluate.subjects import Subject, UserOf
from expansion.ledger.store import Ledger, open_ledger
from expansion.records.ledger import FiringFilter, StepFilter
from tests.decide.fakes import NOW, FakeEvaluator, answers, catalog, folder, playbook, policy, run, trigger

LATER = {
    "id": "remind",
    "do": "salesforce.create_task",
    "after": "3 days",
    "with": {"subject": "Still at {{ facts.seat_usage }}"},
}
NOW_AND_LATER = playbook(steps=[{"id": "ask", "do": "salesforce.create_task", "with": {"subject": "Seats"}}, LATER])


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


def one_run(
    ledger: Ledger,
    at: datetime,
    yes: Sequence[Subject],
    cleared: Sequence[Subject] = (),
    *,
    record: bool = True,
    who: str = "accounts",
) -> Decisions:
    """Decide, and unless the run is killed before, record."""
    flood = {"at_most": "3 accounts"}
    one = trigger(quiet_for="7 days", who=who)
    definitions = folder(one, policy=policy(flood=flood), playbooks=[NOW_AND_LATER])
    told = {"seat-limit": answers(yes=yes, cleared=cleared, as_of=at)}
    evaluator = FakeEvaluator({"a": {"arr": 1000}}, active={"a": ["u1"]}, as_of=at)
    decisions = decide(told, definitions, evaluator, ledger, run(at), catalog())
    if record:
        run_id = ledger.start_run("expansion", as_of=at, now=at)
        ledger.record(run_id, decisions.firings, decisions.cleared, at)
        ledger.finish_run(run_id, "completed", at)
    return decisions


def day(number: int) -> datetime:
    return NOW + timedelta(days=number)


def test_what_was_recorded_is_not_decided_again(ledger: Ledger) -> None:
    assert len(one_run(ledger, day(0), ["a"]).firings) == 1
    assert one_run(ledger, day(0), ["a"]).firings == ()
    assert [step.state for step in ledger.steps()] == ["due", "waiting"]


def test_a_run_that_was_killed_before_it_recorded_decides_the_same_again(ledger: Ledger) -> None:
    lost = one_run(ledger, day(0), ["a"], record=False)
    assert one_run(ledger, day(0), ["a"]) == lost
    assert {step.key for step in ledger.steps()} == {step.key for step in lost.firings[0].steps}


def test_after_clearing_and_cooling_the_account_fires_anew_with_other_keys(ledger: Ledger) -> None:
    one_run(ledger, day(0), ["a"])
    one_run(ledger, day(1), [], cleared=["a"])
    assert [wait.account_id for wait in one_run(ledger, day(6), ["a"]).cooling] == ["a"]
    (again,) = one_run(ledger, day(7), ["a"]).firings
    assert again.episode == 2
    assert len({step.key for step in ledger.steps()}) == 4


def test_what_the_flood_brake_held_is_seen_and_not_sent_by_the_next_run(ledger: Ledger) -> None:
    names = ["a", "b", "c", "d"]
    one_run(ledger, day(0), names)
    assert [firing.decision for firing in ledger.firings(FiringFilter(open_only=True))] == ["flood"] * 4
    assert one_run(ledger, day(1), names).firings == ()
    assert ledger.steps(StepFilter()) == []


def test_the_ledger_gives_back_what_was_decided(ledger: Ledger) -> None:
    (decided,) = one_run(ledger, day(0), ["a"]).firings
    (kept,) = ledger.firings()
    for name in ("account_name", "worth", "likely", "priority", "priority_parts", "evidence", "owner", "reason"):
        assert getattr(kept, name) == getattr(decided, name), name
    ask, remind = ledger.steps()
    assert (ask.input, remind.input) == (decided.steps[0].input, None)
    assert remind.recipe == decided.steps[1].recipe
    assert remind.not_before == day(3)


def test_people_of_one_account_come_and_go_by_themselves_with_a_conversation_for_each_day(ledger: Ledger) -> None:
    ana, bo, cy = (UserOf("a", user) for user in ("ana", "bo", "cy"))
    first = one_run(ledger, day(0), [ana, bo], who="users")
    assert [(firing.user_id, len(firing.steps)) for firing in first.firings] == [("ana", 2), ("bo", 0)]
    second = one_run(ledger, day(1), [ana, bo, cy], who="users")
    assert [(firing.user_id, len(firing.steps)) for firing in second.firings] == [("cy", 2)]
    one_run(ledger, day(2), [bo], cleared=[ana, cy], who="users")
    assert ledger.open_episodes("seat-limit").keys() == {bo}
    third = one_run(ledger, day(7), [ana, bo, cy], who="users")
    assert [(firing.user_id, firing.episode) for firing in third.firings] == [("ana", 2)]
    assert [wait.user_id for wait in third.cooling] == ["cy"]
    assert {(step.user_id, step.episode) for step in ledger.steps()} == {("ana", 1), ("cy", 1), ("ana", 2)}
