"""A playbook and its firings as steps for the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from expansion.calendar.spans import add_span
from expansion.contract import Catalog
from expansion.evaluate.results import Evaluator
from expansion.evaluate.subjects import Subject
from expansion.language.model.models import Playbook, Policy, Step
from expansion.records.firing import NewStep, step_key, subject_of
from expansion.steps.plain import as_plain
from expansion.steps.quiet import is_held, opens_at, why_later, zones
from expansion.steps.rendering import NotYet, Ready, Skip, render_alike, render_waiting

__all__ = ["NotYet", "Ready", "Skip", "Work", "plan_steps", "render_waiting"]


@dataclass(frozen=True)
class Work:
    """One firing that a playbook is started for."""

    account_id: str
    trigger: str
    episode: int
    fired_at: datetime
    owner: str
    people: tuple[str, ...]  # user ids behind the firing
    context: Mapping[str, Any]  # the pinned part, see context.py
    user_id: str = ""  # the person whose firing it is, for a trigger about people
    begins_at: datetime | None = None  # when its steps begin, where that is later than the firing: it was held

    @property
    def subject(self) -> Subject:
        return subject_of(self.account_id, self.user_id)


def plan_steps(
    playbook: Playbook, works: Sequence[Work], catalog: Catalog, policy: Policy, evaluator: Evaluator
) -> dict[str, tuple[NewStep, ...]]:
    """The steps of one playbook for all the accounts it is started for, by account: each is one conversation.

    A step without `after` is rendered now; one with `after` waits, with a recipe that holds all it needs. A step that
    cannot be rendered, or whose `only_if` does not hold, is kept as skipped with its reason, so that the ledger tells
    what was left out.
    """
    steps: dict[str, list[NewStep]] = {work.account_id: [] for work in works}
    quiet = any(is_held(step.do, policy, catalog) for step in playbook.steps)
    in_zone = zones(policy, [(work.account_id, work.owner) for work in works], evaluator) if quiet else {}
    for position, step in enumerate(playbook.steps):
        recipes = {work.account_id: _recipe(step, work, policy) for work in works}
        inputs = {} if step.after else render_alike(step.do, recipes, catalog, policy, evaluator)
        for work in works:
            recipe = recipes[work.account_id]
            new = _new(playbook, position, work, recipe, inputs.get(work.account_id))
            if is_held(step.do, policy, catalog):
                new = _not_in_quiet_hours(new, work, policy, in_zone[work.account_id])
            steps[work.account_id].append(new)
    return {account: tuple(planned) for account, planned in steps.items()}


def _recipe(step: Step, work: Work, policy: Policy) -> dict[str, Any]:
    """Plain JSON. `due_from` is when the step's time comes, not when it is rendered: a late run changes no date."""
    zone = ZoneInfo(policy.time_zone)
    begin = work.begins_at or work.fired_at
    start = add_span(begin, step.after, zone) if step.after else begin.astimezone(UTC)
    return {
        "account_id": work.account_id,
        "with": as_plain(step.with_),
        "only_if": as_plain(step.only_if),
        "owner": work.owner,
        "people": list(work.people),
        "due_from": start.isoformat(),
        "context": dict(work.context),
        **({"sla": as_plain(step.sla)} if step.sla else {}),
    }


def _not_in_quiet_hours(step: NewStep, work: Work, policy: Policy, zone: str) -> NewStep:
    """It waits for their end if it is due in them; later ones are asked when they are sent, so the zone goes along."""
    assert policy.quiet_hours is not None, "asked only where there are some"
    kept = replace(step, recipe={**step.recipe, "zone": zone})
    begin = work.begins_at or work.fired_at
    opens = opens_at(begin, policy.quiet_hours, ZoneInfo(zone))
    if step.state != "due" or opens <= begin:
        return kept
    return replace(kept, not_before=opens, reason=why_later(opens, ZoneInfo(zone)))


def _new(
    playbook: Playbook, position: int, work: Work, recipe: Mapping[str, Any], rendered: Ready | Skip | NotYet | None
) -> NewStep:
    """A step that is due at once and cannot be told is skipped: waiting would hold up all that follows it."""
    step = playbook.steps[position]
    if isinstance(rendered, NotYet):
        rendered = Skip(rendered.reason)
    return NewStep(
        key=step_key(work.account_id, work.trigger, work.episode, playbook.playbook, step.id, work.user_id),
        step_id=step.id,
        position=position,
        integration=step.do.partition(".")[0],
        action=step.do,
        recipe=recipe,
        input=rendered.input if isinstance(rendered, Ready) else None,
        state="waiting" if rendered is None else "due" if isinstance(rendered, Ready) else "skipped",
        not_before=datetime.fromisoformat(recipe["due_from"]) if rendered is None else None,
        reason=rendered.reason if isinstance(rendered, Skip) else None,
        can_fail=step.can_fail,
        when_cleared=None if step.when_cleared == "leave" else step.when_cleared,
    )
