"""What is sent by Heap's server-side API, for `expansion serve`: another host is all that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic_settings import BaseSettings

from expansion.contract import Arrived, Refused
from expansion.usage.forms.cells import is_nothing
from integrations.heap.settings import ServeSettings
from integrations.kit.inbound import Answer, Call, InboundBase, said
from integrations.kit.pushed import (
    Events,
    NotARow,
    Told,
    accounts_of,
    an_object,
    each,
    keys_of,
    made_id,
    must_be_one_of,
    one_id,
)
from integrations.kit.world import World

_MANY = {"track": "events", "add_user_properties": "users", "add_account_properties": "accounts"}


class Calls(InboundBase):
    """Heap's server-side API: developers.heap.io, "Server-Side APIs". One call each, or a list of many.

    An id for repeats is `idempotency_key`; without one it is made of the whole event.
    """

    name: ClassVar[str] = "heap.calls"
    title: ClassVar[str] = "What Heap's server-side API is sent, to `expansion serve`"
    gives: ClassVar[frozenset[str]] = frozenset({"events", "facts", "people"})
    settings_model: ClassVar[type[BaseSettings]] = ServeSettings
    paths: ClassVar[tuple[str, ...]] = tuple(f"/api/{call}" for call in _MANY)
    later: ClassVar[tuple[int, int]] = (429, 2)

    def __init__(self, keys: tuple[str, ...], now: Callable[[], datetime]) -> None:
        self._keys, self._now = keys, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        keys = keys_of(settings.serve_keys)
        return cls(keys, world.now) if keys else None

    def verify(self, call: Call) -> None:
        app = call.json.get("app_id") if isinstance(call.json, dict) else None
        must_be_one_of(self._keys, app, "Heap", "HEAP_SERVE_KEYS")

    def rows(self, call: Call) -> Iterator[Arrived]:
        kind = call.path.rpartition("/")[2]
        many = call.json.get(_MANY[kind], [call.json])
        if not isinstance(many, list):
            raise Refused(f"`{_MANY[kind]}` is no list; look what is sent")
        reader = _Reader(self.name, self.account, self._now())
        read = {"track": reader.event, "add_user_properties": reader.person, "add_account_properties": reader.group}
        return each(self.name, many, read[kind])

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        return said(200, {})


@dataclass(frozen=True)
class _Reader:
    source: str
    account: str | None
    arrived: datetime

    def event(self, one: Mapping[str, Any]) -> Iterator[Arrived]:
        event, properties = one.get("event"), an_object(one.get("properties"), "properties")
        if not isinstance(event, str) or is_nothing(event):
            raise NotARow("no event name")
        key = one_id(one.get("idempotency_key"), "idempotency_key")
        event_id = f"heap:{key}" if key else made_id("heap", {name: one[name] for name in one if name != "app_id"})
        events, accounts = Events(self.source, self.arrived), accounts_of(self.account, properties, {})
        yield from events.rows(event_id, event, _user(one), properties, one.get("timestamp"), accounts)

    def person(self, one: Mapping[str, Any]) -> Iterator[Arrived]:
        properties = an_object(one.get("properties"), "properties")
        yield from self._told.person(_user(one), accounts_of(self.account, properties, {}), properties)

    def group(self, one: Mapping[str, Any]) -> Iterator[Arrived]:
        account = one_id(one.get("account_id"), "account_id")
        if account is None:
            raise NotARow("properties of an account without an account_id")
        yield from self._told.account(account, an_object(one.get("properties"), "properties"))

    @property
    def _told(self) -> Told:
        return Told(self.source, self.arrived, self.arrived)


def _user(one: Mapping[str, Any]) -> str | None:
    return one_id(one.get("identity"), "identity") or one_id(one.get("user_id"), "user_id")
