"""A stand-in of Heap's server-side API: properties of accounts. An app id is no secret, and any is told yes."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute

from sandbox.heap.answers import ANSWERS
from sandbox.kit.guard import Said, guarded
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.traits import Accounts

APP_ID = "1234567890"
_LONGEST, _MOST = 1024, 1000


class Heap(StandIn):
    """Takes what it is sent; what names another environment is lost."""

    name = "heap"
    title = "Heap"
    answers = ANSWERS
    colour = "#31d891"
    credentials: ClassVar = {"HEAP_APP_ID": APP_ID}

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._accounts = Accounts(state, self.name)

    def routes(self) -> list[BaseRoute]:
        return guarded([("POST", "/api/add_account_properties", self._set)])

    def inbox(self) -> list[InboxItem]:
        return self._accounts.inbox("account")

    async def _set(self, request: Request) -> Response:
        body = _json(await request.body())
        accounts = body.get("accounts", [body])
        if not body.get("app_id") or len(accounts) > _MOST or not all(map(_is_good, accounts)):
            raise Said(PlainTextResponse("Invalid request parameters", 400))
        for one in accounts if body["app_id"] == APP_ID else ():
            self._accounts.set(one["account_id"], one["properties"])
        return JSONResponse({})


def _is_good(one: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("account_id"), str) or not one.get("properties"):
        return False
    texts = [*one["properties"], *(value for value in one["properties"].values() if isinstance(value, str))]
    plain = all(isinstance(v, str | int | float) and not isinstance(v, bool) for v in one["properties"].values())
    return plain and all(len(text) < _LONGEST for text in texts)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Said(PlainTextResponse("Invalid JSON", 400))
    return found
