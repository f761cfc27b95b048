"""A stand-in of Beacon's API: accounts by pages with a cursor, and notes that no external id has twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from math import ceil
from random import Random
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.kit.guard import Call, Refusal, guarded
from sandbox.kit.inbox import anchor
from sandbox.kit.pages import page
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.window import Window
from sandbox.sample import Account
from tests.example.beacon.stand_in.answers import ANSWERS, error
from tests.example.beacon.stand_in.sample import part as sample_part

Doc = dict[str, Any]
Scoped = Callable[[Request, Doc], Any]

_MOST = {"limit": 100, "external_ids": 50, "title": 120, "text": 5000}


class Problem(Refusal):
    """A no in Beacon's words."""

    def __init__(self, status: int, code: str, message: str, wait: int | None = None) -> None:
        super().__init__(message)
        self._reply = status, error(code, message), {} if wait is None else {"Retry-After": str(wait)}

    def reply(self, request: Request) -> Response:
        status, body, headers = self._reply
        return JSONResponse(body, status, headers)


class Beacon(StandIn):
    """`per_minute` is the limit; `scopes` and `token` are taken away from to see a 403 and a 401."""

    name = "beacon"
    title = "Beacon"
    answers = ANSWERS
    credentials: ClassVar = {"BEACON_TOKEN": "bcn_standinstandin"}
    colour = "#b45309"

    def __init__(self, state: State, now: Callable[[], float] = time.time) -> None:
        super().__init__(state)
        self.token = self.credentials["BEACON_TOKEN"]
        self.scopes = {"accounts:read", "notes:read", "notes:write"}
        self.per_minute = 120
        self._now = now
        self._window = Window(60, now)

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> Doc:
        return sample_part(customers, as_of)

    def load(self, sample: Doc) -> None:
        for account in sample.get("beacon", {}).get("accounts", []):
            self.state.put("beacon.accounts", account["id"], account)

    def routes(self) -> list[BaseRoute]:
        table = [
            ("GET", "/v1/me", self._with(None, lambda *_: {"workspace": "Tessera", "scopes": sorted(self.scopes)})),
            ("GET", "/v1/accounts", self._with("accounts:read", self._accounts)),
            ("GET", "/v1/notes", self._with("notes:read", self._notes)),
            ("POST", "/v1/notes", self._with("notes:write", self._post_note)),
        ]
        return [*guarded(table, self._admit), Route("/notes/{id}", self._open)]

    def inbox(self) -> list[InboxItem]:
        return [self._item(note) for note in self.state.all("beacon.notes")]

    # --- every request ------------------------------------------------------------------------------------------------

    def _admit(self, request: Request) -> None:
        if request.headers.get("x-beacon-token") != self.token:
            raise Problem(401, "token_invalid", "This token is not valid here.")
        if (wait := self._window.wait(self.per_minute)) is not None:
            raise Problem(429, "rate_limited", f"{self.per_minute} calls a minute", ceil(wait))
        self._window.count()

    def _with(self, scope: str | None, run: Scoped) -> Call:
        async def answer(request: Request) -> Response:
            if scope and scope not in self.scopes:
                raise Problem(403, "scope_missing", f"the token lacks {scope}")
            found = run(request, await _body(request))
            return found if isinstance(found, Response) else JSONResponse(found)

        return answer

    # --- accounts -----------------------------------------------------------------------------------------------------

    def _accounts(self, request: Request, _: Doc) -> Doc:
        limit, cursor = request.query_params.get("limit", "25"), request.query_params.get("cursor", "c0")
        if not limit.isdigit() or not 1 <= int(limit) <= _MOST["limit"]:
            raise Problem(422, "invalid", f"limit is 1 to {_MOST['limit']}")
        if not cursor.startswith("c") or not cursor[1:].isdigit():
            raise Problem(422, "invalid", "cursor is none that was given")
        every = self.state.all("beacon.accounts")
        some = page(every, int(cursor[1:]), int(limit))
        return {
            "accounts": some.items,
            "total": len(every),
            "next_cursor": None if some.next is None else f"c{some.next}",
        }

    # --- notes --------------------------------------------------------------------------------------------------------

    def _notes(self, request: Request, _: Doc) -> Doc:
        wanted = request.query_params.get("external_ids", "").split(",")
        if len(wanted) > _MOST["external_ids"]:
            raise Problem(422, "invalid", f"external_ids are at most {_MOST['external_ids']}")
        return {"notes": [note for note in self.state.all("beacon.notes") if note["external_id"] in wanted]}

    def _post_note(self, request: Request, body: Doc) -> Response:
        for name in ("title", "text"):
            if not isinstance(body.get(name), str) or not 0 < len(body[name].strip()) <= len(body[name]) <= _MOST[name]:
                raise Problem(422, "invalid", f"{name} is text of 1 to {_MOST[name]} characters")
        key, on = body.get("external_id"), (body.get("account") or {}).get("external_id")
        account = next((one for one in self.state.all("beacon.accounts") if one["external_id"] == on), None)
        if account is None:
            raise Problem(404, "unknown_account", f"no account has the external id {on}")
        if key is not None and any(note["external_id"] == key for note in self.state.all("beacon.notes")):
            raise Problem(409, "external_id_taken", f"a note with the external id {key} exists")
        made = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="seconds")
        note = {"id": f"bn_{self.state.next_id('beacon.notes')}", "external_id": key, "account": account["id"]}
        note |= {"title": body["title"], "text": body["text"], "created_at": made}
        self.state.put("beacon.notes", note["id"], note)
        self.state.applied("beacon", "post_note", str(key))
        return JSONResponse(note, 201)

    async def _open(self, request: Request) -> Response:
        """Where links to a note lead: the inbox shows it."""
        note = self.state.get("beacon.notes", request.path_params["id"]) or {}
        return RedirectResponse(f"/inbox#{anchor('beacon', note.get('external_id'))}")

    def _item(self, note: Doc) -> InboxItem:
        account = self.state.get("beacon.accounts", note["account"]) or {}
        return InboxItem(
            system="beacon",
            what="note",
            to=account.get("csm") or "nobody",
            title=note["title"],
            html=f"<p>{escape(note['text'])}</p>",
            at=note["created_at"],
            account=account.get("name"),
            key=note["external_id"],
        )


async def _body(request: Request) -> Doc:
    if request.method == "GET":
        return {}
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Problem(400, "not_json", "the body is no JSON object")
    return body
