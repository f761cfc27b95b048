"""The workspace of the sellers: who they are, and two channels."""

from __future__ import annotations

from typing import Any

from sandbox.sample import names

Record = dict[str, Any]


def part() -> Record:
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
