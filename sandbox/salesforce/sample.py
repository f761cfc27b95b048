"""The sample customers as Salesforce knows them: accounts, their sellers and open deals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sandbox.sample import Account, names

Record = dict[str, Any]


def part(customers: Sequence[Account], as_of: datetime, rng: Random) -> Record:
    users = {email: f"0055e00000{n:05}AAA" for n, (email, _, _) in enumerate(names.SELLERS)}
    return {
        "users": [
            {"Id": users[email], "Email": email, "Name": name, "IsActive": active}
            for email, name, active in names.SELLERS
        ],
        "accounts": [_crm_account(c, users, as_of, rng) for c in customers],
        "opportunities": [_deal(c, as_of) for c in customers if c.shape.deal],
    }


def _crm_account(customer: Account, users: dict[str, str], as_of: datetime, rng: Random) -> Record:
    has = customer.shape
    changed = as_of - timedelta(days=rng.randrange(62, 300))
    return {
        "Id": _id(customer.number),
        "Name": customer.name,
        "OwnerId": users[customer.seller] if customer.seller else None,
        "ParentId": _id(customer.parent) if customer.parent is not None else None,
        "Website": f"https://{customer.domain}",
        "Product_Account_Id__c": customer.id,
        "ARR__c": customer.arr,
        "Plan__c": has.plan,
        "Seats_Bought__c": has.seats_bought,
        "Storage_GB_Bought__c": has.storage_bought,
        "API_Calls_Included__c": has.api_included,
        "Health__c": has.health,
        "Renewal_Date__c": (as_of + timedelta(days=rng.randrange(40, 330))).date().isoformat(),
        "Segment__c": has.segment,
        "Is_Internal__c": has.internal,
        "Expansion_Signal__c": None,
        "LastModifiedDate": changed.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
    }


def _deal(customer: Account, as_of: datetime) -> Record:
    ends = {"Closed Won": -20, "Closed Lost": -200}.get(str(customer.shape.deal), 30)  # in days
    return {
        "Id": f"0065e00000{customer.number:05}AAA",
        "AccountId": _id(customer.number),
        "Name": f"{customer.name}: more seats",
        "StageName": customer.shape.deal,
        "IsClosed": ends < 0,
        "Type": "Existing Customer - Upgrade",
        "CloseDate": (as_of + timedelta(days=ends)).date().isoformat(),
    }


def _id(number: int) -> str:
    return f"0015e00000{number:05}AAA"
