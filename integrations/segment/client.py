"""Calls Segment's Profile API, and its HTTP Tracking API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from expansion.contract import NoAccess, Refused
from integrations.kit import http
from integrations.kit.breaks import Broke
from integrations.kit.budgets import Budget
from integrations.kit.world import World
from integrations.segment.meanings import MEANINGS, NoProfile, told
from integrations.segment.settings import CALLS, PROFILES, RETRY, TIMEOUT, Settings

MOST_TRAITS = 200  # of one page
MOST_BYTES = 32_000  # of one call: Segment drops a larger one, and says yes to it


class Client:
    """The traits of one account, read; and one call that sets some."""

    def __init__(self, settings: Settings, world: World) -> None:
        self.settings = settings
        shared: dict[str, Any] = {"clock": world.clock, "allowance": world.allowance}
        reads = Budget("Segment profiles", PROFILES, place=f"{settings.profiles} {settings.space_id}", **shared)
        self._profiles = self._api(settings.profiles, settings.profile_token, reads, world)
        writes = Budget("Segment calls", CALLS, place=settings.tracking, **shared)
        self._tracking = self._api(settings.tracking, settings.write_key, writes, world)

    def traits(self, account: str, names: Sequence[str]) -> dict[str, Any] | None:
        """Those of these traits that the account has; None where there is no profile of it."""
        what = "reading the traits of an account"
        space = self.settings.space_id
        if self.settings.profile_token is None or space is None:
            raise NoAccess(f"Segment, {what}: set SEGMENT_PROFILE_TOKEN and SEGMENT_SPACE_ID; see Unify > Settings")
        # Segment keeps ids in small letters, and reads no other.
        profile = quote(f"group_id:{account.lower()}", safe=":")
        path = f"/v1/spaces/{quote(space, safe='')}/collections/accounts/profiles/{profile}/traits"
        asked: http.Query = {"limit": MOST_TRAITS, "include": ",".join(names)}
        try:
            pages = list(self._profiles.pages(path, what, asked, following=_next))
        except NoProfile:
            return None
        if not all(isinstance(page.get("traits"), dict) for page in pages):
            raise MEANINGS.of(Broke.ODD, what)
        return {name: value for page in pages for name, value in page["traits"].items()}

    def group(self, key: str, account: str, traits: Mapping[str, Any]) -> None:
        """Traits of a group. `key` makes it the same call each time: Segment drops the second."""
        what = "setting traits of a group"
        if self.settings.write_key is None:
            raise NoAccess(f"Segment, {what}: set SEGMENT_WRITE_KEY; see Connections > Sources > Settings > API keys")
        call = {
            "userId": self.settings.sender,
            "groupId": account,
            "traits": dict(traits),
            "messageId": f"expansion-{key}",
        }
        if len(json.dumps(call).encode()) > MOST_BYTES:
            raise Refused(f"Segment, {what}: more than {MOST_BYTES:,} bytes; Segment would drop it without a word")
        if self._tracking.post("/v1/group", what, call, again=True).get("success") is not True:
            raise MEANINGS.of(Broke.ODD, what, wrote=True)

    def _api(self, address: str, secret: Any, turn: Budget, world: World) -> http.Api:
        auth = (secret.get_secret_value(), "") if secret else None
        return http.Api(address, MEANINGS, RETRY, world, told=told, turn=turn, auth=auth, timeout=TIMEOUT)


def _next(page: dict[str, Any]) -> http.Query | None:
    cursor = page.get("cursor")
    more = isinstance(cursor, dict) and cursor.get("has_more") and cursor.get("next")
    return {"next": str(cursor["next"])} if more and isinstance(cursor, dict) else None
