"""A stand-in of Customer.io's Track API: objects of the types that somebody has made, and their attributes.

It takes what it is sent and tells nothing back, as the vendor; 3,000 calls in three seconds, 32 KB an entity, names of
150 bytes and values of 1,000.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.customerio.answers import ANSWERS, errors
from sandbox.kit.guard import Said, guarded
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.traits import Accounts
from sandbox.kit.window import Window

SITE_ID, API_KEY = "sandboxsite", "sandbox-customerio-key"


class CustomerIo(StandIn):
    """`types` are the object types that there are; `per_window` the calls in three seconds."""

    name = "customerio"
    title = "Customer.io"
    answers = ANSWERS
    credentials: ClassVar = {"CUSTOMERIO_SITE_ID": SITE_ID, "CUSTOMERIO_API_KEY": API_KEY}
    colour = "#7131ff"

    def __init__(self, state: State, clock: Callable[[], float] = time.time) -> None:
        super().__init__(state)
        self.per_window, self.types, self.region = 3000, {"1"}, "us"
        self._accounts, self._window = Accounts(state, self.name), Window(3, clock)

    def routes(self) -> list[BaseRoute]:
        table = [("GET", "/api/v1/accounts/region", self._region), ("POST", "/api/v2/entity", self._entity)]
        return guarded(table, self._admit)

    def inbox(self) -> list[InboxItem]:
        return self._accounts.inbox("object")

    def _admit(self, request: Request) -> None:
        site, key = (self.credentials[f"CUSTOMERIO_{part}"] for part in ("SITE_ID", "API_KEY"))
        if request.headers.get("authorization") != "Basic " + base64.b64encode(f"{site}:{key}".encode()).decode():
            raise Said(JSONResponse({"meta": {"error": "Unauthorized"}}, 401))
        if self._window.count() > self.per_window:
            raise Said(JSONResponse({"meta": {"error": "too many requests"}}, 429))

    async def _region(self, request: Request) -> Response:
        return JSONResponse({"url": "track.customer.io", "data_center": self.region, "environment_id": 1})

    async def _entity(self, request: Request) -> Response:
        body = await request.body()
        if len(body) > 32 * 1024:
            raise Said(JSONResponse(errors("", "entity too large"), 413))
        entity = _json(body)
        identifiers, attributes = entity.get("identifiers"), entity.get("attributes", {})
        if entity.get("type") != "object" or entity.get("action") != "identify" or not isinstance(identifiers, dict):
            raise _no("type", "the stand-in knows objects that are identified, and nothing else")
        kind, account = identifiers.get("object_type_id"), identifiers.get("object_id")
        if kind not in self.types:
            raise _no("identifiers.object_type_id", "there is no such object type")
        if not isinstance(account, str) or not account:
            raise _no("identifiers.object_id", "must be a string")
        for name, value in attributes.items():
            if len(name.encode()) > 150 or len(json.dumps(value).encode()) > 1002:
                raise _no("attributes", "an attribute is too long")
        self._accounts.set(account, attributes)
        return JSONResponse({})


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _no("", "malformed JSON")
    return found


def _no(field: str, message: str) -> Said:
    return Said(JSONResponse(errors(field, message), 400))
