"""Checks triggers: their tier, playbooks and cohort exist, and none is made from itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from expansion.language.check.circles import circles, told
from expansion.language.check.conditions import check_cohort, check_conditions
from expansion.language.check.find_conditions import Found, choosing, conditions, deciding
from expansion.language.check.opened import Known, Opened, misnamed, not_email, not_share, unknown
from expansion.language.model.mistakes import Mistake
from expansion.language.model.models import Trigger
from expansion.language.yaml.source import Source, Steps

Named = tuple[str, str]  # ("cohort" or "trigger", its name)


def check_trigger(known: Known, opened: Opened[Trigger], trigger: Trigger, source: Source) -> Iterator[Mistake]:
    """One trigger against the other files."""
    yield from misnamed(opened, "trigger", trigger.trigger)
    yield from not_email(source, ("owner",), trigger.owner)
    if trigger.accounts:
        yield from check_cohort(known, source, ("accounts",), trigger.accounts)
    yield from unknown(source, ("leads_to",), trigger.leads_to, known.tiers(), "a tier of policy.yaml", "policy.yaml")
    if trigger.holdout is not None:
        yield from not_share(source, ("holdout",), trigger.holdout)
    yield from _branches(known, trigger, source)
    yield from check_conditions(known, source, deciding(trigger), of_users=trigger.who == "users")
    yield from check_conditions(known, source, choosing(trigger))


def _branches(known: Known, trigger: Trigger, source: Source) -> Iterator[Mistake]:
    playbooks, what = known.playbooks, "a playbook of this folder"
    if trigger.then.playbook:
        yield from unknown(source, ("then", "playbook"), trigger.then.playbook, playbooks, what, "the folder")
    always: int | None = None
    for index, choice in enumerate(trigger.then.choose or ()):
        at = ("then", "choose", index)
        yield from unknown(source, (*at, "playbook"), choice.playbook, playbooks, what, "the folder")
        if always is not None:
            line = source.spot(("then", "choose", always)).line
            hint = f"the first that fits is taken, and the one on line {line} always fits: move that one to the end"
            yield source.mistake(at, "this branch can never be reached", hint)
        elif not choice.when:
            always = index


# --- circles ----------------------------------------------------------------------------------------------------------


def check_references(known: Known) -> Iterator[Mistake]:
    """Cohorts and triggers that are made from themselves, also by way of each other."""
    asked = {**_by_cohorts(known), **_by_triggers(known)}
    for circle in circles(asked):
        first = next((index for index, (word, _) in enumerate(circle) if word == "trigger"), 0)
        around = circle[first:] + circle[:first]
        yield from _circle(known, around, asked[around[0]][(*around, around[0])[1]])


def _circle(known: Known, circle: list[Named], at: Steps) -> Iterator[Mistake]:
    """At the condition of the first trigger; at the cohort's name where there are only cohorts."""
    word, name = circle[0]
    message = told([each for _, each in circle])
    if word == "trigger" and (source := known.triggers[name].source):
        yield source.mistake(at, message, "let one of them stand on its own conditions")
    elif known.facts.source:
        hint = "let one of them come from a source"
        yield known.facts.source.mistake(("cohorts", name), message, hint, key=True)


def _by_cohorts(known: Known) -> dict[Named, dict[Named, Steps]]:
    cohorts = known.facts.model.cohorts if known.facts.model else {}
    return {("cohort", name): _named(conditions(getattr(one, "when", ()))) for name, one in cohorts.items()}


def _by_triggers(known: Known) -> dict[Named, dict[Named, Steps]]:
    found: dict[Named, dict[Named, Steps]] = {}
    for name, opened in known.triggers.items():
        if opened.model:
            accounts = opened.model.accounts
            of_accounts: dict[Named, Steps] = {("cohort", accounts): ("accounts",)} if accounts else {}
            found["trigger", name] = of_accounts | _named(deciding(opened.model))
    return found


def _named(found: Iterable[Found]) -> dict[Named, Steps]:
    """The cohorts and triggers that conditions name, each with the place of its name."""
    words = ((word, condition, at) for condition, at in found for word in ("cohort", "trigger"))
    return {(word, name): (*at, word) for word, condition, at in words if (name := getattr(condition, word))}
