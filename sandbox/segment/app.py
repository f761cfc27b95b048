"""A stand-in of Segment's Profile API, and of the address that takes its calls.

Profiles are found by ids in small letters alone, and some ids make it trip (500). Calls are answered with yes whatever
becomes of them: with another write key, or more than 32 KB, they are lost; one that came before is dropped.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from random import Random
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.kit.guard import Said, guarded
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.traits import Accounts
from sandbox.kit.window import Window
from sandbox.sample import Account
from sandbox.segment.answers import ANSWERS, error

TOKEN, SPACE, WRITE_KEY = "sandbox-segment-profile-token", "spaSandbox", "sandbox-segment-write-key"
_FEW = 8  # customers of the sample; all of them are in other systems


class Segment(StandIn):
    """`per_second` is the limit of profiles; `trips_over` the ids that it answers 500 to."""

    name = "segment"
    title = "Segment"
    answers = ANSWERS
    colour = "#3f9c6d"
    credentials: ClassVar = {
        "SEGMENT_PROFILE_TOKEN": TOKEN,
        "SEGMENT_SPACE_ID": SPACE,
        "SEGMENT_WRITE_KEY": WRITE_KEY,
    }

    def __init__(self, state: State, clock: Callable[[], float] = time.time) -> None:
        super().__init__(state)
        self.per_second, self.trips_over = 100, set[str]()
        self._accounts, self._window = Accounts(state, self.name), Window(1, clock)

    def routes(self) -> list[BaseRoute]:
        profiles = "/v1/spaces/{space}/collections/accounts/profiles/{id:path}/traits"
        return guarded([("GET", profiles, self._traits), ("POST", "/v1/group", self._group)])

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> dict[str, Any]:
        accounts = [{"id": one.id, "traits": {"plan": one.shape.plan, "name": one.name}} for one in customers[:_FEW]]
        return {"accounts": accounts}

    def load(self, sample: dict[str, Any]) -> None:
        for account in sample.get(self.name, {}).get("accounts", ()):
            self.state.put("segment.profiles", account["id"].lower(), account["traits"])

    def inbox(self) -> list[InboxItem]:
        return self._accounts.inbox("group")

    # --- profiles -----------------------------------------------------------------------------------------------------

    async def _traits(self, request: Request) -> Response:
        if not self._signed(request, "SEGMENT_PROFILE_TOKEN") or request.path_params["space"] != SPACE:
            raise Said(JSONResponse(error("authentication_failed", "invalid token"), 401))
        if self._window.count() > self.per_second:
            raise Said(JSONResponse(error("too_many_requests", "slow down"), 429, {"Retry-After": "1"}))
        kind, _, account = request.path_params["id"].partition(":")
        if account in self.trips_over:
            raise Said(JSONResponse(error("internal", "internal error"), 500))
        known = self.state.get("segment.profiles", account)
        if kind != "group_id" or known is None:
            raise Said(JSONResponse(error("not_found", "The resource was not found"), 404))
        return JSONResponse(_page(known, dict(request.query_params)))

    # --- calls --------------------------------------------------------------------------------------------------------

    async def _group(self, request: Request) -> Response:
        body = await request.body()
        call = _json(body)
        kept = self._signed(request, "SEGMENT_WRITE_KEY") and len(body) <= 32 * 1024
        if kept and call.get("userId") and call.get("groupId") and not self._came(str(call.get("messageId"))):
            self._accounts.set(call["groupId"], call.get("traits", {}))
        return JSONResponse({"success": True})

    def _came(self, message: str) -> bool:
        came = self.state.get("segment.messages", message) is not None
        self.state.put("segment.messages", message, {"id": message})
        return came

    def _signed(self, request: Request, setting: str) -> bool:
        basic = base64.b64encode(f"{self.credentials[setting]}:".encode()).decode()
        return request.headers.get("authorization") == f"Basic {basic}"


def _page(known: dict[str, Any], asked: dict[str, str]) -> dict[str, Any]:
    """Ten traits where no number is asked for, two hundred at most."""
    limit, start = min(int(asked.get("limit", 10)), 200), int(asked.get("next") or 0)
    wanted = [name for name in known if "include" not in asked or name in asked["include"].split(",")]
    end = start + limit
    more = end < len(wanted)
    cursor = {"url": "", "has_more": more, "next": str(end) if more else "", "limit": limit}
    return {"traits": {name: known[name] for name in islice(wanted, start, end)}, "cursor": cursor}


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Said(JSONResponse(error("bad_request", "malformed JSON"), 400))
    return found
