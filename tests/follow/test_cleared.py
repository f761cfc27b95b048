"""What becomes of what was done when the episode ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from expansion.contract import ActionWords, Catalog
from expansion.fields import Inputs
from expansion.follow.cleared import ALREADY, takes_back
from expansion.records.firing import NewStep, step_key
from expansion.records.ledger import StepRecord

ENDED = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)
CATALOG = Catalog(
    actions={
        "crm.create_task": ActionWords(
            "crm.create_task", "", Inputs, False, offers=frozenset({"close", "annotate"}), followed_by="crm.change_task"
        ),
        "tags.set": ActionWords(
            "tags.set", "", Inputs, True, offers=frozenset({"take_back"}), followed_by="tags.unset"
        ),
    }
)


def a_step(
    step_id: str = "ask", action: str = "crm.create_task", when_cleared: str = "close", **how: Any
) -> StepRecord:
    given: dict[str, Any] = {
        "key": step_key("acme", "seat-limit", 1, "seats", step_id),
        "firing_id": 1,
        "run_id": 1,
        "trigger": "seat-limit",
        "account_id": "acme",
        "account_name": "Acme",
        "episode": 1,
        "fired_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "owner": "dana@acme.example",
        "playbook": "seats",
        "step_id": step_id,
        "position": 2,
        "integration": action.partition(".")[0],
        "action": action,
        "can_fail": False,
        "recipe": {"context": {"trigger": {"title": "Nearly out of seats"}}},
        "input": {"assign_to": "dana@acme.example", "subject": "Seats"},
        "state": "done",
        "not_before": ENDED,
        "claimed_by": None,
        "lease_until": None,
        "sending_since": None,
        "look_again_at": None,
        "tries": 1,
        "maybe_done": False,
        "remote_id": "00T1",
        "link": None,
        "note": None,
        "reason": None,
        "updated_at": ENDED,
        "when_cleared": when_cleared,
        "cleared_at": ENDED,
    }
    return StepRecord(**given | how)


def taken_back(step: StepRecord, *still_set: StepRecord, following: tuple[StepRecord, ...] = ()) -> NewStep:
    [new] = takes_back([step], CATALOG, ZoneInfo("Europe/London"), still_set, {step.key: list(following)})
    return new


def test_a_task_is_closed_by_a_step_of_its_own_about_it() -> None:
    step = a_step()
    new = taken_back(step)
    assert (new.step_id, new.action, new.state, new.follows) == ("ask.cleared", "crm.change_task", "due", step.key)
    assert new.key == step_key("acme", "seat-limit", 1, "seats", "ask.cleared")
    assert new.recipe["because"] == "the episode ended at 2026-03-09 23:30 UTC"
    assert new.input == {
        "step": step.key,
        "remote_id": "00T1",
        "made": {"assign_to": "dana@acme.example", "subject": "Seats"},
        "assigned_to": "dana@acme.example",
        "notes": [],
        "note": "The reason for this task has gone: “Nearly out of seats” is no longer true since 9 March 2026. "
        "Closed, because nobody had begun to work on it.",
        "close": True,
        "assign_to": None,
    }


def test_it_is_done_at_its_place_so_that_nothing_stands_before_it_and_nothing_waits_for_it() -> None:
    new = taken_back(a_step())
    assert (new.position, new.can_fail) == (2, True)


def test_a_note_says_when_it_ended_on_peoples_calendar_and_leaves_the_task_open() -> None:
    summer = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    new = taken_back(a_step(when_cleared="annotate", cleared_at=summer))
    assert new.input is not None and new.input["close"] is False
    assert new.input["note"] == (
        "The reason for this task has gone: “Nearly out of seats” is no longer true since 2 July 2026. "
        "Decide whether the task is still worth it."
    )


def test_what_was_changed_before_is_known_to_the_one_who_changes_it_again() -> None:
    reminded = a_step("ask.remind", "crm.change_task", input={"note": "Nobody has touched it", "assign_to": None})
    given = a_step("ask.reassign", "crm.change_task", input={"note": "Given on", "assign_to": "sam@acme.example"})
    failed = a_step("ask.x", "crm.change_task", input={"note": "No", "assign_to": "eve@acme.example"}, state="refused")
    new = taken_back(a_step(), following=(reminded, given, failed))
    assert new.input is not None
    assert new.input["assigned_to"] == "sam@acme.example"
    assert new.input["notes"] == ["Nobody has touched it", "Given on"]


def a_tag(**how: Any) -> StepRecord:
    return a_step("nudge", "tags.set", "take_back", input={"tag": "seats", "people": ["ana"]}, remote_id="c1", **how)


def test_a_tag_is_taken_back() -> None:
    new = taken_back(a_tag())
    assert (new.action, new.state) == ("tags.unset", "due")
    assert new.input is not None and new.input["made"] == {"tag": "seats", "people": ["ana"]}


def test_a_tag_that_was_there_before_is_not_ours_to_take_back() -> None:
    new = taken_back(a_tag(reason=ALREADY))
    assert (new.state, new.input) == ("skipped", None)
    assert new.reason == "it was there before this step set it, so it stays"


def test_a_tag_that_another_open_episode_set_stays() -> None:
    other = a_step("nudge", "tags.set", input={"tag": "seats", "people": ["bo"]}, trigger="paywall", cleared_at=None)
    assert taken_back(a_tag(), other).reason == "another open episode of this account set the same, so it stays"
    for unlike in (
        a_step("nudge", "tags.set", input={"tag": "storage", "people": ["ana"]}, cleared_at=None),
        a_step("nudge", "tags.set", input={"tag": "seats", "people": ["ana"]}, cleared_at=None, account_id="bolt"),
    ):
        assert taken_back(a_tag(), unlike).state == "due"


def test_what_this_version_cannot_take_back_is_said() -> None:
    for step in (a_step(action="gone.action"), a_step(when_cleared="take_back")):
        assert (taken_back(step).state, taken_back(step).reason) == (
            "skipped",
            "what this step did cannot be taken back by this version",
        )
