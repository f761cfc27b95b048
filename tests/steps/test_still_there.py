"""Right before something is sent: by the ids of now, and not to who left."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from expansion.contract import Refused
from expansion.evaluate.subjects import UserOf
from expansion.records.ledger import StepRecord
from expansion.steps.still_there import asks_who_left, recipe_of_now, why_left, without_who_left
from expansion.usage.identity.former_ids import Former, FormerIds
from tests.decide.fakes import Nudge, Task
from tests.flows.test_report import STEP

SINCE = datetime(2026, 3, 1)
IDS = FormerIds({"old": Former("new", 1, SINCE)}, {"anon": Former("ana", 1, SINCE)})
NOBODY = FormerIds()


def nudge(*users: str, account: str = "new", **more: Any) -> StepRecord:
    people = [{"user_id": user, "email": None, "name": None} for user in users]
    return replace(STEP, account_id=account, input={"series": "s", "people": people}, **more)


def test_who_left_is_left_out_and_the_others_are_not() -> None:
    left = frozenset({UserOf("new", "ana")})
    given = without_who_left(nudge("ana", "ben"), Nudge, left, NOBODY)
    assert [one["user_id"] for one in given["people"]] == ["ben"]


def test_who_left_an_account_of_another_id_is_left_out_under_a_former_id_too() -> None:
    left = frozenset({UserOf("new", "ana")})
    given = without_who_left(nudge("anon", "ben", account="old"), Nudge, left, IDS)
    assert [one["user_id"] for one in given["people"]] == ["ben"]


def test_where_nobody_is_there_any_more_nothing_is_sent_and_it_says_why() -> None:
    with pytest.raises(Refused, match="nobody of those whom it was for belongs to this account any more"):
        without_who_left(nudge("ana"), Nudge, frozenset({UserOf("new", "ana")}), NOBODY)


def test_who_left_another_account_still_gets_it() -> None:
    step = nudge("ana")
    assert without_who_left(step, Nudge, frozenset({UserOf("globex", "ana")}), NOBODY) == step.input


def test_a_step_about_a_person_who_left_is_not_done() -> None:
    step = replace(STEP, account_id="old", user_id="anon", user_name="Ana", follows=None)
    assert why_left(step, frozenset({UserOf("new", "ana")}), IDS) == "left out: Ana no longer belongs to this account"
    assert why_left(step, frozenset({UserOf("new", "ben")}), IDS) is None


def test_only_what_is_for_people_or_about_one_asks_and_nothing_that_follows_a_step() -> None:
    plain = replace(STEP, user_id="", follows=None)
    assert (asks_who_left(plain, Task), asks_who_left(plain, Nudge)) == (False, True)
    assert asks_who_left(replace(plain, user_id="ana"), Task)
    assert not asks_who_left(replace(plain, follows="0" * 64), Nudge)


def test_a_recipe_goes_by_the_ids_of_now_each_person_once() -> None:
    recipe = {"account_id": "old", "people": ["anon", "ben", "ana"], "context": {"account": {"id": "old", "name": "A"}}}
    now = recipe_of_now(recipe, IDS)
    assert (now["account_id"], now["people"]) == ("new", ["ana", "ben"])
    assert now["context"]["account"] == {"id": "new", "name": "A"}
    assert recipe_of_now(recipe, NOBODY) is recipe
