"""A stand-in of Appcues' API, version 2: profiles of users and groups, and segments of users, of one account.

As there, a PATCH makes the profile that it does not find, a segment takes ids that nobody has, and no call shows a flow
to anybody or tells who is in a segment.
"""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from math import ceil
from random import Random
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute

from sandbox.appcues.answers import ANSWERS, error
from sandbox.appcues.inbox import item
from sandbox.appcues.sample import part as sample_part
from sandbox.kit.guard import Call, Refusal, Said, guarded
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.window import Window
from sandbox.sample import Account

Doc = dict[str, Any]

_IDS = {"users": "user_id", "groups": "group_id"}


class Problem(Refusal):
    """A no in Appcues' words."""

    def __init__(self, status: int, title: str, detail: str = "") -> None:
        super().__init__(detail)
        self._status, self._body = status, error(status, title, detail)

    def reply(self, request: Request) -> Response:
        return JSONResponse(self._body, self._status)


class Appcues(StandIn):
    """`per_second` is the limit of the account; `secret` and `forbidden` are changed to see a 401 and a 403."""

    name = "appcues"
    title = "Appcues"
    answers = ANSWERS
    credentials: ClassVar = {
        "APPCUES_ACCOUNT_ID": "137000",
        "APPCUES_API_KEY": "00000000-0000-4000-8000-00000000000a-02",
        "APPCUES_API_SECRET": "stand-in-secret",
    }
    colour = "#5c5cff"
    groups_people = True

    def __init__(self, state: State, now: Callable[[], float] = time.time) -> None:
        super().__init__(state)
        self.secret = self.credentials["APPCUES_API_SECRET"]
        self.forbidden = False
        self.per_second = 60
        self._now = now
        self._window = Window(1, now)

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> Doc:
        return sample_part(customers)

    def load(self, sample: Doc) -> None:
        part = sample.get("appcues", {})
        for kind, key in (*_IDS.items(), ("segments", "id"), ("flows", "name")):
            for one in part.get(kind, []):
                if self.state.get(f"appcues.{kind}", one[key]) is None:
                    self.state.put(f"appcues.{kind}", one[key], one)

    def routes(self) -> list[BaseRoute]:
        table: list[tuple[str, str, Callable[[Request, Doc], Any]]] = [
            ("GET", "/{kind:profiled}/{id}/profile", self._profile),
            ("PATCH", "/{kind:profiled}/{id}/profile", self._merge),
            ("GET", "/segments", lambda *_: [_shown(one) for one in self.state.all("appcues.segments")]),
            ("POST", "/segments/{id}/add_user_ids", lambda r, body: self._members(r, body, add=True)),
            ("POST", "/segments/{id}/remove_user_ids", lambda r, body: self._members(r, body, add=False)),
        ]
        below = "/v2/accounts/{account}"
        api = [
            (method, below + path.replace("{kind:profiled}", kind), self._answer(run))
            for method, path, run in table
            for kind in (_IDS if "profiled" in path else ("",))
        ]
        return guarded(api, self._admit)

    def inbox(self) -> list[InboxItem]:
        return [item(self.state, entry) for entry in self.state.all("appcues.made_eligible")]

    # --- every request ------------------------------------------------------------------------------------------------

    def _answer(self, run: Callable[[Request, Doc], Any]) -> Call:
        async def answer(request: Request) -> Response:
            found = run(request, await _body(request))
            return found if isinstance(found, Response) else JSONResponse(found)

        return answer

    def _admit(self, request: Request) -> None:
        pair = f"{self.credentials['APPCUES_API_KEY']}:{self.secret}"
        if request.headers.get("authorization") != f"Basic {b64encode(pair.encode()).decode()}":
            raise Problem(401, "Unauthorized", "The API key or secret is not valid.")
        if self.forbidden or request.path_params["account"] != self.credentials["APPCUES_ACCOUNT_ID"]:
            raise Problem(403, "Forbidden", "The API key has no access to this account.")
        if (wait := self._window.wait(self.per_second)) is not None:
            raise Said(PlainTextResponse("slow down", 429, {"Retry-After": str(ceil(wait))}))
        self._window.count()

    # --- profiles -----------------------------------------------------------------------------------------------------

    def _profile(self, request: Request, _: Doc) -> Doc:
        kind, id_ = _named(request)
        known = self.state.get(f"appcues.{kind}", id_)
        if known is None:
            raise Problem(404, "Not Found", f"{kind[:-1]} not found")
        return known

    def _merge(self, request: Request, body: Doc) -> Doc:
        """Into what is there; what is not there is made."""
        if any(isinstance(value, dict | list) for value in body.values()):
            raise Problem(400, "Bad Request", "profile attributes must be flat")
        kind, id_ = _named(request)
        known = self.state.get(f"appcues.{kind}", id_) or {_IDS[kind]: id_}
        self.state.put(f"appcues.{kind}", id_, known | body)
        for name, value in body.items():
            if known.get(name) != value:
                self._changed("property", kind, id_, name, value)
        return {_IDS[kind]: id_}

    # --- segments -----------------------------------------------------------------------------------------------------

    def _members(self, request: Request, body: Doc, *, add: bool) -> Response:
        segment = self.state.get("appcues.segments", request.path_params["id"])
        ids = body.get("user_ids")
        if segment is None:
            raise Problem(404, "Not Found", "segment not found")
        if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
            raise Problem(400, "Bad Request", "user_ids is a list of ids")
        members = set(segment.get("members", []))
        changed = [one for one in ids if (one in members) != add]
        left = members | set(ids) if add else members - set(ids)
        self.state.put("appcues.segments", segment["id"], {**segment, "members": sorted(left)})
        for one in changed:
            self._changed("segment", "users", one, segment["name"], None if add else "")
        return Response(status_code=204)

    def _changed(self, by: str, kind: str, id_: str, name: str, value: Any) -> None:
        """Count it; and keep it for the inbox, unless it only clears."""
        key = f"{id_}|{name}" if by == "segment" else f"{id_}|{name}={value}"
        clears = value == ""
        self.state.applied("appcues", f"{by} cleared" if clears else by, key.removesuffix("="))
        if not clears:
            entry = {"by": by, "kind": kind, "id": id_, "name": name, "value": value, "key": key, "at": self._now()}
            self.state.put("appcues.made_eligible", f"{by}|{key}", entry)


def _named(request: Request) -> tuple[str, str]:
    kind = next(part for part in request.url.path.split("/") if part in _IDS)
    return kind, request.path_params["id"]


def _shown(segment: Doc) -> Doc:
    """Without its members."""
    return {name: segment.get(name) for name in ("id", "name", "description", "updated_at")}


async def _body(request: Request) -> Doc:
    raw = await request.body()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Problem(400, "Bad Request", "the body is no JSON object")
    return body
