"""Group profiles as they are written: /groups takes a list of updates, and says 1 where one of them at least is good.

Whether the token is that of a project nobody is told: what is sent with another one is lost.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.kit.stand_in import InboxItem
from sandbox.kit.state import State
from sandbox.kit.traits import Accounts

LONGEST = 255  # characters of a text that are kept


class Groups:
    def __init__(self, state: State, token: str, key: str) -> None:
        self._state, self._token, self._key = state, token, key
        self._accounts = Accounts(state, "mixpanel")

    def inbox(self) -> list[InboxItem]:
        return self._accounts.inbox("group")

    async def taken(self, request: Request) -> Response:
        updates = await _updates(request)
        good = [update for update in updates if _is_good(update)]
        for update in good:
            if update["$token"] == self._token and update["$group_key"] == self._key:
                self._set(update["$group_id"], {name: _kept(value) for name, value in update["$set"].items()})
        status = 1 if good else 0
        if request.query_params.get("verbose") != "1":
            return PlainTextResponse(str(status))
        return JSONResponse({"status": status, "error": None if good else "no data object in the body is valid"})

    def _set(self, group: str, properties: dict[str, Any]) -> None:
        self._accounts.set(group, properties)
        before = self._state.get("mixpanel.groups", group) or {}
        self._state.put("mixpanel.groups", group, {**before, **properties})


async def _updates(request: Request) -> list[Any]:
    try:
        found = json.loads(await request.body())
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _is_good(update: Any) -> bool:
    texts = ("$token", "$group_key", "$group_id")
    known = isinstance(update, dict) and all(isinstance(update.get(name), str) and update[name] for name in texts)
    return known and isinstance(update.get("$set"), dict)


def _kept(value: Any) -> Any:
    return value[:LONGEST] if isinstance(value, str) else value
