"""Calls Appcues' API, version 2: api.appcues.com/v2/docs, and Appcues' own command line, github.com/appcues/cli."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from expansion.contract import Refused
from expansion.fields import Person
from integrations.appcues.meanings import MEANINGS, Gone, told
from integrations.appcues.settings import LIMIT, RETRY, TIMEOUT, Settings
from integrations.kit import http
from integrations.kit.batches import chunks
from integrations.kit.budgets import Budget
from integrations.kit.world import World

IDS = 100  # of users in one call: Appcues names no number


@dataclass(frozen=True)
class Profile:
    """A user or a group as Appcues knows it. `id` as it stands in a path: a comma in it is none that separates."""

    id: str
    properties: Mapping[str, Any]


class Client:
    """The calls that are made of one account. All of them may be repeated: profiles merge, segments are sets."""

    def __init__(self, settings: Settings, world: World) -> None:
        limit = replace(LIMIT, calls=settings.calls_per_second)
        place = f"{settings.api}/{settings.account_id}"
        self._below = f"/v2/accounts/{quote(settings.account_id, safe='')}"
        self._http = http.Api(
            settings.api,
            MEANINGS,
            RETRY,
            world,
            told=told,
            turn=Budget("Appcues", limit, clock=world.clock, allowance=world.allowance, place=place),
            auth=(settings.api_key.get_secret_value(), settings.api_secret.get_secret_value()),
            timeout=TIMEOUT,
        )

    def user(self, person: Person) -> Profile | None:
        """The user of our id. An address is no id in Appcues."""
        return self._profile("users", in_path(person.user_id), "looking a user up")

    def group(self, account_id: str) -> Profile | None:
        return self._profile("groups", in_path(account_id), "looking the account's group up")

    def again(self, kind: str, id_: str) -> Profile | None:
        """The profile of an id that a profile had before."""
        return self._profile(kind, id_, "looking a profile up again")

    def set_property(self, kind: str, id_: str, name: str, value: object) -> None:
        """Into what is there. Whom Appcues does not know, this call would make: who calls has looked."""
        path = f"{self._below}/{kind}/{id_}/profile"
        self._http.call("PATCH", path, f"setting the property `{name}`", {name: value}, again=True, silent=True)

    def segments(self) -> list[dict[str, Any]]:
        """All of them: this list has no pages."""
        return list(self._http.call("GET", f"{self._below}/segments", "reading segments", shape=list))

    def segment_id(self, name: str) -> str:
        """The id of the segment of that name or id."""
        every = self.segments()
        found = [one for one in every if str(one["id"]) == name] or [one for one in every if one.get("name") == name]
        if len(found) == 1:
            return str(found[0]["id"])
        if found:
            raise Refused(f"Appcues has {len(found)} segments called `{name}`; write the id of the one that is meant")
        raise Refused(f"Appcues has no segment called `{name}`; make it in Studio > Audience > Segments, or correct it")

    def change_members(self, segment: str, change: str, users: Sequence[str]) -> None:
        """`change` is add or remove. A user who is in it, or is not, stays so."""
        for some in chunks(users, IDS):
            path = f"{self._below}/segments/{quote(segment, safe='')}/{change}_user_ids"
            self._http.post(path, "changing a segment", {"user_ids": list(some)}, again=True, silent=True)

    def _profile(self, kind: str, id_: str | None, what: str) -> Profile | None:
        """What Appcues does not know is a 404; whether it may also be an empty profile, its pages do not say."""
        if id_ is None:
            return None
        try:
            found = self._http.get(f"{self._below}/{kind}/{id_}/profile", what)
        except Gone:
            return None
        return Profile(id_, found) if found else None


def in_path(id_: str) -> str | None:
    """An id as a path takes it; None for one that would be another path, however it is written."""
    return None if id_ in ("", ".", "..") else quote(id_, safe="")
