"""Accounts of a world that are split: drawn so that days begin where counts are kept by day."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from expansion.usage.identity.former_ids import PART, Said
from tests.evaluate.worlds import ACCOUNTS, USERS, World

NEW = "acme-uk"


def some_parts(rnd: Random, world: World) -> list[Said]:
    """Whose doing counts elsewhere, from the beginning of a day of the policy's zone on; some of it is known later."""
    found = []
    today = world.as_of.astimezone(ZoneInfo(world.zone)).date()
    for _ in range(rnd.choice([1, 2, 4])):
        account, user = rnd.choice(ACCOUNTS[:3]), rnd.choice(USERS[1:])
        day = today - timedelta(days=rnd.choice([0, 1, 2, 5, 13, 28, 200]))
        at = datetime.combine(day, time(), ZoneInfo(world.zone)).astimezone(UTC).replace(tzinfo=None)
        known = at + rnd.choice([timedelta(), timedelta(days=1)])
        into = rnd.choice([NEW, NEW, account, rnd.choice(ACCOUNTS)])
        found.append(Said("files.merges", PART, account, into, at, known, known, user))
    return found


__all__ = ["some_parts"]
