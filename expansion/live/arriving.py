"""An event as somebody pushes it, checked as an import checks a row, without a query."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from expansion.contract import EventRow
from expansion.live.account import Arrival

_FIRST, _LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_SECONDS, _MILLISECONDS = 10**11, 10**14  # the numbers below these are seconds, and milliseconds, since 1970


class NotAnEvent(ValueError):
    """What came in is no event; the message says why, in one sentence."""


def arrival(row: EventRow, users: Mapping[str, str]) -> Arrival:
    """The event of a row; raises NotAnEvent. `users` gives the account of a user, for events that name none."""
    if not row.event_id:
        raise NotAnEvent("no event id")
    if not row.event:
        raise NotAnEvent("no event name")
    account = row.account_id or users.get(row.user_id or "")
    if not account:
        raise NotAnEvent("no account, and none is known for its user")
    ts = _moment(row.time, "the time")
    received = _moment(row.received_at, "the time of arrival") if row.received_at not in (None, "") else ts
    texts = {name: text for name, value in row.properties.items() if (text := as_stored(value))}
    return Arrival(row.event_id, row.event, ts, account, row.user_id or "", texts, max(ts, received))


def as_stored(value: Any) -> str | None:
    """A property as the store keeps it."""
    if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), default=str)


def _moment(value: str | float | datetime | None, what: str) -> datetime:
    moment = _read(value)
    if moment is None:
        raise NotAnEvent(f"{what} cannot be read; write ISO 8601, or seconds or milliseconds since 1970")
    if not _FIRST <= moment <= _LAST:
        raise NotAnEvent(f"{what} lies outside 1990 to 2100")
    return moment


def _read(value: str | float | datetime | None) -> datetime | None:
    if value is None or isinstance(value, bool):
        return None
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(str(value).strip())
        except ValueError:
            return _since_1970(str(value))
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def _since_1970(text: str) -> datetime | None:
    try:
        number = Decimal(text.strip())
    except ArithmeticError:
        return None
    if not number.is_finite() or abs(number) >= _MILLISECONDS:
        return None
    unit = 1_000_000 if abs(number) < _SECONDS else 1_000
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(number * unit))
