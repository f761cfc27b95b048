"""The sample customers and their people as Pendo knows them, and what a team has prepared there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sandbox.sample import Account

Record = dict[str, Any]

FIELDS = [
    {"group": "auto", "name": "lastvisit", "type": "time"},
    {"group": "agent", "name": "name", "type": "string"},
    {"group": "custom", "name": "plan", "type": "string"},
    {"group": "custom", "name": "gtm_nudge", "type": "string"},
]
GUIDES = [
    {"name": "You are close to your seat limit", "field": "gtm_nudge", "value": "seat_limit"},
    {"name": "Storage, an offer", "field": "gtm_nudge", "value": "storage-limit"},
    {"name": "Premium features, an offer", "field": "gtm_nudge", "value": "premium-features-growing"},
]


def part(customers: Sequence[Account], as_of: datetime) -> Record:
    admins = [person.user_id for one in customers for person in one.people if person.role == "admin"]
    return {
        "fields": FIELDS,
        "accounts": [_account(one, as_of) for one in customers],
        "visitors": [
            {
                "visitorId": person.user_id,
                "metadata": {"auto": {"accountids": [one.id]}, "agent": {"name": person.name}},
            }
            for one in customers
            for person in one.people
        ],
        "segments": [{"id": "seg-admins", "name": "Administrators", "visitors": admins}],
        "guides": GUIDES,
    }


def _account(customer: Account, as_of: datetime) -> Record:
    visits = {"lastvisit": int(as_of.timestamp() * 1000)}
    metadata = {"auto": visits, "agent": {"name": customer.name}, "custom": {"plan": customer.shape.plan}}
    return {"accountId": customer.id, "metadata": metadata}
