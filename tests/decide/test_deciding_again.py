"""What keeps a firing may lapse: it is decided about again, and nothing about it is sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from expansion.evaluate.subjects import UserOf
from expansion.ledger import verdicts
from expansion.ledger.store import Ledger, open_ledger
from expansion.records.firing import step_key
from expansion.records.ledger import StepFilter
from tests.decide.fakes import NOW, policy, trigger, unknown
from tests.decide.runs import Town, day

DEAL = [{"reason": "a deal is open", "when": [{"fact": "open_deal", "is": True}]}]
OPEN, OVER = {"open_deal": True, "arr": 1000}, {"open_deal": False, "arr": 1000}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


@pytest.fixture
def town(ledger: Ledger) -> Town:
    return Town(ledger, rules=policy(suppress=DEAL), facts={"a": OPEN, "b": OVER})


# --- suppressed -------------------------------------------------------------------------------------------------------


def test_a_suppressed_firing_acts_when_the_reason_is_over_and_keeps_its_episode(town: Town) -> None:
    town.run(0, ["a"])
    before = town.firing("a")
    assert (before.decision, before.reason) == ("suppressed", "left alone: a deal is open")
    town.facts["a"] = OVER
    decided = town.run(5, ["a"])
    assert decided.firings == ()
    after = town.firing("a")
    assert (after.id, after.episode, after.fired_at) == (before.id, before.episode, NOW)
    assert (after.decision, after.reason, after.playbook) == ("acting", "starts playbook seats", "seats")
    assert (after.decided_at, after.decided_in) == (day(5), 2)
    assert [(one.decision, one.reason, one.decided_at) for one in town.ledger.past_decisions(after.id)] == [
        ("suppressed", "left alone: a deal is open", NOW)
    ]
    ask, _ = town.ledger.steps()
    assert ask.key == step_key("a", "seat-limit", 1, "seats", "ask")
    assert (ask.state, ask.fired_at) == ("due", NOW)


def test_its_steps_begin_when_it_acts_and_not_when_it_fired(town: Town) -> None:
    town.run(0, ["a"])
    town.facts["a"] = OVER
    town.run(5, ["a"])
    ask, remind = town.ledger.steps()
    assert ask.recipe["due_from"] == day(5).isoformat()
    assert remind.not_before == day(8)
    assert ask.recipe["context"]["fired_on"] == "3 March 2026"


def test_as_long_as_nothing_changes_nothing_is_written(town: Town) -> None:
    town.run(0, ["a"])
    assert town.decide(1, {"seat-limit": {"yes": ["a"]}}).again == ()
    town.run(1, ["a"])
    assert town.firing("a").decided_at == NOW


def test_another_reason_is_another_decision(town: Town) -> None:
    town.run(0, ["a"])
    town.rules = policy(suppress=[{"reason": "red health", "when": [{"fact": "open_deal", "is": True}]}])
    town.run(1, ["a"])
    assert town.firing("a").reason == "left alone: red health"
    assert len(town.ledger.past_decisions(1)) == 1


@pytest.mark.parametrize("told", [{"yes": []}, {"yes": ["a"], "unknown": {"a": "events are late"}}])
def test_only_where_the_trigger_is_certainly_true(town: Town, told: dict[str, object]) -> None:
    town.run(0, ["a"])
    town.facts["a"] = OVER
    assert town.decide(1, {"seat-limit": told}).again == ()


def test_an_episode_that_ended_is_not_decided_again(town: Town) -> None:
    town.run(0, ["a"])
    town.facts["a"] = OVER
    town.run(1, cleared=["a"])
    (new,) = town.run(2, ["a"]).firings
    assert new.episode == 2
    assert {step.episode for step in town.ledger.steps()} == {2}


def test_a_run_over_an_earlier_day_decides_nothing_again(town: Town) -> None:
    town.run(3, ["a"])
    town.facts["a"] = OVER
    assert town.decide(2, {"seat-limit": {"yes": ["a"]}}).again == ()


def test_what_becomes_free_in_a_flood_is_held_by_the_brake(town: Town) -> None:
    """Somebody removes a suppression, and forty accounts would be written to at once."""
    town.rules = policy(suppress=DEAL, flood={"at_most": "2 accounts"})
    names = ["a", "c", "d"]
    town.facts |= dict.fromkeys(names, OPEN)
    town.run(0, names)
    town.facts |= dict.fromkeys(names, OVER)
    town.run(1, names)
    assert set(town.decisions().values()) == {"flood"}
    assert town.ledger.steps() == []


def test_held_out_stays_held_out(town: Town) -> None:
    town.rules = policy(holdout={"share": "100%", "salt": "s"})
    town.run(0, ["a"])
    town.rules = policy()
    assert town.run(1, ["a"]).again == ()
    assert town.firing("a").decision == "held_out"


def test_each_person_is_decided_about_again(ledger: Ledger) -> None:
    town = Town(ledger, [trigger(who="users")], policy(suppress=DEAL), facts={"a": OPEN})
    ana, bo = UserOf("a", "ana"), UserOf("a", "bo")
    town.run(0, [ana])
    town.facts["a"] = OVER
    decided = town.run(1, [ana, bo])
    assert [(each.firing.user_id, each.firing.decision) for each in decided.again] == [("ana", "acting")]
    assert [(each.user_id, each.reason) for each in decided.firings] == [
        ("bo", "joined with seat-limit for ana: one conversation with this account")
    ]
    assert {step.user_id for step in ledger.steps()} == {"ana"}


def test_one_that_cannot_be_explained_waits_for_the_next_run(town: Town) -> None:
    town.run(0, ["a"])
    town.facts["a"] = OVER | {"arr": unknown()}
    assert [each.firing.worth for each in town.run(1, ["a"]).again] == [None]


# --- two at once ------------------------------------------------------------------------------------------------------


def test_two_runs_that_decide_the_same_again_write_its_steps_once(town: Town) -> None:
    town.run(0, ["a"])
    town.facts["a"] = OVER
    first, second = (town.decide(at, {"seat-limit": {"yes": ["a"]}}) for at in (1, 1.1))
    town.record(first, 1)
    town.record(replace(second, based_on=None), 1.1)  # the mark would have it decided anew
    assert len(town.ledger.steps()) == 2
    assert town.firing("a").decided_at == day(1)
    assert len(town.ledger.past_decisions(1)) == 1


# --- quiet first run --------------------------------------------------------------------------------------------------


@pytest.fixture
def quiet(ledger: Ledger) -> Town:
    return Town(ledger, [trigger(first_run="quiet")])


def test_the_first_live_run_writes_down_and_sends_nothing(quiet: Town, snapshot: SnapshotAssertion) -> None:
    quiet.run(0, ["a", "b"])
    assert quiet.decisions() == {"a": "quiet", "b": "quiet"}
    assert quiet.firing("a").reason == snapshot
    assert quiet.ledger.steps() == []


def test_from_the_second_run_on_only_what_is_new_acts(quiet: Town) -> None:
    quiet.run(0, ["a"])
    quiet.run(1, ["a", "b"])
    assert quiet.decisions() == {"a": "quiet", "b": "acting"}
    assert {step.account_id for step in quiet.ledger.steps()} == {"b"}


def test_a_first_run_that_finds_nobody_counts(quiet: Town) -> None:
    quiet.run(0)
    quiet.run(1, ["a"])
    assert quiet.decisions() == {"a": "acting"}


def test_a_trigger_may_say_that_its_first_run_acts(ledger: Ledger) -> None:
    town = Town(ledger, [trigger(first_run="act")])
    town.run(0, ["a"])
    assert town.decisions() == {"a": "acting"}


def test_turned_from_watching_to_live_the_first_live_run_is_quiet(quiet: Town) -> None:
    live = quiet.triggers
    quiet.triggers = [trigger(first_run="quiet", status="watching")]
    quiet.run(0, ["a"])
    quiet.triggers = live
    quiet.run(1, ["a", "b"])
    assert quiet.decisions() == {"a": "watching", "b": "quiet"}
    quiet.run(2, ["a", "b", "c"])
    assert quiet.decisions()["c"] == "acting"


def test_a_changed_definition_is_no_first_run(quiet: Town) -> None:
    quiet.run(0, ["a"])
    quiet.triggers = [trigger(first_run="quiet", when=[{"fact": "seat_usage", "at_least": "70%"}])]
    quiet.run(1, ["b"])
    assert quiet.decisions()["b"] == "acting"


def test_a_run_in_which_nothing_could_be_told_is_no_first_run(quiet: Town) -> None:
    unknown = dict.fromkeys(["a", "b"], "events are late")
    quiet.run_all(0, {"seat-limit": {"unknown": unknown, "asked": 2}})
    quiet.run(1, ["a", "b"])
    assert set(quiet.decisions().values()) == {"quiet"}


def test_a_first_run_that_floods_is_held_by_the_brake(quiet: Town) -> None:
    quiet.rules = policy(flood={"at_most": "1 accounts"})
    quiet.run(0, ["a", "b"])
    assert set(quiet.decisions().values()) == {"flood"}


# --- paused -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pause(town: Town) -> Callable[..., None]:
    def pause(kind: str, name: str, at: float = 0, note: str = "the price list changes") -> None:
        assert town.ledger.pause(kind, name, "dana", note, day(at))  # type: ignore[arg-type]

    return pause


def test_a_paused_trigger_writes_down_who_fires(
    town: Town, pause: Callable[..., None], snapshot: SnapshotAssertion
) -> None:
    pause("trigger", "seat-limit")
    town.run(0, ["a", "b"])
    assert town.decisions() == {"a": "paused", "b": "paused"}
    assert town.firing("b").reason == snapshot
    town.ledger.resume("trigger", "seat-limit", "dana", "", day(1))
    town.run(1, ["a", "b"])
    assert town.decisions() == {"a": "suppressed", "b": "acting"}


def test_a_paused_playbook_is_not_started_and_is_later(town: Town, pause: Callable[..., None]) -> None:
    pause("playbook", "seats")
    town.run(0, ["b"])
    assert (town.firing("b").decision, town.firing("b").playbook) == ("paused", None)
    town.ledger.resume("playbook", "seats", "dana", "", day(1))
    town.run(1, ["b"])
    assert town.decisions() == {"b": "acting"}


def test_a_first_run_that_was_paused_is_still_to_come(quiet: Town) -> None:
    quiet.ledger.pause("trigger", "seat-limit", "dana", "", day(0))
    quiet.run(0, ["a"])
    quiet.ledger.resume("trigger", "seat-limit", "dana", "", day(1))
    quiet.run(1, ["a", "b"])
    assert set(quiet.decisions().values()) == {"quiet"}


def test_steps_of_what_is_paused_are_not_claimed_from_that_moment(town: Town, pause: Callable[..., None]) -> None:
    town.run(0, ["b"])

    def claimed() -> int:
        with_lease = timedelta(minutes=15)
        found = town.ledger.claim("salesforce.create_task", 9, "me", day(0), with_lease)
        for step in found:
            town.ledger.resolve([verdicts.released(step.key, day(0), "let go")], "me", day(0))
        return len(found)

    for kind, name in (("trigger", "seat-limit"), ("playbook", "seats"), ("integration", "salesforce")):
        assert claimed() == 1
        pause(kind, name)
        assert (claimed(), town.ledger.due_actions(day(0))) == (0, [])
        town.ledger.resume(kind, name, "dana", "", day(0))  # type: ignore[arg-type]
    assert claimed() == 1
    assert [step.state for step in town.ledger.steps(StepFilter())] == ["due", "waiting"]
