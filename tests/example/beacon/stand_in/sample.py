"""The sample customers as Beacon knows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sandbox.sample import Account

_SCORES = {"green": 82, "yellow": 55, "red": 21}
_RISKS = {"green": 0, "yellow": 1, "red": 3}


def part(customers: Sequence[Account], as_of: datetime) -> dict[str, Any]:
    return {"accounts": [_account(customer, as_of) for customer in customers]}


def _account(customer: Account, as_of: datetime) -> dict[str, Any]:
    return {
        "id": f"ba_{customer.number}",
        "external_id": customer.id,
        "name": customer.name,
        "csm": customer.seller,
        "health_score": _SCORES[customer.shape.health],
        "open_risks": _RISKS[customer.shape.health],
        "updated_at": as_of.isoformat(),
    }
