"""The calls of Segment's specification (track, identify, group, page, screen, alias), which RudderStack's libraries,
forked from Segment's, send too.

No library repeats the account on `track` by itself (measured, four of them): it stands in a property that facts.yaml
names, in `context.groupId` where the caller put it there, or is the one that the person's last `group` call named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from expansion.contract import Arrived, EventRow, Merge, Refused
from expansion.usage.forms.cells import is_nothing
from integrations.kit.inbound import Call
from integrations.kit.pushed import (
    Events,
    NotARow,
    Told,
    accounts_of,
    an_object,
    each,
    ids,
    made_id,
    one_id,
    when,
)

# A call by its path; `/v1/batch` and `/v1/import` hold many.
KINDS = {
    "track": "track", "t": "track", "identify": "identify", "i": "identify", "group": "group", "g": "group",
    "page": "page", "p": "page", "screen": "screen", "s": "screen", "alias": "alias", "a": "alias",
}  # fmt: skip
PATHS = ("/v1/batch", "/v1/import", "/v1/b", *(f"/v1/{path}" for path in KINDS))
_VIEWS = {"page": "Page Viewed", "screen": "Screen Viewed"}
# What is new on each try, or is the sender's own: an id that is made of a call leaves it out.
_OF_A_TRY = frozenset({"sentAt", "writeKey", "receivedAt"})


@dataclass(frozen=True)
class Calls:
    """Reads calls for one source. `times` are the fields that may hold the moment, the best first."""

    source: str
    times: tuple[str, ...]
    account: str | None
    now: Callable[[], datetime]

    def rows(self, call: Call) -> Iterator[Arrived]:
        """The rows of a call by its path: one, or a batch. Raises Refused where there is none at all."""
        sent = call.json
        kind = KINDS.get(call.path.rpartition("/")[2])
        if kind is not None and isinstance(sent, dict):
            sent = {"batch": [{"type": kind, **sent}]}
        batch = sent.get("batch") if isinstance(sent, dict) else None
        if not isinstance(batch, list):
            raise Refused("there is no list `batch` in the body; look which library sends this")
        return self.of(batch)

    def of(self, batch: Sequence[Any]) -> Iterator[Arrived]:
        """The rows of many calls, each of which says its type."""
        arrived = self.now()
        return each(self.source, batch, lambda one: self._read(one, arrived))

    def _read(self, one: Mapping[str, Any], arrived: datetime) -> Iterable[Arrived]:
        match one.get("type"):
            case "track":
                return self._event(one, one.get("event"), arrived)
            case "page" | "screen" as kind:
                return self._event(one, _VIEWS[kind], arrived, name=one.get("name"))
            case "identify":
                return self._person(one, arrived)
            case "group":
                return self._group(one, arrived)
            case "alias":
                return [self._alias(one, arrived)]
        raise NotARow("its `type` is none of track, identify, group, page, screen and alias")

    def _event(self, one: Mapping[str, Any], event: Any, arrived: datetime, name: Any = None) -> list[EventRow]:
        if not isinstance(event, str) or is_nothing(event):
            raise NotARow("no event name")
        properties, context = an_object(one.get("properties"), "properties"), an_object(one.get("context"), "context")
        properties = {**properties, "name": name} if name and "name" not in properties else properties
        accounts = accounts_of(self.account, properties, {}, context.get("groupId"))
        user = one_id(one.get("userId"), "userId")
        events = Events(self.source, arrived)
        return events.rows(self._id(one), event, user, properties, self._said_at(one), accounts)

    def _id(self, one: Mapping[str, Any]) -> str:
        system = self.source.partition(".")[0]
        if message := one_id(one.get("messageId"), "messageId"):
            return f"{system}:{message}"
        return made_id(system, {name: value for name, value in one.items() if name not in _OF_A_TRY})

    def _said_at(self, one: Mapping[str, Any]) -> Any:
        for name in self.times:
            if not is_nothing(said := one.get(name)):
                return said
        return None

    def _when(self, one: Mapping[str, Any], arrived: datetime) -> datetime:
        return when(self._said_at(one), arrived)[0]

    def _person(self, one: Mapping[str, Any], arrived: datetime) -> Iterator[Arrived]:
        context = an_object(one.get("context"), "context")
        # rudder-sdk-python keeps traits in the context alone.
        traits = {**an_object(context.get("traits"), "traits"), **an_object(one.get("traits"), "traits")}
        accounts = accounts_of(self.account, traits, {}, context.get("groupId"))
        yield from self._told(one, arrived).person(one_id(one.get("userId"), "userId"), accounts, traits)

    def _group(self, one: Mapping[str, Any], arrived: datetime) -> Iterator[Arrived]:
        """What is known of an account, and that the person belongs to it from now on."""
        groups, user = ids(one.get("groupId"), "groupId"), one_id(one.get("userId"), "userId")
        if not groups:
            raise NotARow("a `group` call without a groupId")
        told, traits = self._told(one, arrived), an_object(one.get("traits"), "traits")
        for account in groups:
            yield from told.account(account, traits)
        if user is not None:
            yield from told.person(user, groups, {})

    def _told(self, one: Mapping[str, Any], arrived: datetime) -> Told:
        return Told(self.source, self._when(one, arrived), arrived)

    def _alias(self, one: Mapping[str, Any], arrived: datetime) -> Merge:
        former, user = one_id(one.get("previousId"), "previousId"), one_id(one.get("userId"), "userId")
        if former is None or user is None or former == user:
            raise NotARow("an `alias` call without two ids")
        return Merge(self.source, "user", former, user, self._when(one, arrived), arrived)
