"""The sample customers as HubSpot knows them: companies and their owners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.sample import Account, names

Record = dict[str, Any]


def part(customers: Sequence[Account]) -> Record:
    owners = {email: str(71_000 + n) for n, (email, _, active) in enumerate(names.SELLERS) if active}
    return {
        "owners": [
            {"id": owners[email], "userId": 900_000 + n, "email": email, **_given_and_family(name)}
            for n, (email, name, active) in enumerate(names.SELLERS)
            if active
        ],
        "companies": [_company(c, owners) for c in customers],
    }


def _company(customer: Account, owners: dict[str, str]) -> Record:
    known = {
        "name": customer.name,
        "domain": customer.domain,
        "product_account_id": customer.id,
        "plan": customer.shape.plan,
        "lifecyclestage": "customer" if customer.arr else "lead",
        "hubspot_owner_id": owners.get(customer.seller or ""),
    }
    return {"id": str(8_231_000_000 + customer.number), "properties": known}


def _given_and_family(name: str) -> dict[str, str]:
    given, _, family = name.partition(" ")
    return {"firstName": given, "lastName": family}
