"""Steps about earlier steps: found where an episode has ended, added once, and claimed like any other."""

from datetime import timedelta

import pytest

from expansion.contract import Done
from expansion.ledger import verdicts
from expansion.ledger.store import Ledger
from expansion.records.firing import Cleared, NewStep, step_key
from expansion.records.ledger import StepFilter
from tests.ledger.builders import NOON, a_firing, claim, key_of, minutes, record, state_of

LATER = NOON + timedelta(days=1)
TASK = {"action": "crm.create_task", "when_cleared": "close"}


def a_following(key: str | None = None, what: str = "cleared", **how) -> NewStep:
    given = {
        "key": step_key("acme", "seat-limit", 1, "seats", f"step-0.{what}"),
        "step_id": f"step-0.{what}",
        "position": 0,
        "integration": "crm",
        "action": "crm.change_task",
        "recipe": {"because": "the episode ended"},
        "input": {"text": "hi"},
        "state": "due",
        "can_fail": True,
        "follows": key or key_of(),
    }
    return NewStep(**given | how)


def done(ledger: Ledger, action: str = "crm.create_task") -> None:
    for step in claim(ledger, action):
        ledger.start_sending([step.key], "me", NOON, minutes(15))
        assert ledger.resolve([verdicts.done(step.key, Done("00T1"))], "me", NOON)


def ends(ledger: Ledger, account: str = "acme", trigger: str = "seat-limit") -> None:
    record(ledger, cleared=[Cleared(trigger, account)], at=LATER)


def test_done_steps_of_an_ended_episode_are_found_until_one_follows_them(ledger):
    record(ledger, a_firing(steps=[TASK, {"action": "slack.post"}]))
    done(ledger)
    assert ledger.to_take_back() == []
    ends(ledger)
    [step] = ledger.to_take_back()
    assert (step.key, step.cleared_at) == (key_of(), LATER)
    assert ledger.add_following([a_following()], LATER) == [a_following().key]
    assert ledger.to_take_back() == []
    assert ledger.add_following([a_following()], LATER) == [], "once"
    assert [one.step_id for one in ledger.following([key_of()])[key_of()]] == ["step-0.cleared"]


def test_what_was_not_done_or_is_not_asked_for_is_not_taken_back(ledger):
    record(ledger, a_firing(steps=[{"action": "crm.create_task"}, TASK]))
    done(ledger)  # the first; the second is skipped when the episode ends
    ends(ledger)
    assert state_of(ledger, key_of(step_id="step-1")) == "skipped"
    assert ledger.to_take_back() == []


def test_a_step_whose_fate_was_open_at_the_end_is_taken_back_when_it_is_known(ledger):
    record(ledger, a_firing(steps=[TASK]))
    [step] = claim(ledger)
    ledger.start_sending([step.key], "me", NOON, minutes(15))
    ends(ledger)
    assert ledger.to_take_back() == []
    ledger.resolve([verdicts.done(step.key, Done("00T1"))], "me", LATER)
    assert [one.key for one in ledger.to_take_back()] == [key_of()]


def test_it_is_claimed_although_a_step_before_was_refused_and_others_do_not_wait_for_it(ledger):
    record(ledger, a_firing(steps=[TASK, {"action": "slack.post"}]))
    done(ledger)
    [message] = claim(ledger, "slack.post")
    ledger.resolve([verdicts.refused(message.key, "no such channel")], "me", NOON)
    ends(ledger)
    ledger.add_following([a_following()], LATER)
    [step] = claim(ledger, "crm.change_task", at=LATER)
    assert (step.step_id, step.account_name, step.follows) == ("step-0.cleared", "Acme", key_of())


def test_one_conversation_ends_when_the_last_of_its_reasons_does(ledger):
    joined = a_firing(trigger="paywall", playbook=None, reason="joined with seat-limit")
    record(ledger, a_firing(steps=[TASK]), joined)
    done(ledger)
    ends(ledger)
    assert ledger.to_take_back() == [], "the other trigger is still true"
    ends(ledger, trigger="paywall")
    assert len(ledger.to_take_back()) == 1


@pytest.mark.parametrize(("what", "ended", "added"), [("cleared", False, 0), ("remind", True, 0), ("remind", False, 1)])
def test_an_episode_that_ends_meanwhile_or_does_not_is_noticed(ledger, what, ended, added):
    """Between looking and writing another run may have ended the episode: nobody is reminded of it any more."""
    record(ledger, a_firing(steps=[TASK]))
    done(ledger)
    if ended:
        ends(ledger)
    assert len(ledger.add_following([a_following(what=what)], LATER)) == added


def test_the_end_of_an_episode_skips_what_follows_and_was_not_sent(ledger):
    record(ledger, a_firing(steps=[TASK]))
    done(ledger)
    ledger.add_following([a_following(what="remind")], NOON)
    ends(ledger)
    assert state_of(ledger, a_following(what="remind").key) == "skipped"


def test_waiting_steps_end_with_the_episode_too(ledger):
    record(ledger, a_firing(steps=[{"state": "waiting", "input": None, "not_before": LATER}]))
    ends(ledger)
    [step] = ledger.steps(StepFilter(states=("skipped",)))
    assert step.reason == "the episode ended before this step was sent"
    assert ledger.waiting_due(LATER + timedelta(days=9)) == []


def test_what_is_set_in_open_episodes_is_known(ledger):
    tag = {"action": "tags.set", "when_cleared": "take_back"}
    record(ledger, a_firing(steps=[tag]), a_firing(trigger="paywall", steps=[tag]))
    done(ledger, "tags.set")
    ends(ledger)
    assert [one.trigger for one in ledger.still_set(["acme"], ["tags.set"])] == ["paywall"]
    assert ledger.still_set(["bolt"], ["tags.set"]) == []
