"""An event as somebody pushes it, checked as an import checks a row, without a query."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from expansion.contract import EventRow
from expansion.memory.account import Arrival
from expansion.text.for_people import ForPeople
from expansion.usage.forms.cells import as_id, is_nothing
from expansion.usage.forms.moments import moment, why_not


class NotAnEvent(ForPeople):
    """What came in is no event; the message says why, in one sentence."""


def arrival(row: EventRow, users: Mapping[str, str]) -> Arrival:
    """The event of a row; raises NotAnEvent. `users` gives the account of a user, for events that name none."""
    event_id, event = ("" if is_nothing(text) else str(text) for text in (row.event_id, row.event))
    user, said = map(_id, (row.user_id, row.account_id))
    if not event_id:
        raise NotAnEvent("no event id")
    if not event:
        raise NotAnEvent("no event name")
    account = said or users.get(user)
    if not account:
        raise NotAnEvent("no account, and none, or more than one, is known for its user")
    ts = _moment(row.time, "the time")
    received = _moment(row.received_at, "the time of arrival") if not is_nothing(row.received_at) else ts
    texts = {name: text for name, value in row.properties.items() if (text := as_stored(value))}
    return Arrival(event_id, event, ts, account, user, texts, max(ts, received), row.source)


def _id(value: Any) -> str:
    return "" if is_nothing(value) else as_id(value)


def as_stored(value: Any) -> str | None:
    """A property as the store keeps it."""
    if is_nothing(value) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), default=str)


def _moment(value: str | float | datetime | None, what: str) -> datetime:
    if wrong := why_not(value, what):
        raise NotAnEvent(wrong)
    found = moment(value)
    assert found is not None, "it has a reason otherwise"
    return found
