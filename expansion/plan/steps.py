"""A playbook and its firings as steps for the ledger; and a waiting step's input when its time has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from expansion.contract import Catalog
from expansion.decide.calendar import add_span, local_date
from expansion.decide.firing import NewStep, step_key
from expansion.evaluate.results import Answer, Evaluator
from expansion.language.models import Playbook, Policy, Step
from expansion.plan.context import account_values, complete, fact_texts, facts_named
from expansion.plan.fill import Filling, Unresolved, fill
from expansion.plan.plain import as_plain, read_clauses
from expansion.template import TemplateError


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


@dataclass(frozen=True)
class Ready:
    """The step's input, as plain JSON that the action's model accepts."""

    input: dict[str, Any]


@dataclass(frozen=True)
class Skip:
    """The step is not done, and why."""

    reason: str


def plan_steps(
    playbook: Playbook, works: Sequence[Work], catalog: Catalog, policy: Policy, evaluator: Evaluator
) -> dict[str, tuple[NewStep, ...]]:
    """The steps of one playbook for all the accounts it is started for, by account.

    A step without `after` is rendered now; one with `after` waits, with a recipe that holds all it needs. A step that
    cannot be rendered, or whose `only_if` does not hold, is kept as skipped with its reason, so that the ledger tells
    what was left out.
    """
    steps: dict[str, list[NewStep]] = {work.account_id: [] for work in works}
    for position, step in enumerate(playbook.steps):
        recipes = {work.account_id: _recipe(step, work, policy) for work in works}
        inputs = {} if step.after else _render(step.do, recipes, catalog, policy, evaluator)
        for work in works:
            recipe = recipes[work.account_id]
            steps[work.account_id].append(_new(playbook, position, work, recipe, inputs.get(work.account_id)))
    return {account: tuple(planned) for account, planned in steps.items()}


def render_waiting(
    action: str, recipe: Mapping[str, Any], catalog: Catalog, policy: Policy, evaluator: Evaluator
) -> Ready | Skip:
    """What becomes of a waiting step now: `only_if` is asked again, and facts are those of the evaluator's moment.

    A step whose `only_if` cannot be told is skipped: a reminder sent on a guess does more harm than none.
    """
    account = str(recipe["account_id"])
    return _render(action, {account: recipe}, catalog, policy, evaluator)[account]


def _recipe(step: Step, work: Work, policy: Policy) -> dict[str, Any]:
    """Plain JSON. `due_from` is when the step's time comes, not when it is rendered: a late run changes no date."""
    zone = ZoneInfo(policy.time_zone)
    start = add_span(work.fired_at, step.after, zone) if step.after else work.fired_at.astimezone(UTC)
    return {
        "account_id": work.account_id,
        "with": as_plain(step.with_),
        "only_if": as_plain(step.only_if),
        "owner": work.owner,
        "people": list(work.people),
        "due_from": start.isoformat(),
        "context": dict(work.context),
    }


def _new(
    playbook: Playbook, position: int, work: Work, recipe: Mapping[str, Any], rendered: Ready | Skip | None
) -> NewStep:
    step = playbook.steps[position]
    return NewStep(
        key=step_key(work.account_id, work.trigger, work.episode, playbook.playbook, step.id),
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
    )


def _render(
    action: str, recipes: Mapping[str, Mapping[str, Any]], catalog: Catalog, policy: Policy, evaluator: Evaluator
) -> dict[str, Ready | Skip]:
    """One step for several accounts that share its `with` and `only_if`: facts are asked for all of them at once."""
    words = catalog.actions.get(action)
    if words is None:
        return dict.fromkeys(recipes, Skip(f"no integration has an action `{action}`; run `expansion check`"))
    found: dict[str, Ready | Skip] = dict(_not_wanted(recipes, evaluator))
    left = [account for account in recipes if account not in found]
    contexts = _contexts({account: recipes[account] for account in left}, policy, evaluator)
    for account in left:
        recipe = recipes[account]
        filling = _filling(recipe, contexts[account], policy, evaluator)
        try:
            found[account] = Ready(fill(words.input_model, recipe["with"], filling))
        except (Unresolved, TemplateError) as error:
            found[account] = Skip(str(error))
    return found


def _not_wanted(recipes: Mapping[str, Mapping[str, Any]], evaluator: Evaluator) -> dict[str, Skip]:
    plain = next(iter(recipes.values()))["only_if"] if recipes else []
    if not plain:
        return {}
    try:
        answers = evaluator.holds(read_clauses(plain), list(recipes))
    except ValidationError:
        return dict.fromkeys(recipes, Skip("its `only_if` was written for another version and can no longer be read"))
    reasons = {Answer.NO: "its `only_if` no longer holds", Answer.CANNOT_TELL: "its `only_if` cannot be told now"}
    given = {account: answers.get(account, Answer.CANNOT_TELL) for account in recipes}
    return {account: Skip(reasons[answer]) for account, answer in given.items() if answer in reasons}


def _contexts(
    recipes: Mapping[str, Mapping[str, Any]], policy: Policy, evaluator: Evaluator
) -> dict[str, dict[str, Any]]:
    accounts = list(recipes)
    if not accounts:
        return {}
    facts = fact_texts(facts_named(recipes[accounts[0]]["with"]), accounts, evaluator)
    values = account_values(policy, accounts, evaluator)
    return {each: complete(recipes[each]["context"], facts[each], values[each]) for each in accounts}


def _filling(recipe: Mapping[str, Any], context: Mapping[str, Any], policy: Policy, evaluator: Evaluator) -> Filling:
    start = local_date(datetime.fromisoformat(recipe["due_from"]), ZoneInfo(policy.time_zone))
    return Filling(recipe["account_id"], context, recipe["owner"], tuple(recipe["people"]), start, policy, evaluator)
