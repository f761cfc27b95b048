"""What follows from steps that are done: read how things stand outside, take back what no longer holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from expansion.contract import Failure, Made, NoAccess, Refused, Standing, Watched
from expansion.follow.cleared import assigned_to, notes_of, takes_back, users_of
from expansion.follow.leavers import from_who_left
from expansion.records.ledger import StepRecord
from jobs.place import Place

LOOK = 200  # things of one action that are asked about together; integrations cut that into their own calls


def take_back_all(place: Place, now: datetime) -> int:
    """A step for each thing of an ended episode that the playbook wants closed, annotated or taken back."""
    ledger = place.ledger
    left = take_back_from_leavers(place, now)
    steps = ledger.to_take_back()
    if not steps:
        return left
    ids = place.ids(now)
    accounts = {one for step in steps for one in ids.of_account(ids.account(step.account_id))}
    still_set = ledger.still_set(accounts, {step.action for step in steps})
    following = ledger.following(step.key for step in steps)
    back = takes_back(steps, place.catalog, place.definitions.zone, still_set, following, ids)
    return left + len(ledger.add_following(back, now))


def take_back_from_leavers(place: Place, now: datetime) -> int:
    """A step for each person who left an account while what was set for them because of it stands."""
    steps = place.ledger.to_take_back_from_leavers()
    if not any(map(users_of, steps)):
        return 0
    left, ids = place.evaluator(place.definitions, now).left(), place.ids(now)
    following = place.ledger.following(step.key for step in steps)
    return len(place.ledger.add_following(from_who_left(steps, place.catalog, left, ids, following), now))


def look_at(
    place: Place, steps: Iterable[StepRecord], following: Mapping[str, list[StepRecord]]
) -> dict[str, Standing | Failure]:
    """How the things that these done steps made stand now, by key. What cannot be told is there as a Failure."""
    by_action: dict[str, list[StepRecord]] = {}
    for step in steps:
        by_action.setdefault(step.action, []).append(step)
    found: dict[str, Standing | Failure] = {}
    for action, mine in by_action.items():
        for start in range(0, len(mine), LOOK):
            found |= _look(place, action, mine[start : start + LOOK], following)
    return found


def _look(
    place: Place, action: str, steps: list[StepRecord], following: Mapping[str, list[StepRecord]]
) -> dict[str, Standing | Failure]:
    made: list[Made] = []
    found: dict[str, Standing | Failure] = {}
    watched = _watched(place, action)
    if isinstance(watched, Failure):
        return dict.fromkeys((step.key for step in steps), watched)
    for step in steps:
        one = _made(place, step, following.get(step.key, []))
        if isinstance(one, Failure):
            found[step.key] = one
        else:
            made.append(one)
    try:
        stands = watched.look(made) if made else []
    except Exception as error:  # it has told nothing; only the error's kind is said, its text may hold anything
        stands = [Refused(f"{action} broke off with {type(error).__name__}") for _ in made]
    return found | {one.key: standing for one, standing in zip(made, stands, strict=True)}


def _watched(place: Place, action: str) -> Watched | Failure:
    """The action, or why its system cannot be asked."""
    system = action.partition(".")[0]
    try:
        connected = place.systems.connect(system)
    except ImportError:
        return Refused(f"this version knows no system {system}")
    if connected is None:
        return NoAccess(f"{system} is not connected; `expansion doctor` says what is missing")
    return connected.actions.get(action) or Refused(f"this version of {system} has no {action}")


def _made(place: Place, step: StepRecord, following: list[StepRecord]) -> Made | Failure:
    words = place.catalog.actions.get(step.action)
    if words is None:
        return Refused(f"this version has no action {step.action}")
    try:
        input_ = words.input_model.model_validate(step.input)
    except ValueError:
        return Refused(f"its input was written for another version of {step.action}")
    whom = assigned_to(step, following)
    return Made(step.key, step.remote_id or "", input_, whom, tuple(notes_of(following)))
