"""What the people at the sample customers did, and who they are, as Amplitude keeps it: a few of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox.sample import Account

Record = dict[str, Any]
_FEW = 8  # customers; all of them are in Mixpanel


def part(customers: Sequence[Account], as_of: datetime) -> Record:
    """One sign-in a person, and a cohort of those who build."""
    some = [(customer, person) for customer in customers[:_FEW] for person in customer.people[:3]]
    events = [_event(c.id, p.user_id, as_of - timedelta(days=1, hours=n % 20), n) for n, (c, p) in enumerate(some)]
    users = [{"user_id": p.user_id, "properties": {"company_id": c.id, "role": p.role}} for c, p in some]
    members = [person.user_id for customer, person in some if person.role != "viewer"]
    cohort = {"id": "b1u1ld3r", "name": "Builders", "members": members, "lastComputed": int(as_of.timestamp())}
    return {"events": events, "users": users, "cohorts": [cohort]}


def _event(account: str, person: str, at: datetime, number: int) -> Record:
    when = at.strftime("%Y-%m-%d %H:%M:%S.%f")
    return {
        "uuid": f"00000000-0000-4000-8000-{number:012}",
        "event_type": "Session Started",
        "event_time": when,
        "server_upload_time": when,
        "user_id": person,
        "groups": {"company_id": account},
        "event_properties": {},
    }
