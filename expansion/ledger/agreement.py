"""Clocks that disagree: what is still safe, what is said of it, and what a person does about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from expansion.ledger.database import LedgerError
from expansion.text.many import many

# Leases and waits are judged by one clock, so that these bounds keep only what a machine stamps and asks for right.
NOTED = timedelta(seconds=30)
STOPS = timedelta(minutes=5)
_KEEP_TIME = (
    "let both keep the time (NTP; `timedatectl` shows whether a machine does), then start it again; "
    "`expansion clock` compares them"
)


class ClocksDisagree(LedgerError):
    """A run would write times that contradict others; one sentence for a person, and a hint. Nothing was written."""


def skewed(here: datetime, counts: datetime) -> str | None:
    """How this machine's clock and the database's differ, where that is worth a word."""
    by = here - counts
    if abs(by) < NOTED:
        return None
    side = "ahead of" if by > timedelta() else "behind"
    return (
        f"this machine's clock is {_long(abs(by))} {side} the ledger's database: "
        f"it is {_said(here)} here and {_said(counts)} there"
    )


def must_agree(here: datetime, counts: datetime) -> None:
    """Raises ClocksDisagree where the two are too far apart."""
    if abs(here - counts) >= STOPS and (said := skewed(here, counts)):
        raise ClocksDisagree(f"{said}; nothing was written\n\nhint: {_KEEP_TIME}")


def ahead(now: datetime, newest: Mapping[str, datetime]) -> str | None:
    """What of what is written down lies ahead of now, further than clocks may differ."""
    late = {what: at for what, at in newest.items() if at - now >= STOPS}
    if not late:
        return None
    told = ", ".join(f"{what} of {_said(at)}" for what, at in late.items())
    return f"the ledger and the usage store hold what lies ahead: {told}; the clock says {_said(now)}"


def must_be_past(now: datetime, newest: Mapping[str, datetime]) -> None:
    """Raises ClocksDisagree where what is written down lies ahead of now."""
    if said := ahead(now, newest):
        raise ClocksDisagree(
            f"{said}. Nothing was written\n\n"
            "hint: if the clock is wrong, set it. If it is right, an earlier run was made while it was ahead: "
            "`expansion clock --put-back` takes what that run left for what it was, a thing of today"
        )


def _said(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _long(by: timedelta) -> str:
    """`45 seconds`, `3 hours`, `365 days`: the largest whole unit."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if (count := int(by.total_seconds() // seconds)) >= 1:
            return many(count, unit)
    return f"{int(by.total_seconds())} seconds"
