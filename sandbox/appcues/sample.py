"""The sample customers and their people as Appcues knows them, and what a team has prepared in Studio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.sample import Account

Record = dict[str, Any]

FLOWS = [
    {"name": "You are close to your seat limit", "property": "seat_nudge", "value": "soft"},
    {"name": "What the bigger plan has", "segment": "Ready for more"},
    {"name": "Two weeks of the bigger plan", "property": "trial_offer", "value": "Team"},
]
SEGMENTS = [{"id": "seg-ready", "name": "Ready for more", "description": "Filled through the API"}]


def part(customers: Sequence[Account]) -> Record:
    return {
        "groups": [{"group_id": one.id, "name": one.name, "plan": one.shape.plan} for one in customers],
        "users": [
            {"user_id": person.user_id, "name": person.name, "email": person.email, "group": one.id}
            for one in customers
            for person in one.people
        ],
        "segments": SEGMENTS,
        "flows": FLOWS,
    }
