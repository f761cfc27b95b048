"""Why a row is no event: one sentence each, the same for files and for what sources send."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from expansion.usage.forms.clock import Clock
from expansion.usage.forms.duck import quote
from expansion.usage.forms.moment_sql import USUAL, why_not_sql, within_sql

AHEAD = "it happened more than a day after it arrived: the clock of its device was ahead"
NO_ACCOUNT = "no account, and none, or more than one, is known for its user"


def reasons(account: str, by: datetime | None, clock: Clock = USUAL) -> Iterator[str]:
    """The branches of a CASE over rows with event_id, event, time_text, ts, received_text and received; NULL is what a
    cell does not say.

    `account` is SQL for the account. `by` is when all of them had arrived: no event happened after it arrived, and what
    a device with a clock that is ahead says is set aside.
    """
    yield "WHEN event_id IS NULL THEN 'no event id'"
    yield "WHEN event IS NULL THEN 'no event name'"
    yield "WHEN time_text IS NULL THEN 'no time'"
    for moment, text, what in (("ts", "time_text", "the time"), ("received", "received_text", "the time of arrival")):
        yield f"WHEN {unread(moment, text)} THEN {why_not_sql(text, moment, what, clock)}"
    arrived = "received" if by is None else f"least(received, TIMESTAMP {quote(str(naive_utc(by)))})"
    yield f"WHEN ts > {arrived} + INTERVAL 1 DAY THEN {quote(AHEAD)}"
    yield f"WHEN coalesce({account}, '') = '' THEN {quote(NO_ACCOUNT)}"


def unread(moment: str, text: str) -> str:
    """SQL for: a text is there, and is no moment of an event."""
    return f"{text} IS NOT NULL AND ({within_sql(moment)}) IS NOT TRUE"


def naive_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
