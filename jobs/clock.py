"""The only clock. Everything below takes the time as an argument."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from expansion.limits import Instant

# Ticks that go on while a laptop sleeps; where there are none, those that do not.
_TICKS = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_wall = time.time  # looked up at each call: a test may have a machine whose clock is wrong
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def utc_now() -> datetime:
    """By this machine's clock. What the ledger judges goes by `Place.now`, which is the same on every machine."""
    return datetime.fromtimestamp(_wall(), UTC)


def moment(as_of: datetime | None) -> datetime:
    """The moment of a check: now, or the one asked for; a time without a zone is UTC."""
    if as_of is None:
        return utc_now()
    return as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)


def instant() -> Instant:
    """Now, for budgets that processes share."""
    return Instant(_wall(), time.clock_gettime(_TICKS), _ticker())


@cache
def _ticker() -> str:
    """Linux names each start of a machine, and its processes share the ticks. Elsewhere a process has its own."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return secrets.token_hex(8)
