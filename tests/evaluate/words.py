"""The vocabulary that the tests' triggers use, and single triggers, events and changes as tests write them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from expansion.evaluate.engine import Vocabulary
from expansion.language.model.models import Facts, Policy, Trigger
from expansion.usage.facts import cohort_field

Definition = dict[str, Any]

POLICY: Definition = {
    "time_zone": "UTC",
    "currency": "USD",
    "working_hours": {"days": ["mon"], "from": "09:00", "to": "17:00"},
    "owners": {"fallback": "revops@acme.example"},
    "tiers": {"more_seats": {"title": "More seats", "worth": {"flat": 1000}, "likely": "10%"}},
}
PLANS: Definition = {
    "fact": "plan",
    "limits": {
        "Team": {"seats": 50, "exports": 4},
        "Enterprise": {"seats": 60.5},
        "Free": {"exports": 0, "seats": "unlimited"},
    },
}

CRM, PROFILE = "crm.account", "mixpanel.profile"
FACTS: dict[str, Definition] = {
    "seats_used": {"from": CRM, "field": "used", "kind": "number"},
    "seats_bought": {"from": CRM, "field": "bought", "kind": "number", "unlimited": -1},
    "arr": {"from": CRM, "field": "ARR__c", "kind": "money"},
    "discount": {"from": CRM, "field": "discount", "kind": "percent"},
    "plan": {"from": CRM, "field": "Plan", "kind": "text"},
    "in_trial": {"from": CRM, "field": "trial", "kind": "yes_no"},
    "renews_on": {"from": CRM, "field": "renewal", "kind": "date"},
    "regions": {"from": CRM, "field": "regions", "kind": "list"},
    "seat_usage": {"ratio": ["seats_used", "seats_bought"]},
    "exports": {"times": ["export", "print"], "over": "7 days", "where": {"rows": {"at_least": 10}}},
    "exporters": {"people": "export", "over": "2 weeks"},
    "export_days": {"days": "export", "over": "1 month"},
    "exports_each": {"ratio": ["exports", "exporters"]},
    "exporters_share": {"ratio": ["exporters", "seats_bought"]},
    "seats_limit": {"limit_of": "seats"},
    "exports_limit": {"limit_of": "exports"},
    "seats_left": {"difference": ["seats_limit", "seats_used"]},
    "exports_over": {"difference": ["exports", "exports_limit"]},
    "usage_less_discount": {"difference": ["seat_usage", "discount"]},
    "seats_headroom": {"headroom": ["seats_used", "seats_limit"]},
    "bought_headroom": {"headroom": ["seats_used", "seats_bought"]},
    "exports_headroom": {"headroom": ["exports", "exports_limit"]},
    "days_to_full": {"days_to_limit": ["seats_used", "seats_bought"], "pace_over": "7 days"},
    "days_to_exports": {"days_to_limit": ["exports", "exports_limit"], "pace_over": "1 month"},
    "role": {"from": PROFILE, "field": "role", "kind": "text", "who": "users"},
    "logins": {"from": PROFILE, "field": "logins", "kind": "number", "who": "users"},
}
COHORTS: dict[str, Definition] = {
    "paying": {"when": [{"fact": "arr", "at_least": 1000}]},
    "full": {"when": [{"fact": "seat_usage", "at_least": "80%", "for": "2 days"}]},
    "exporting": {"when": [{"any_of": [{"trigger": "exports-often"}, {"event": "print", "over": "7 days", "is": 1}]}]},
    "vip": {"from": "mixpanel.cohort", "name": "VIP"},
}
EVENTS_FROM: Definition = {"from": "files.events", "account": "account_id"}
REAL = ("export", "print", "paywall", "rows", "feature")  # what the drawn triggers name
# The triggers that others may refer to.
REFERENCED: dict[str, Definition] = {
    "exports-often": {"when": [{"event": "export", "over": "28 days", "at_least": 2, "for": "2 days"}]},
    "nearly-full": {
        "accounts": "paying",
        "when": [{"fact": "seat_usage", "at_least": "80%", "clears_below": "50%"}],
        "unless": [{"fact": "in_trial", "is": True}],
    },
    "exports-and-pays": {"when": [{"trigger": "exports-often", "for": "2 days"}, {"fact": "arr", "exists": True}]},
}


def trigger(name: str = "t", **written: Any) -> Trigger:
    """A trigger of which only what matters is said."""
    rest = {"title": name, "owner": "revops@acme.example", "status": "live", "leads_to": "more_seats"}
    return Trigger.model_validate({"trigger": name, **rest, "then": {"playbook": "p"}, **written})


def vocabulary(
    zone: str = "UTC", facts: Definition | None = None, *, real: Sequence[str] = REAL, **policy: Any
) -> Vocabulary:
    """These words; or those above, with their plans and the triggers that may be referred to, and names that are real
    although none may have come."""
    if facts is not None:
        return Vocabulary(Facts.model_validate(facts), _policy(zone, policy))
    return Vocabulary(_facts(tuple(real)), _policy(zone, {"plans": PLANS, **policy}), _referenced())


def _policy(zone: str, more: Definition) -> Policy:
    return Policy.model_validate({**POLICY, "time_zone": zone, **more})


@cache
def _facts(real: tuple[str, ...]) -> Facts:
    names = {"names": list(real), "properties": list(real)}
    return Facts.model_validate({"events": [{**EVENTS_FROM, **names}], "facts": FACTS, "cohorts": COHORTS})


@cache
def _referenced() -> dict[str, Trigger]:
    return {name: trigger(name, **written) for name, written in REFERENCED.items()}


def event(
    account: str = "acme",
    name: str = "export",
    at: datetime | None = None,
    user: str = "",
    seen: datetime | None = None,
    key: str | None = None,
    **properties: Any,
) -> Definition:
    assert at is not None
    key = key or f"{account}-{name}-{at.isoformat()}-{user}-{json.dumps(properties, sort_keys=True)}"
    return {
        "id": key, "event": name, "at": at, "seen": max(at, seen or at), "account": account, "user": user,
        "properties": properties,
    }  # fmt: skip


def change(
    account: str, fact: str, value: str | None, since: datetime, seen: datetime | None = None, user: str = ""
) -> Definition:
    """A fact of an account, or of one of its people, that became so."""
    source, name = FACTS[fact]["from"], FACTS[fact]["field"]
    return {
        "source": source, "field": name, "account": account, "user": user, "value": value, "since": since,
        "seen": max(since, seen or since),
    }  # fmt: skip


def member(account: str, cohort: str, inside: bool, since: datetime) -> Definition:
    """An account that joined or left a cohort kept elsewhere."""
    definition = COHORTS[cohort]
    return {
        "source": definition["from"], "field": cohort_field(definition["name"]), "account": account, "user": "",
        "value": "true" if inside else "false", "since": since, "seen": since,
    }  # fmt: skip
