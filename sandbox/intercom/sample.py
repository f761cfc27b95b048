"""The people at the sample customers as Intercom knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.sample import Account
from sandbox.sample.usage import Person

Record = dict[str, Any]


def part(customers: Sequence[Account]) -> Record:
    return {"contacts": [_contact(customer, person) for customer in customers for person in customer.people]}


def _contact(customer: Account, person: Person) -> Record:
    return {
        "external_id": person.user_id,
        "email": person.email,
        "name": person.name,
        "role": "user",
        "companies": [customer.id],
    }
