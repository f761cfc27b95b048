"""Who left an account while its episode goes on: what was set for them is taken back from them alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from expansion.contract import ActionWords, Catalog, Standing
from expansion.evaluate.subjects import UserOf
from expansion.fields import Inputs
from expansion.follow.cleared import ALL_LEFT, left_id, takes_back
from expansion.follow.differences import differences
from expansion.follow.leavers import ELSEWHERE, from_who_left
from expansion.records.firing import NewStep, step_key
from expansion.records.ledger import StepRecord
from expansion.usage.identity.former_ids import NOBODY, Former, FormerIds
from tests.follow.test_cleared import a_step

TAGS = ActionWords("tags.set", "", Inputs, True, offers=frozenset({"take_back", "leavers"}), followed_by="tags.unset")
WHOLE = ActionWords("all.set", "", Inputs, True, offers=frozenset({"take_back"}), followed_by="all.unset")
CATALOG = Catalog(actions={"tags.set": TAGS, "all.set": WHOLE})
ANA_LEFT = frozenset({UserOf("acme", "ana")})


def tagged(*users: str, action: str = "tags.set", **how: Any) -> StepRecord:
    people = [{"user_id": user, "email": None, "name": None} for user in users]
    given = {"input": {"tag": "seats", "people": people}, "cleared_at": None} | how
    return a_step(given.pop("step_id", "nudge"), action, "take_back", **given)


def back(*steps: StepRecord, ids: FormerIds = NOBODY, following: Any = None) -> list[NewStep]:
    return from_who_left(steps, CATALOG, ANA_LEFT, ids, following or {})


def test_it_is_taken_back_from_who_left_and_from_nobody_else() -> None:
    (step,) = back(tagged("ana", "ben"))
    assert (step.action, step.state, (step.input or {})["people"]) == ("tags.unset", "due", ["ana"])
    assert "ana" not in step.step_id


def test_it_is_taken_back_once() -> None:
    before = tagged("ana", step_id=left_id("nudge", "ana"))
    assert back(tagged("ana"), following={tagged("ana").key: [before]}) == []


def test_where_nobody_left_or_the_system_cannot_do_it_for_some_nothing_follows() -> None:
    assert back(tagged("ben")) == back(tagged("ana", action="all.set")) == []


def test_a_person_and_an_account_go_by_their_ids_of_now() -> None:
    since = datetime(2026, 3, 1, tzinfo=UTC)
    ids = FormerIds({"old": Former("acme", 1, since)}, {"anon": Former("ana", 1, since)})
    (step,) = back(tagged("anon", account_id="old"), ids=ids)
    assert (step.input or {})["people"] == ["anon"], "as it was set"


def test_what_the_new_employer_has_set_as_well_stays() -> None:
    theirs = tagged("ana", account_id="globex", key=step_key("globex", "seat-limit", 1, "seats", "nudge"))
    (step,) = back(tagged("ana", "ben"), theirs)
    assert (step.state, step.reason) == ("skipped", ELSEWHERE)
    other = tagged("ana", account_id="globex", input={"tag": "sso", "people": [{"user_id": "ana"}]})
    assert [one.state for one in back(tagged("ana"), other)] == ["due"]


def ended(step: StepRecord, *gone: str) -> NewStep:
    following = {step.key: [tagged(user, step_id=left_id("nudge", user)) for user in gone]}
    (found,) = takes_back([step], CATALOG, ZoneInfo("Europe/London"), [], following)
    return found


def test_the_end_of_the_episode_takes_it_back_from_those_who_stayed() -> None:
    over = datetime(2026, 3, 9, tzinfo=UTC)
    assert (ended(tagged("ana", "ben", cleared_at=over), "ana").input or {})["people"] == ["ben"]
    assert (ended(tagged("ana", "ben", cleared_at=over)).input or {})["people"] == [], "all of them"
    assert ended(tagged("ana", cleared_at=over), "ana").reason == ALL_LEFT


def test_what_was_taken_back_from_who_left_is_no_difference() -> None:
    missing = Standing(True, "1 of 2 people has it", missing="1 of 2 people does not have it any more")
    taken = [tagged("ana", step_id=left_id("nudge", "ana"))]
    assert list(differences(tagged("ana", "ben"), missing, taken, None)) == []
    assert len(list(differences(tagged("ana", "ben"), missing, [], None))) == 1
