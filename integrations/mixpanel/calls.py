"""What Mixpanel's libraries send: events, what is known of people (`/engage`) and of groups (`/groups`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from expansion.contract import Arrived, Merge
from expansion.usage.forms.cells import is_nothing
from integrations.kit.pushed import Events, NotARow, Told, accounts_of, an_object, ids, made_id, one_id, when

# What the libraries add for their own bookkeeping; the rest of an event's properties is the product's.
_OWN = frozenset({"token", "time", "distinct_id", "$insert_id", "$user_id", "$device_id", "mp_lib", "$lib_version"})
_SETS = ("$set_once", "$set")
_LISTS = ("$union", "$append")


@dataclass(frozen=True)
class Reader:
    """Reads calls for one source; `account` is the property, or the group key, that facts.yaml names."""

    source: str
    account: str | None
    arrived: datetime

    def event(self, one: Mapping[str, Any]) -> Iterator[Arrived]:
        """The rows of an event of `/track` or `/import`."""
        properties = an_object(one.get("properties"), "properties")
        event = one.get("event")
        if not isinstance(event, str) or is_nothing(event):
            raise NotARow("no event name")
        if event in ("$create_alias", "$identify", "$merge"):
            yield self._merge(event, properties)
            return
        told = {name: value for name, value in properties.items() if name not in _OWN}
        event_id, accounts = self._id(one, properties), accounts_of(self.account, properties, {})
        events = Events(self.source, self.arrived)
        yield from events.rows(event_id, event, _user(properties), told, properties.get("time"), accounts)

    def _id(self, one: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
        """The library for Node sends none: two events that are equal in all, also in their time, count once."""
        known = one_id(properties.get("$insert_id"), "$insert_id")
        return f"mixpanel:{known}" if known else made_id("mixpanel", one)

    def _merge(self, event: str, properties: Mapping[str, Any]) -> Merge:
        pair: tuple[Any, ...]
        match event:
            case "$create_alias":
                pair = (properties.get("alias"), properties.get("distinct_id"))
            case "$identify":
                pair = (properties.get("$anon_id"), properties.get("$identified_id"))
            case _:
                pair = tuple(ids(properties.get("$distinct_ids"), "$distinct_ids"))
        known = list(dict.fromkeys(one for each in pair if (one := one_id(each, "id"))))
        if len(known) != 2:
            raise NotARow("it says that two ids are one person, and names one")
        return Merge(
            self.source, "user", known[0], known[1], when(properties.get("time"), self.arrived)[0], self.arrived
        )

    def person(self, one: Mapping[str, Any]) -> Iterator[Arrived]:
        """What is known of a person, of `/engage`; and to which account they belong."""
        values = _values(one)
        told = Told(self.source, when(one.get("$time"), self.arrived)[0], self.arrived)
        accounts = accounts_of(self.account, {**values, **_lists(one)}, {}) if self.account is not None else []
        yield from told.person(one_id(one.get("$distinct_id"), "$distinct_id"), accounts, values)

    def group(self, one: Mapping[str, Any]) -> Iterator[Arrived]:
        """What is known of an account, of `/groups`."""
        account = one_id(one.get("$group_id"), "$group_id")
        if account is None:
            raise NotARow("a group without a $group_id")
        if self.account in (None, one.get("$group_key")):
            yield from Told(self.source, self.arrived, self.arrived).account(account, _values(one))


def token_of(one: Any) -> Any:
    """The token that each event carries; None where there is none."""
    if not isinstance(one, dict):
        return None
    properties = one.get("properties")
    return one.get("$token") or (properties.get("token") if isinstance(properties, dict) else None)


def _values(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for word in _SETS for name, value in an_object(one.get(word), word).items()}


def _lists(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for word in _LISTS for name, value in an_object(one.get(word), word).items()}


def _user(properties: Mapping[str, Any]) -> str | None:
    """`$device:…` is a browser that nobody has signed in to, and no person."""
    user = one_id(properties.get("distinct_id"), "distinct_id")
    return None if user is None or user.startswith("$device:") else user
