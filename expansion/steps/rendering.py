"""Steps become inputs: `only_if` is asked, facts are looked up, and the action's model is filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from expansion.accounts.owners import OwnedBy, owners
from expansion.calendar.spans import local_date
from expansion.contract import Catalog
from expansion.evaluate.results import Answer, Evaluator
from expansion.language.model.models import Policy
from expansion.language.model.template import TemplateError
from expansion.steps.context import account_values, complete, fact_texts, fact_values, facts_in, names_alone
from expansion.steps.fill import Filling, Unresolved, fill
from expansion.steps.plain import read_clauses
from expansion.steps.values import by_name

Recipe = Mapping[str, Any]

CANNOT_TELL = "its `only_if` cannot be told now"


@dataclass(frozen=True)
class Ready:
    """The step's input, as plain JSON that the action's model accepts."""

    input: dict[str, Any]


@dataclass(frozen=True)
class Skip:
    """The step is not done, and why."""

    reason: str


@dataclass(frozen=True)
class NotYet:
    """Whether the step is wanted cannot be told now; it may be asked again."""

    reason: str


Rendered = Ready | Skip | NotYet


def render_waiting(action: str, recipe: Recipe, catalog: Catalog, policy: Policy, evaluator: Evaluator) -> Rendered:
    """What becomes of a waiting step now: `only_if` is asked again; facts, the owner and the account's name are those
    of the evaluator's moment.

    One whose `only_if` cannot be told is not sent: a reminder sent on a guess does more harm than none.
    """
    account = str(recipe["account_id"])
    now = _named_now(_owned_now({account: recipe}, policy, evaluator), policy, evaluator)
    return render_alike(action, now, catalog, policy, evaluator)[account]


def render_alike(
    action: str, recipes: Mapping[str, Recipe], catalog: Catalog, policy: Policy, evaluator: Evaluator
) -> dict[str, Rendered]:
    """One step for several accounts that share its `with` and `only_if`: facts are asked for all of them at once."""
    words = catalog.actions.get(action)
    if words is None:
        return dict.fromkeys(recipes, Skip(f"no integration has an action `{action}`; run `expansion check`"))
    try:
        found: dict[str, Rendered] = dict(_not_wanted(recipes, evaluator))
        left = {account: recipe for account, recipe in recipes.items() if account not in found}
        contexts = _contexts(left, policy, evaluator)
        values = _values(left, policy, evaluator)
    except Unresolved as error:
        return dict.fromkeys(recipes, Skip(str(error)))
    for account, recipe in left.items():
        try:
            filling = _filling(recipe, contexts[account], values[account], policy, evaluator)
            found[account] = Ready(fill(words.input_model, recipe["with"], filling))
        except (Unresolved, TemplateError) as error:
            found[account] = Skip(str(error))
    return found


def _owned_now(recipes: Mapping[str, Recipe], policy: Policy, evaluator: Evaluator) -> dict[str, Recipe]:
    """The recipes with the account's owner of now, in texts and as the one who gets the work.

    Where nobody knows the owner just now, the one of the firing stays: a source that is late must not send the work
    of weeks to the fallback owner.
    """
    try:
        known = owners(policy, recipes, evaluator) if policy.account.owner else {}
    except KeyError:  # a step that waited while facts.yaml changed
        known = {}
    return {account: _owned_by(recipe, known.get(account)) for account, recipe in recipes.items()}


def _owned_by(recipe: Recipe, owner: OwnedBy | None) -> Recipe:
    if owner is None or owner.note is not None:
        return recipe
    context = recipe["context"]
    account = {**context["account"], "owner": owner.email}
    return {**recipe, "owner": owner.email, "context": {**context, "account": account, "owner": owner.email}}


def _named_now(recipes: Mapping[str, Recipe], policy: Policy, evaluator: Evaluator) -> dict[str, Recipe]:
    """The recipes with the account's name of now, by which people find it; that of the firing where none is known."""
    try:
        known = evaluator.fact(policy.account.name, recipes) if policy.account.name else {}
    except KeyError:  # a step that waited while facts.yaml changed
        known = {}
    return {
        account: _called(recipe, known[account].as_text if account in known else None)
        for account, recipe in recipes.items()
    }


def _called(recipe: Recipe, name: str | None) -> Recipe:
    context = recipe["context"]
    return {**recipe, "context": {**context, "account": {**context["account"], "name": name}}} if name else recipe


def _not_wanted(recipes: Mapping[str, Recipe], evaluator: Evaluator) -> dict[str, Skip | NotYet]:
    plain = next(iter(recipes.values()))["only_if"] if recipes else []
    if not plain:
        return {}
    try:
        answers = evaluator.holds(read_clauses(plain), list(recipes))
    except ValidationError as error:
        raise Unresolved("its `only_if` was written for another version and can no longer be read") from error
    except KeyError as error:  # a step that waited while facts.yaml changed
        raise Unresolved(f"its `only_if` names {error}, which facts.yaml no longer has") from error
    verdicts: dict[Answer, Skip | NotYet] = {
        Answer.NO: Skip("its `only_if` no longer holds"),
        Answer.CANNOT_TELL: NotYet(CANNOT_TELL),
    }
    given = {account: answers.get(account, Answer.CANNOT_TELL) for account in recipes}
    return {account: verdicts[answer] for account, answer in given.items() if answer in verdicts}


def _contexts(recipes: Mapping[str, Recipe], policy: Policy, evaluator: Evaluator) -> dict[str, dict[str, Any]]:
    accounts = list(recipes)
    if not accounts:
        return {}
    try:
        facts = fact_texts(facts_in(recipes[accounts[0]]["with"]), accounts, evaluator)
    except KeyError as error:
        raise Unresolved(f"its text names {error}, which facts.yaml no longer has") from error
    values = account_values(policy, accounts, evaluator)
    return {each: complete(recipes[each]["context"], facts[each], values[each]) for each in accounts}


def _values(recipes: Mapping[str, Recipe], policy: Policy, evaluator: Evaluator) -> dict[str, dict[str, Any]]:
    """What stands alone in a text, as values: a typed field of a CRM takes these."""
    accounts = list(recipes)
    names = names_alone(recipes[accounts[0]]["with"]) if accounts else frozenset()
    asked = {name.removeprefix("facts.") for name in names if name.startswith("facts.")}
    worth = policy.account.value if "account.value" in names else None
    known = fact_values({*asked, *([worth] if worth else [])}, accounts, evaluator)
    return {
        account: by_name(recipes[account]["context"].get("values", {}), known[account], worth) for account in accounts
    }


def _filling(
    recipe: Recipe, context: Mapping[str, Any], values: Mapping[str, Any], policy: Policy, evaluator: Evaluator
) -> Filling:
    start = local_date(datetime.fromisoformat(recipe["due_from"]), ZoneInfo(policy.time_zone))
    return Filling(
        account_id=recipe["account_id"],
        context=context,
        owner=recipe["owner"],
        people=tuple(recipe["people"]),
        start=start,
        policy=policy,
        evaluator=evaluator,
        values=values,
    )
