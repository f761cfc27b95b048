"""What is held of one account: its rows of every kind, its facts; grown by each event that comes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from expansion.evaluate.sequences import microseconds
from expansion.memory.beside import Beside
from expansion.memory.held import Held
from expansion.memory.stated import Said
from expansion.usage.forms.items import items_of
from expansion.usage.match_event import fits, number
from expansion.usage.storage.rollup import Column

_EPOCH = datetime(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Arrival:
    """An event as it came in: checked, with the texts of its properties as they are stored."""

    event_id: str
    event: str
    ts: datetime  # aware
    account_id: str
    user_id: str
    texts: Mapping[str, str]
    received_at: datetime | None = None
    source: str = ""


@dataclass
class Account:
    """The rows of an account by what they hold: counts side by side, each detail by itself, and events of late."""

    account_id: str
    counts: Held
    details: dict[Column, Held]
    of_late: Held  # an event a row, as far back as windows of hours reach
    late_details: dict[Column, Held]
    said: Sequence[Said] = ()
    beside: Beside = field(default_factory=Beside)
    ids: set[str] = field(default_factory=set)  # of the events that came in since the rows were read
    arrived: list[Arrival] = field(default_factory=list)  # these events

    def add(self, arrival: Arrival, columns: Sequence[Column], zone: ZoneInfo) -> bool:
        """One event more; False for one that came in before."""
        if arrival.event_id in self.ids:
            return False
        self.ids.add(arrival.event_id)
        self.arrived.append(arrival)
        moment = microseconds(arrival.ts)
        day = arrival.ts.astimezone(zone).toordinal() - _EPOCH
        counted = [column for column in columns if not column.is_detail]
        values: dict[str, Any] = {}
        for column in counted:
            values |= _value(column, arrival)
        self.counts = self.counts.plus(day, arrival.user_id, values, moment)
        self.of_late = self.of_late.plus(day, arrival.user_id, values, moment)
        for details in (self.details, self.late_details):
            for column, held in details.items():
                for row in _details(column, arrival, moment):
                    held = held.plus(day, arrival.user_id, row, moment)
                details[column] = held
        return True


def _value(column: Column, arrival: Arrival) -> dict[str, Any]:
    """What an event adds to a column."""
    fitting = fits(column.atom, arrival.event, arrival.texts)
    if column.kind == "times":
        return {column.key: int(fitting)}
    text = arrival.texts.get(column.prop or "") if fitting else None
    amount = number(text)
    match column.kind:
        case "read":
            return {column.key: int(amount is not None)}
        case "unread":
            return {column.key: int(text is not None and amount is None)}
    return {column.key: amount or 0, f"{column.key}_known": amount is not None}


def _details(column: Column, arrival: Arrival, moment: int) -> Iterator[dict[str, Any]]:
    if not fits(column.atom, arrival.event, arrival.texts):
        return
    if column.kind == "moments":
        yield {"ts": moment}
        return
    value = arrival.texts.get(column.prop or "")
    items = items_of(value) if value is not None and column.kind == "distinct" else None
    for each in items if items is not None else [value]:
        if each is not None:
            yield {"value": each, "ts": moment, "event_id": arrival.event_id}
