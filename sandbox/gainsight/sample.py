"""The sample customers as Gainsight knows them: companies, their CSMs, and a risk CTA where things are bad."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sandbox.gainsight.fields import item
from sandbox.sample import Account, names

Record = dict[str, Any]

_SCORES = {"green": 82, "yellow": 55, "red": 21}


def part(customers: Sequence[Account], as_of: datetime) -> Record:
    users = {email: f"1P01{number:032}" for number, (email, _, _) in enumerate(names.SELLERS)}
    return {
        "users": [
            {"Gsid": users[email], "Name": name, "Email": email, "IsActiveUser": active}
            for email, name, active in names.SELLERS
        ],
        "companies": [_company(customer, users, as_of) for customer in customers],
        "ctas": [_risk(one, users) for one in customers if one.shape.health == "red" and one.seller],
    }


def company_id(number: int) -> str:
    return f"1P02{number:032}"


def _company(customer: Account, users: dict[str, str], as_of: datetime) -> Record:
    return {
        "Gsid": company_id(customer.number),
        "Name": customer.name,
        "Arr": customer.arr,
        "Stage": item("Stage", "Adopting"),
        "CurrentScore": _SCORES[customer.shape.health],
        "Csm": users.get(customer.seller or ""),
        "Csm__gr.Email": customer.seller,
        "product_account_id__gc": customer.id,
        "ModifiedDate": int(as_of.timestamp() * 1000),
    }


def _risk(customer: Account, users: dict[str, str]) -> Record:
    return {
        "Gsid": f"1S01RISK{customer.number:028}",
        "Name": f"{customer.name}: the health score is red",
        "CompanyId": company_id(customer.number),
        "OwnerId": users[customer.seller or ""],
        "type": "Risk",
        "reason": "Product Usage Risk",
        "priority": "High",
        "status": "New",
        "DueDate": "2026-03-09",
        "IsClosed": False,
    }
