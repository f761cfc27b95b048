"""What the people at the sample customers did, and who they are, as Mixpanel keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

from sandbox.sample import Account
from sandbox.sample.usage import Log, Person, api_calls, write

Record = dict[str, Any]


def part(customers: Sequence[Account], as_of: datetime, rng: Random) -> Record:
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


def _roughen(events: list[Record], as_of: datetime, rng: Random) -> None:
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
