"""What becomes of what was done when the episode ends: a task closed or annotated, a tag taken back, as asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from expansion.calendar.spans import day_text, local_date
from expansion.contract import ActionWords, Catalog
from expansion.follow import texts
from expansion.follow.inputs import ChangeTask, TakeBack
from expansion.records.firing import NewStep, step_key
from expansion.records.ledger import StepRecord
from expansion.usage.identity.former_ids import NOBODY, FormerIds

CLEARED = "cleared"
LEFT = "left"  # before a mark of the person, the end of the id of a step that takes back from who left
ALREADY = "it was already there"  # what the ledger says of a step that found its work done
NOT_OURS = "it was there before this step set it, so it stays"
STILL_WANTED = "another open episode of this account set the same, so it stays"
ALL_LEFT = "everybody for whom it was set has left the account, and it was taken back from them"
NOT_OFFERED = "what this step did cannot be taken back by this version"
UPDATES = "updates"  # among the offers of an action that makes a message: what follows is said in its thread
PEOPLE = "people"  # the part of an input that says for whom, not what


def takes_back(
    steps: Iterable[StepRecord],
    catalog: Catalog,
    zone: ZoneInfo,
    still_set: Sequence[StepRecord],
    following: dict[str, list[StepRecord]],
    ids: FormerIds = NOBODY,
) -> list[NewStep]:
    """A step about each of these done steps of ended episodes; one that is not to be done is there with its reason.

    `still_set`: what was done for the same accounts in episodes that are open. `following`: the steps about each, by
    its key.
    """
    return [
        _taken_back(step, catalog.actions.get(step.action), zone, _of_same(step, still_set, ids), following)
        for step in steps
    ]


def _of_same(step: StepRecord, some: Sequence[StepRecord], ids: FormerIds) -> list[StepRecord]:
    """Those for the same account, by the ids of now."""
    account = ids.account(step.account_id)
    return [one for one in some if ids.account(one.account_id) == account]


def _taken_back(
    step: StepRecord,
    words: ActionWords | None,
    zone: ZoneInfo,
    still_set: Sequence[StepRecord],
    following: dict[str, list[StepRecord]],
) -> NewStep:
    wanted = step.when_cleared or ""
    if words is None or words.followed_by is None or wanted not in words.offers:
        return new_step(step, CLEARED, step.action, None, NOT_OFFERED)
    if wanted == "take_back":
        skipped = _why_not(step, still_set)
        still = still_meant(step, following.get(step.key, ()))
        skipped = skipped or (ALL_LEFT if still == [] else None)
        given = None if skipped else takes_back_from(step, still or [])
        return new_step(step, CLEARED, words.followed_by, given, skipped)
    assert step.cleared_at is not None, "asked only of episodes that have ended"
    day = day_text(local_date(step.cleared_at, zone))
    close = wanted == "close"
    note = texts.over(step.recipe, day) if UPDATES in words.offers else texts.ended(step.recipe, day, close=close)
    change = change_task(step, following.get(step.key, ()), note, close=close)
    return new_step(step, CLEARED, words.followed_by, change)


def change_task(
    step: StepRecord, following: Iterable[StepRecord], note: str, *, close: bool = False, assign_to: str | None = None
) -> ChangeTask:
    """A change of the task that a step made, with all that was changed about it before."""
    return ChangeTask(
        step=step.key,
        remote_id=step.remote_id or "",
        made=dict(step.input or {}),
        assigned_to=assigned_to(step, following),
        notes=notes_of(following),
        note=note,
        close=close,
        assign_to=assign_to,
    )


def assigned_to(step: StepRecord, following: Iterable[StepRecord]) -> str | None:
    """Whom we gave the task to last."""
    given = [one.input.get("assign_to") for one in following if one.state == "done" and one.input]
    return next((name for name in reversed(given) if name), (step.input or {}).get("assign_to"))


def notes_of(following: Iterable[StepRecord]) -> list[str]:
    """The notes that were, or may have been, added to the task."""
    added = [one for one in following if one.input and one.state in ("done", "unsure", "claimed", "due")]
    return [str(one.input["note"]) for one in added if one.input and one.input.get("note")]


def new_step(
    about: StepRecord,
    what: str,
    action: str,
    input_: ChangeTask | TakeBack | dict[str, object] | None,
    skipped: str | None = None,
    because: str = "",
) -> NewStep:
    """A step about an earlier one, with a key of its own, at its place in the playbook, so that nothing stands before
    it; and nothing waits for it."""
    step_id = f"{about.step_id}.{what}"
    input_ = input_.model_dump(mode="json") if isinstance(input_, ChangeTask | TakeBack) else input_
    key = step_key(about.account_id, about.trigger, about.episode, about.playbook, step_id, about.user_id)
    return NewStep(
        key=key,
        step_id=step_id,
        position=about.position,
        integration=action.partition(".")[0],
        action=action,
        recipe={"account_id": about.account_id, "because": because or _because(about)},
        input=input_,
        state="skipped" if skipped else "due",
        reason=skipped,
        can_fail=True,
        follows=about.key,
    )


def takes_back_from(step: StepRecord, users: Sequence[str]) -> TakeBack:
    """What a step set is removed from these people; from all for whom it was set where none is named."""
    made = dict(step.input or {})
    return TakeBack(step=step.key, remote_id=step.remote_id or "", made=made, people=list(users))


def left_id(step_id: str, user_id: str) -> str:
    """The id of the step that takes back from a person who left; it names nobody."""
    return f"{step_id}.{LEFT}-{hashlib.sha256(user_id.encode()).hexdigest()[:12]}"


def users_of(step: StepRecord) -> list[str]:
    """The people for whom a step did something."""
    people = (step.input or {}).get(PEOPLE)
    found = people if isinstance(people, list) else []
    return [str(one["user_id"]) for one in found if isinstance(one, Mapping) and one.get("user_id")]


def still_meant(step: StepRecord, following: Iterable[StepRecord]) -> list[str] | None:
    """The people of a step but for those who left before; None where nobody did."""
    gone = {one.step_id for one in following}
    users = users_of(step)
    stay = [user for user in users if left_id(step.step_id, user) not in gone]
    return None if len(stay) == len(users) else stay


def _because(step: StepRecord) -> str:
    when: datetime | None = step.cleared_at
    return f"the episode ended at {when:%Y-%m-%d %H:%M} UTC" if when else "the task was not touched in time"


def _why_not(step: StepRecord, still_set: Sequence[StepRecord]) -> str | None:
    """A reason to leave what the step set: it is not ours to take away, or somebody else needs it."""
    if step.reason == ALREADY:
        return NOT_OURS
    return STILL_WANTED if any(same_thing(one, step) for one in still_set) else None


def same_thing(one: StepRecord, other: StepRecord) -> bool:
    """Whether two steps set the same, for whomever."""
    return one.action == other.action and _what(one) == _what(other)


def _what(step: StepRecord) -> dict[str, object]:
    return {name: value for name, value in (step.input or {}).items() if name != PEOPLE}
