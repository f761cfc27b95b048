"""Sample data: 160 customers of Tessera, a fictional workspace for reports and boards, over 120 days.

The same seed makes the same data, byte for byte. Each stand-in takes its part with `load`; `accounts` says which story
was planted where, so that tests and the demo can ask whether it was found.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.sample import names as names
from sandbox.sample.stories import STORIES, Shape, Story, ordinary, shape
from sandbox.sample.usage import Log, Person, api_calls, write

AS_OF = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday morning
_PRICE = {"Free": 0, "Team": 240, "Business": 480, "Enterprise": 900}  # a seat and year
_ROLES = ("admin", "editor", "editor", "editor", "viewer")
_ORDINARY = Story("ordinary", 0, {})

Record = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """One customer, before each system describes it in its own words."""

    number: int
    name: str
    story: Story
    shape: Shape
    people: list[Person]
    seller: str | None  # e-mail
    parent: int | None

    @property
    def id(self) -> str:
        return f"ac-{1000 + self.number}"

    @property
    def salesforce_id(self) -> str:
        return f"0015e00000{self.number:05}AAA"

    @property
    def hubspot_id(self) -> str:
        return str(8_231_000_000 + self.number)

    @property
    def domain(self) -> str:
        return self.name.lower().replace(" ", "-") + ".example"

    @property
    def arr(self) -> int:
        if self.shape.arr is not None:
            return self.shape.arr
        return _PRICE[self.shape.plan] * (self.shape.seats_bought or self.shape.people)


def make_sample(seed: int = 7, as_of: datetime = AS_OF, accounts: int = 160) -> Record:
    """Everything that the stand-ins are loaded with, as JSON."""
    rng = random.Random(seed)  # noqa: S311 - sample data, nothing secret
    customers = list(_customers(rng, accounts))
    return {
        "as_of": as_of.isoformat(),
        "accounts": [_told(customer) for customer in customers],
        "salesforce": _salesforce(customers, as_of, rng),
        "hubspot": _hubspot(customers),
        "slack": _slack(),
        "intercom": {"contacts": [_contact(c, person) for c in customers for person in c.people]},
        "mixpanel": _mixpanel(customers, as_of, rng),
    }


# --- who there is -----------------------------------------------------------------------------------------------------


def _customers(rng: random.Random, count: int) -> Iterator[Account]:
    planted = [story for story in STORIES for _ in range(story.count)][:count]
    stories = planted + [_ORDINARY] * (count - len(planted))
    first: dict[str, int] = {}
    for number, (story, name) in enumerate(zip(stories, names.companies(rng, count), strict=True)):
        has = ordinary(rng) if story is _ORDINARY else shape(_paying(story), rng)
        first.setdefault(story.name, number)
        seller = {"nobody": None, "left": names.SELLERS[-1][0]}.get(has.owner, rng.choice(names.SELLERS[:6])[0])
        people = list(_people(rng, number, name, has))
        yield Account(number, name, story, has, people, seller, first.get(has.parent or ""))


def _paying(story: Story) -> Story:
    """A planted account pays and is well unless its story says otherwise: chance must not hide it."""
    calm: dict[str, object] = {"plan": "Team", "health": "green", "joins": (), "paywall": (), "support": ()}
    calm |= {"premium": (0, 0), "api": (0, 0), "boards": (), "shares": ()}
    needs = max([int(str(story.changes.get("people", 0))), 8])
    room: dict[str, object] = {"people": needs, "seats_bought": needs * 2 + 4}
    return Story(story.name, story.count, {**calm, **room, **story.changes}, story.fires, story.unknown, story.held)


def _people(rng: random.Random, number: int, company: str, has: Shape) -> Iterator[Person]:
    joined: list[int | None] = [*([None] * has.people), *has.joins]
    home = rng.choice(("Design", "Product"))
    domain = company.lower().replace(" ", "-") + ".example"
    for n, (name, since) in enumerate(zip(names.people(rng, len(joined)), joined, strict=True)):
        department = home if since is None else has.join_departments[(n - has.people) % len(has.join_departments)]
        role = "admin" if n == 0 else rng.choice(_ROLES)
        email = f"{name.lower().replace(' ', '.')}@{domain}"
        yield Person(f"u-{number:03}{n:03}", name, email, role, department, since)


def _told(customer: Account) -> Record:
    story = customer.story
    return {
        "id": customer.id,
        "name": customer.name,
        "story": story.name,
        "fires": list(story.fires),
        "unknown": list(story.unknown),
        "held": story.held,
    }


# --- each system's words ----------------------------------------------------------------------------------------------


def _salesforce(customers: list[Account], as_of: datetime, rng: random.Random) -> Record:
    users = {email: f"0055e00000{n:05}AAA" for n, (email, _, _) in enumerate(names.SELLERS)}
    return {
        "users": [
            {"Id": users[email], "Email": email, "Name": name, "IsActive": active}
            for email, name, active in names.SELLERS
        ],
        "accounts": [_crm_account(c, users, as_of, rng) for c in customers],
        "opportunities": [_deal(c, as_of) for c in customers if c.shape.deal],
    }


def _crm_account(customer: Account, users: dict[str, str], as_of: datetime, rng: random.Random) -> Record:
    has = customer.shape
    changed = as_of - timedelta(days=rng.randrange(62, 300))
    return {
        "Id": customer.salesforce_id,
        "Name": customer.name,
        "OwnerId": users[customer.seller] if customer.seller else None,
        "ParentId": f"0015e00000{customer.parent:05}AAA" if customer.parent is not None else None,
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
        "AccountId": customer.salesforce_id,
        "Name": f"{customer.name}: more seats",
        "StageName": customer.shape.deal,
        "IsClosed": ends < 0,
        "Type": "Existing Customer - Upgrade",
        "CloseDate": (as_of + timedelta(days=ends)).date().isoformat(),
    }


def _hubspot(customers: list[Account]) -> Record:
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
    return {"id": customer.hubspot_id, "properties": known}


def _given_and_family(name: str) -> dict[str, str]:
    given, _, family = name.partition(" ")
    return {"firstName": given, "lastName": family}


def _slack() -> Record:
    users = [
        {"id": f"U0SELLER{n:02}", "name": email.split("@")[0], "real_name": name, "profile": {"email": email}}
        for n, (email, name, active) in enumerate(names.SELLERS)
        if active
    ]
    channels = [
        {"id": "C0EXPANDALL", "name": "expansion", "is_member": True},
        {"id": "C0EXPANDENT", "name": "expansion-enterprise", "is_member": True},
    ]
    return {"channels": channels, "users": users}


def _contact(customer: Account, person: Person) -> Record:
    return {
        "external_id": person.user_id,
        "email": person.email,
        "name": person.name,
        "role": "user",
        "companies": [customer.id],
    }


def _mixpanel(customers: list[Account], as_of: datetime, rng: random.Random) -> Record:
    events: list[Record] = []
    for customer in customers:
        log = Log(customer.id, as_of, rng, f"{customer.number:03x}")
        write(log, customer.shape, customer.people)
        events += log.events
    events.sort(key=lambda event: int(event["time"]))
    _roughen(events, as_of, rng)
    groups = [{"distinct_id": c.id, "properties": _group(c)} for c in customers]
    profiles = [{"distinct_id": p.user_id, "properties": _profile(c, p)} for c in customers for p in c.people]
    builders = [p.user_id for c in customers for p in c.people if c.shape.builders and p.role != "viewer"]
    cohorts = [{"id": 31_337, "name": "Premium builders", "members": builders}]
    return {"events": events, "groups": groups, "profiles": profiles, "cohorts": cohorts}


def _group(customer: Account) -> Record:
    used, calls = customer.shape.storage[1], api_calls(customer.shape)
    return {"$name": customer.name, "storage_used_gb": used, "api_calls_28d": calls}


def _profile(customer: Account, person: Person) -> Record:
    known = {"$email": person.email, "$name": person.name, "role": person.role, "department": person.department}
    return known | {"company_id": customer.id}


def _roughen(events: list[Record], as_of: datetime, rng: random.Random) -> None:
    """What real pipelines do: send some twice, some days late, some without the account, some without anybody."""
    now = int(as_of.timestamp())
    for event in rng.sample(events, len(events) // 100):
        event["received"] = min(now, event["time"] + rng.randrange(3_600, 4 * 86_400))
    for event in rng.sample([e for e in events if e["event"] == "Report Viewed"], min(200, len(events) // 400)):
        event["properties"] = {k: v for k, v in event["properties"].items() if k != "company_id"}
    events += [dict(event) for event in rng.sample(events, len(events) // 200)]
    for n in range(20):
        strolled = {"event": "Pricing Page Viewed", "distinct_id": f"$device:{n:032x}", "insert_id": f"web-{n:04x}"}
        events.append({**strolled, "time": now - rng.randrange(86_400, 50 * 86_400), "properties": {}})
