"""Who left the account while its episode goes on: what was set for them because of it is taken back from them alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from expansion.contract import Catalog
from expansion.evaluate.subjects import UserOf
from expansion.follow.cleared import left_id, new_step, same_thing, takes_back_from, users_of
from expansion.records.firing import NewStep
from expansion.records.ledger import StepRecord
from expansion.steps.still_there import Left
from expansion.usage.identity.former_ids import FormerIds

LEAVERS = "leavers"  # among the offers of an action that can take back from some of its people
ELSEWHERE = "another account of this person has set the same, so it stays"
_BECAUSE = "the person left the account"


def from_who_left(
    steps: Iterable[StepRecord],
    catalog: Catalog,
    left: Left,
    ids: FormerIds,
    following: Mapping[str, Sequence[StepRecord]],
) -> list[NewStep]:
    """A step for each person who left, and for whom a step of an open episode set something. `steps`: all such steps,
    also of other accounts."""
    every = list(steps)
    return [new for step in every for new in _of_step(step, every, catalog, left, ids, following.get(step.key, ()))]


def _of_step(
    step: StepRecord,
    every: Sequence[StepRecord],
    catalog: Catalog,
    left: Left,
    ids: FormerIds,
    following: Sequence[StepRecord],
) -> Iterator[NewStep]:
    words, there = catalog.actions.get(step.action), {one.step_id for one in following}
    if words is None or words.followed_by is None or LEAVERS not in words.offers:
        return
    account = ids.account(step.account_id)
    for user in users_of(step):
        if UserOf(account, ids.user(user)) in left and left_id(step.step_id, user) not in there:
            elsewhere = any(_holds(one, step, user, ids) for one in every)
            what = left_id(step.step_id, user).removeprefix(f"{step.step_id}.")
            given = None if elsewhere else takes_back_from(step, [user])
            yield new_step(step, what, words.followed_by, given, ELSEWHERE if elsewhere else None, _BECAUSE)


def _holds(other: StepRecord, step: StepRecord, user: str, ids: FormerIds) -> bool:
    """Whether a step for another account has set the same for a person."""
    return (
        ids.account(other.account_id) != ids.account(step.account_id)
        and same_thing(other, step)
        and ids.user(user) in map(ids.user, users_of(other))
    )
