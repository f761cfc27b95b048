"""What the templates of a playbook may name, for one firing.

Most of it is pinned at the firing: a reminder three days later must tell the same story. Facts, the account's value,
its owner and its name are looked up when the step is rendered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from jinja2 import TemplateSyntaxError

from expansion.accounts.priority import Priority
from expansion.calendar.spans import day_text
from expansion.evaluate.results import Evaluator
from expansion.language.model.models import Policy
from expansion.language.model.template import alone, facts_named
from expansion.steps.values import is_text, of_fact, of_firing

_NAMED = 10  # people whose names a text holds; `people_count` tells how many there are
_EMAIL = re.compile(r"(?<![^@\s])([^@\s]+)@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Story:
    """What is told of one firing, before it becomes text."""

    account_id: str
    account_name: str
    trigger: str
    trigger_title: str
    tier: str
    tier_title: str
    priority: Priority
    currency: str
    reasons: tuple[str, ...]
    people: tuple[str, ...]  # user ids, most active first
    owner: str
    playbook_title: str
    fired_on: date
    links: Mapping[str, str]


def pinned(story: Story, names: Sequence[str]) -> dict[str, Any]:
    """The part of the context that stays as it was at the firing, as plain JSON."""
    return {
        "account": {"id": story.account_id, "name": story.account_name, "owner": story.owner},
        "trigger": {"name": story.trigger, "title": story.trigger_title},
        "tier": {"name": story.tier, "title": story.tier_title},
        **story.priority.texts(story.currency),
        "reasons": list(story.reasons),
        "people": list(names[:_NAMED]),
        "people_count": len(story.people),
        "people_in_words": in_words(names, len(story.people)),
        "owner": story.owner,
        "playbook": {"title": story.playbook_title},
        "links": dict(story.links),
        "fired_on": day_text(story.fired_on),
        "values": of_firing(story.priority, len(story.people), story.fired_on.isoformat()),
    }


def complete(pinned_part: Mapping[str, Any], facts: Mapping[str, str], value: str) -> dict[str, Any]:
    """The whole context: the pinned part with what is known now."""
    account = {**pinned_part["account"], "value": value}
    texts = {name: part for name, part in pinned_part.items() if name != "values"}
    return {**texts, "account": account, "facts": dict(facts)}


def names_of(people: Iterable[str], account_id: str, evaluator: Evaluator) -> list[str]:
    """Names of people, or their user ids. Never an e-mail address: these texts go to channels many people read.

    Many products use the e-mail address as user id; then only what stands before the `@` is shown.
    """
    wanted = list(people)
    profiles = evaluator.profiles(account_id, wanted) if wanted else []
    known = {profile["user_id"]: profile.get("name") for profile in profiles}
    return [without_address(known.get(person) or person) for person in wanted]


def in_words(names: Sequence[str], count: int) -> str:
    """Who is behind a firing: `Ana Lima, Ben Roth, … and 4 more (14 people, most active first)`."""
    if not count:
        return "nobody by name: it is counted for the account as a whole"
    shown, more = ", ".join(names[:_NAMED]), count - min(count, _NAMED)
    if count == 1:
        return shown
    return f"{shown}{f' and {more:,} more' if more else ''} ({count:,} people, most active first)"


def without_address(text: str) -> str:
    """A name or a user id, with only what stands before the `@` of an e-mail address."""
    return _EMAIL.sub(r"\1", text)


def facts_in(raw: Any) -> frozenset[str]:
    """The facts that the templates in these inputs name. One that cannot be read names none; filling it says why."""
    found: set[str] = set()
    for text in _texts(raw):
        with suppress(TemplateSyntaxError):
            found |= facts_named(text)
    return frozenset(found)


def names_alone(raw: Any) -> frozenset[str]:
    """The names that are a text of their own in these inputs: `{{ facts.seats }}` and nothing else."""
    found: set[str] = set()
    for text in _texts(raw):
        with suppress(TemplateSyntaxError):
            if one := alone(text):
                found.add(one.name)
    return frozenset(found)


def fact_texts(names: Iterable[str], accounts: Sequence[str], evaluator: Evaluator) -> dict[str, dict[str, str]]:
    """account -> fact -> text, for exactly these facts; `unknown` where it is not known."""
    texts: dict[str, dict[str, str]] = {account: {} for account in accounts}
    for name in sorted(names):
        known = evaluator.fact(name, accounts)
        for account in accounts:
            fact = known.get(account)
            texts[account][name] = "unknown" if fact is None or fact.value is None else fact.text
    return texts


def fact_values(names: Iterable[str], accounts: Sequence[str], evaluator: Evaluator) -> dict[str, dict[str, Any]]:
    """The same as values for a machine, without those that are text; None where it is not known."""
    known = {name: evaluator.fact(name, accounts) for name in sorted(names)}
    return {
        account: {name: of_fact(one) for name, facts in known.items() if not is_text(one := facts.get(account))}
        for account in accounts
    }


def account_values(policy: Policy, accounts: Sequence[str], evaluator: Evaluator) -> dict[str, str]:
    """What each account is worth today, as text."""
    name = policy.account.value
    if name is None:
        return dict.fromkeys(accounts, "unknown")
    return {account: texts[name] for account, texts in fact_texts([name], accounts, evaluator).items()}


def _texts(raw: Any) -> list[str]:
    if isinstance(raw, str):
        return [raw]
    inside = raw.values() if isinstance(raw, Mapping) else raw if isinstance(raw, list | tuple) else ()
    return [text for each in inside for text in _texts(each)]
