"""Before something is sent: who is meant goes by the id of now, and who left the account gets nothing because of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from pydantic import BaseModel

from expansion.contract import Refused
from expansion.evaluate.subjects import UserOf
from expansion.records.ledger import StepRecord
from expansion.steps.reaching import people_fields
from expansion.usage.identity.former_ids import FormerIds

LEFT = "left out: {who} no longer belongs to this account"
NOBODY_LEFT = "left out: nobody of those whom it was for belongs to this account any more"

Left = Set[UserOf]  # people of accounts to which they do not belong any more


def recipe_of_now(recipe: Mapping[str, Any], ids: FormerIds) -> Mapping[str, Any]:
    """A recipe of a step that waited, by the ids that its account and its people have now."""
    if not ids:
        return recipe
    account, context = ids.account(str(recipe["account_id"])), recipe["context"]
    people = list(dict.fromkeys(map(ids.user, recipe["people"])))
    named = {**context, "account": {**context["account"], "id": account}}
    return {**recipe, "account_id": account, "people": people, "context": named}


def asks_who_left(step: StepRecord, model: type[BaseModel]) -> bool:
    """Whether a step is about a person, or is for people. One that follows another is about what was done already."""
    return step.follows is None and bool(step.user_id or people_fields(model))


def why_left(step: StepRecord, left: Left, ids: FormerIds) -> str | None:
    """Why a step about a person is not done: they are not there any more."""
    person = UserOf(ids.account(step.account_id), ids.user(step.user_id))
    return LEFT.format(who=step.user_name or "the person") if step.user_id and person in left else None


def without_who_left(step: StepRecord, model: type[BaseModel], left: Left, ids: FormerIds) -> Mapping[str, Any] | None:
    """The step's input for those who are still there. Refused where nobody is."""
    if why := why_left(step, left, ids):
        raise Refused(why)
    given, account = dict(step.input or {}), ids.account(step.account_id)
    for name in people_fields(model):
        people = given.get(name)
        if isinstance(people, Sequence) and not isinstance(people, str) and people:
            given[name] = [one for one in people if not _is_gone(one, account, left, ids)]
            if not given[name]:
                raise Refused(NOBODY_LEFT)
    return given


def _is_gone(person: Any, account: str, left: Left, ids: FormerIds) -> bool:
    user = person.get("user_id") if isinstance(person, Mapping) else None
    return bool(user) and UserOf(account, ids.user(str(user))) in left
