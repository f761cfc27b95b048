"""From the ledger to the outside: which steps are due, what they need, and their delivery batch by batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import integrations
from expansion.contract import AccountRef, Piece
from expansion.deliver.deliver import DeliveryReport, deliver
from expansion.deliver.judging import Patience
from expansion.deliver.office import LEASE, Office
from expansion.deliver.recover import RecoveryReport, recover
from expansion.evaluate.results import Evaluator
from expansion.explain.evaluator import StoreEvaluator
from expansion.records.ledger import ClaimedStep, StepFilter, StepRecord
from expansion.steps.quiet import is_held, opens_at, why_later
from expansion.steps.steps import NotYet, Ready, Skip, render_waiting
from expansion.steps.still_there import Left, asks_who_left, recipe_of_now, why_left, without_who_left
from expansion.usage.identity.former_ids import FormerIds
from jobs.place import Place

BATCH = 400  # steps of one task: one task per account would drown the server's event queue

# A step whose `only_if` cannot be told is asked again by the runs of the next days: a source that is late is back by
# then, and a reminder that is older helps nobody.
ASKED_AGAIN, ASKED_FOR = timedelta(hours=1), timedelta(days=3)

Now = Callable[[], datetime]


@dataclass
class Pieces:
    """Makes claimed steps into pieces; the accounts' ids in other systems are looked up once, and so is who left."""

    place: Place
    as_of: datetime

    def of(self, step: ClaimedStep) -> Piece:
        """Raises Refused where those whom it is for do not belong to the account any more."""
        model = self.place.catalog.actions[step.action].input_model
        account_id = self._ids.account(step.account_id)
        account = AccountRef(account_id, step.account_name, self._remote.get(account_id, {}))
        known = self.place.definitions.workspace
        trigger, playbook = known.triggers.get(step.trigger), known.playbooks.get(step.playbook)
        titles = trigger.title if trigger else "", playbook.title if playbook else ""
        asked = asks_who_left(step, model)
        filled = model.model_validate(without_who_left(step, model, self._left, self._ids) if asked else step.input)
        return Piece(step.key, account, filled, step.fired_at, step.trigger, step.playbook, *titles)

    @cached_property
    def _evaluator(self) -> StoreEvaluator:
        return self.place.evaluator(self.place.definitions, self.as_of)

    @cached_property
    def _remote(self) -> Mapping[str, Mapping[str, str]]:
        return self._evaluator.remote_ids()

    @cached_property
    def _ids(self) -> FormerIds:
        return self.place.ids(self.as_of)

    @cached_property
    def _left(self) -> Left:
        return self._evaluator.left()


def waits_of(place: Place, action: str) -> list[float]:
    """How often, and after how many seconds, a batch of this action is tried again."""
    declared = integrations.integration(action.partition(".")[0]).batch_waits
    return list(declared if place.settings.retry_waits is None else place.settings.retry_waits)


def deliver_some(
    place: Place,
    pieces: Pieces,
    action: str,
    playbook: str,
    now: Now,
    stopping: Callable[[], bool],
    lease: timedelta = LEASE,
    most: int = BATCH,
) -> DeliveryReport:
    """Deliver at most one task's worth of due steps; what reaches people waits for the end of quiet hours."""
    hold_for_quiet_hours(place, action, playbook, now())
    office = _office(place, pieces, now, lease, waits_of(place, action))
    return deliver(office, action, most, playbook=playbook, stopping=stopping)


def hold_for_quiet_hours(place: Place, action: str, playbook: str, now: datetime) -> int:
    """However a step became due (planned, woken, tried again), it is not sent in quiet hours; how many wait."""
    policy = place.definitions.workspace.policy
    if policy.quiet_hours is None or not is_held(action, policy, place.catalog):
        return 0
    due = place.ledger.steps(StepFilter(action=action, playbook=playbook, states=("due",)))
    by_zone: dict[str, list[str]] = {}
    for step in due:
        if step.not_before <= now:
            by_zone.setdefault(step.recipe.get("zone", policy.time_zone), []).append(step.key)
    held = 0
    for name, keys in by_zone.items():
        opens = opens_at(now, policy.quiet_hours, ZoneInfo(name))
        if opens > now:
            held += place.ledger.hold(keys, opens, why_later(opens, ZoneInfo(name)), now)
    return held


def _office(place: Place, pieces: Pieces, now: Now, lease: timedelta, waits: list[float]) -> Office:
    actions = place.systems.actions(place.definitions)
    return Office(place.ledger, actions, pieces.of, now, place.holder.name, lease, _patience(place, waits))


def _patience(place: Place, waits: list[float]) -> Patience:
    """What was busy is due again by the time that the batch is tried again."""
    usual = Patience()
    first = min([usual.first, *(timedelta(seconds=wait) for wait in waits[:1])])
    return Patience(first=first, settle=timedelta(seconds=place.settings.settle_seconds))


def recover_all(place: Place, pieces: Pieces, now: Now, lease: timedelta = LEASE) -> RecoveryReport:
    """Settle what dead processes left behind, close their runs, look up what was unsure."""
    for run in place.ledger.unfinished_runs():
        if run.holder and not place.is_alive(run.holder):
            place.ledger.finish_run(run.id, "failed", now(), {"problem": "its process ended before it was done"})
    return recover(_office(place, pieces, now, lease, place.settings.retry_waits or []), place.is_alive)


@dataclass(frozen=True)
class Woken:
    """Waiting steps whose time came: ready to send, or skipped with the reason."""

    ready: int
    skipped: int
    later: int = 0  # it cannot be told yet whether they are wanted


def wake_waiting(place: Place, now: datetime) -> Woken:
    """Ask `only_if` again and fill in the text with the facts of today, for every waiting step whose time came."""
    evaluator = place.evaluator(place.definitions, now)
    waiting, ids = place.ledger.waiting_due(now), place.ids(now)
    left: Left = evaluator.left() if any(step.user_id for step in waiting) else frozenset()
    gone = {step.key: why for step in waiting if step.follows is None and (why := why_left(step, left, ids))}
    for key, why in gone.items():
        place.ledger.skip(key, why, now)
    became = Counter(_wake(place, step, ids, evaluator, now) for step in waiting if step.key not in gone)
    became["skipped"] += len(gone)
    return Woken(became["ready"], became["skipped"], became["later"])


def _wake(place: Place, step: StepRecord, ids: FormerIds, evaluator: Evaluator, now: datetime) -> str:
    policy = place.definitions.workspace.policy
    result = render_waiting(step.action, recipe_of_now(step.recipe, ids), place.catalog, policy, evaluator)
    match result:
        case Ready():
            return "ready" if place.ledger.set_input(step.key, result.input, now) else "skipped"
        case NotYet() if now < datetime.fromisoformat(step.recipe["due_from"]) + ASKED_FOR:
            place.ledger.postpone(step.key, now + ASKED_AGAIN, f"{result.reason}; it is asked again", now)
            return "later"
        case NotYet():
            place.ledger.skip(step.key, f"{result.reason}, and could not be for {ASKED_FOR.days} days", now)
        case Skip():
            place.ledger.skip(step.key, result.reason, now)
    return "skipped"
