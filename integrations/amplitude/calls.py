"""Amplitude's events, of which two kinds are none: who a person is (`$identify`), and what a group is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from expansion.contract import Arrived, EventRow
from expansion.usage.forms.cells import is_nothing
from integrations.kit.pushed import Events, NotARow, Told, accounts_of, an_object, made_id, one_id, when

# Fields beside the properties that people ask for as if they were some.
_BESIDE = ("revenue", "price", "quantity", "productId", "revenueType", "platform", "country")
_SETS = ("$setOnce", "$set")
_OF_A_TRY = frozenset({"api_key", "client_upload_time", "event_id"})


@dataclass(frozen=True)
class Reader:
    """Reads events for one source; `account` is the property or the kind of group that facts.yaml names.

    `set_group` sends the groups once, in an `$identify`; the events after it carry nothing (measured). So that is where
    a person's account is learned.
    """

    source: str
    account: str | None
    arrived: datetime

    def read(self, one: Mapping[str, Any]) -> Iterator[Arrived]:
        """The rows of one event."""
        match one.get("event_type"):
            case "$identify":
                yield from self._person(one)
            case "$groupidentify":
                yield from self._group(one)
            case str() as event if not is_nothing(event):
                yield from self._event(one, event)
            case _:
                raise NotARow("no event name")

    def _event(self, one: Mapping[str, Any], event: str) -> list[EventRow]:
        properties = an_object(one.get("event_properties"), "event_properties")
        told = {**{name: one[name] for name in _BESIDE if not is_nothing(one.get(name))}, **properties}
        user, accounts = one_id(one.get("user_id"), "user_id"), self._accounts(one, properties)
        return Events(self.source, self.arrived).rows(self._id(one), event, user, told, one.get("time"), accounts)

    def _id(self, one: Mapping[str, Any]) -> str:
        if known := one_id(one.get("insert_id"), "insert_id"):
            return f"amplitude:{known}"
        return made_id("amplitude", {name: value for name, value in one.items() if name not in _OF_A_TRY})

    def _accounts(self, one: Mapping[str, Any], properties: Mapping[str, Any]) -> list[str]:
        return accounts_of(self.account, properties, an_object(one.get("groups"), "groups"))

    def _person(self, one: Mapping[str, Any]) -> Iterator[Arrived]:
        values = _set(an_object(one.get("user_properties"), "user_properties"))
        accounts = self._accounts(one, values)
        user = one_id(one.get("user_id"), "user_id")
        if user is None and not accounts:
            return  # of a device that nobody has signed in to
        yield from self._told(one).person(user, accounts, values)

    def _group(self, one: Mapping[str, Any]) -> Iterator[Arrived]:
        groups = an_object(one.get("groups"), "groups") or {str(one.get("group_type")): one.get("group_value")}
        values = _set(an_object(one.get("group_properties"), "group_properties"))
        for account in accounts_of(self.account, {}, groups):
            yield from self._told(one).account(account, values)

    def _told(self, one: Mapping[str, Any]) -> Told:
        return Told(self.source, when(one.get("time"), self.arrived)[0], self.arrived)


def _set(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Values that are set: by a word such as `$set`, or plainly. Adding up and appending are nobody's value."""
    plain = {name: value for name, value in properties.items() if not name.startswith("$")}
    by_word = (an_object(properties.get(word), word) for word in _SETS)
    return {**{name: value for some in by_word for name, value in some.items()}, **plain}
