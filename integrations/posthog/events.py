"""PostHog's events, of which some are no events: who a person is, what a group is, which ids are one person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from expansion.contract import Arrived, EventRow, Merge
from expansion.usage.forms.cells import is_nothing
from integrations.kit.pushed import Events, NotARow, Told, accounts_of, an_object, made_id, one_id, when

# What the libraries add for their own bookkeeping; the rest of an event's properties is the product's.
_OWN = frozenset({
    "$groups", "$lib", "$lib_version", "$geoip_disable", "$insert_id", "$set", "$set_once", "$unset", "$is_server",
    "$process_person_profile", "$python_runtime", "$python_version", "$os_distro", "token", "distinct_id",
})  # fmt: skip
# What is new on each try.
_OF_A_TRY = frozenset({"sent_at", "api_key", "offset", "token"})


@dataclass(frozen=True)
class Reader:
    """Reads events for one source; `account` is the property or the kind of group that facts.yaml names."""

    source: str
    account: str | None
    arrived: datetime

    def read(self, one: Mapping[str, Any]) -> Iterator[Arrived]:
        """The rows of one event."""
        properties = an_object(one.get("properties"), "properties")
        match one.get("event"):
            case "$groupidentify":  # never a person: the library for Python sends a new distinct_id each time
                yield from self._group(one, properties)
            case "$create_alias" | "$merge_dangerously":
                yield self._merge(one, properties.get("alias"), properties)
            case "$identify" | "$set" as event:
                anonymous = properties.get("$anon_distinct_id")
                if event == "$identify" and not is_nothing(anonymous):
                    yield self._merge(one, anonymous, properties)
                yield from self._person(one, properties)
            case str() as event if not is_nothing(event):
                yield from self._event(one, event, properties)
                if self._set(one, properties) and self._user(one, properties):
                    yield from self._person(one, properties)
            case _:
                raise NotARow("no event name")

    def _event(self, one: Mapping[str, Any], event: str, properties: Mapping[str, Any]) -> list[EventRow]:
        told = {name: value for name, value in properties.items() if name not in _OWN}
        event_id, user = self._id(one, properties), self._user(one, properties)
        accounts = self._accounts(properties)
        return Events(self.source, self.arrived).rows(event_id, event, user, told, one.get("timestamp"), accounts)

    def _accounts(self, properties: Mapping[str, Any]) -> list[str]:
        return accounts_of(self.account, properties, an_object(properties.get("$groups"), "$groups"))

    def _id(self, one: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
        known = one_id(one.get("uuid"), "uuid") or one_id(properties.get("$insert_id"), "$insert_id")
        if known:
            return f"posthog:{known}"
        return made_id("posthog", {name: value for name, value in one.items() if name not in _OF_A_TRY})

    def _user(self, one: Mapping[str, Any], properties: Mapping[str, Any]) -> str | None:
        """Nobody, where the library says that it is about no person."""
        if properties.get("$process_person_profile") is False:
            return None
        said = one.get("distinct_id", properties.get("distinct_id"))
        return one_id(said, "distinct_id")

    def _person(self, one: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[Arrived]:
        values, accounts = self._set(one, properties), self._accounts(properties)
        if self.account is not None and not accounts:
            accounts = accounts_of(self.account, values, {})
        return self._told(one).person(self._user(one, properties), accounts, values)

    def _set(self, one: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
        """What is known of a person: the library for Node writes it beside the properties, the others among them."""
        places = [place.get(word) for word in ("$set_once", "$set") for place in (properties, one)]
        return {name: value for place in places for name, value in an_object(place, "$set").items()}

    def _group(self, one: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[Arrived]:
        kind, key = properties.get("$group_type"), one_id(properties.get("$group_key"), "$group_key")
        if key is None:
            raise NotARow("a `$groupidentify` without a $group_key")
        if self.account in (None, kind):
            yield from self._told(one).account(key, an_object(properties.get("$group_set"), "$group_set"))

    def _merge(self, one: Mapping[str, Any], other: Any, properties: Mapping[str, Any]) -> Merge:
        former, user = one_id(other, "alias"), one_id(one.get("distinct_id", properties.get("distinct_id")), "id")
        if former is None or user is None or former == user:
            raise NotARow("it says that two ids are one person, and names one")
        return Merge(self.source, "user", former, user, self._told(one).at, self.arrived)

    def _told(self, one: Mapping[str, Any]) -> Told:
        return Told(self.source, when(one.get("timestamp"), self.arrived)[0], self.arrived)
