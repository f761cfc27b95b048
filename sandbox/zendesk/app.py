"""A stand-in of Zendesk's API: the export of tickets by cursor, with their people and organizations."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime
from math import ceil
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.kit.guard import Call, Refusal, guarded
from sandbox.kit.pages import page
from sandbox.kit.stand_in import StandIn
from sandbox.kit.state import State
from sandbox.kit.window import Window
from sandbox.zendesk.answers import ANSWERS

Doc = dict[str, Any]

_MOST = 1000
_OPEN = ("new", "open", "pending", "hold")
_LEFT_OUT = 60  # seconds before now of which an export tells nothing


class Problem(Refusal):
    """A no in Zendesk's words."""

    def __init__(self, status: int, error: Any, description: str = "", wait: int | None = None) -> None:
        super().__init__(str(error))
        body = {"error": error, **({"description": description} if description else {})}
        self._reply = status, body, {} if wait is None else {"Retry-After": str(wait)}

    def reply(self, request: Request) -> Response:
        status, body, headers = self._reply
        return JSONResponse(body, status, headers)


class Zendesk(StandIn):
    """`role` and `token` are taken away from to see a 403 and a 401; `exports_a_minute` is the limit of exports."""

    name = "zendesk"
    title = "Zendesk"
    answers = ANSWERS
    credentials: ClassVar = {"ZENDESK_EMAIL": "admin@seller.example", "ZENDESK_API_TOKEN": "standinstandin"}
    more_settings: ClassVar = {"ZENDESK_SUBDOMAIN": "sandbox"}

    def __init__(
        self, state: State, clock: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time
    ) -> None:
        super().__init__(state)
        self.role = "admin"
        self.token = self.credentials["ZENDESK_API_TOKEN"]
        self.exports_a_minute = 10
        self._now = now
        self._window = Window(60, clock)

    def load(self, sample: Doc) -> None:
        part = sample.get("zendesk", {})
        for what in ("tickets", "users", "organizations"):
            for row in part.get(what, []):
                self.state.put(f"zendesk.{what}", str(row["id"]), row)

    def routes(self) -> list[BaseRoute]:
        table: list[tuple[str, str, Call]] = [
            ("GET", "/api/v2/users/me", self._me),
            ("GET", "/api/v2/incremental/tickets/cursor", self._export),
            ("GET", "/api/v2/organizations", self._organizations),
            ("GET", "/api/v2/search/export", self._search),
        ]
        return guarded(table)

    # --- calls --------------------------------------------------------------------------------------------------------

    async def _me(self, request: Request) -> Response:
        """A stranger is told of a user without an id."""
        known = self._knows(request)
        return JSONResponse({"user": {"id": 1, "role": self.role} if known else {"id": None, "role": "end-user"}})

    async def _export(self, request: Request) -> Response:
        if not self._knows(request):
            raise Problem(401, "Couldn't authenticate you")
        if self.role != "admin":
            title = {"title": "Forbidden", "message": "You do not have access to this page."}
            raise Problem(403, title)
        if (wait := self._window.wait(self.exports_a_minute)) is not None:
            said = "Number of allowed incremental export API requests per minute exceeded"
            raise Problem(429, "APIRateLimitExceeded", said, ceil(wait))
        self._window.count()
        return JSONResponse(self._page(dict(request.query_params)))

    async def _organizations(self, request: Request) -> Response:
        return self._listed(request, "organizations", self.state.all("zendesk.organizations"), 100)

    async def _search(self, request: Request) -> Response:
        """The stand-in knows one query: what is not solved yet."""
        asked = request.query_params
        if asked.get("query") != "status<solved" or asked.get("filter[type]") != "ticket":
            raise Problem(400, "InvalidValue", "the stand-in searches for status<solved of tickets alone")
        found = [one for one in self.state.all("zendesk.tickets") if one.get("status") in _OPEN]
        return self._listed(request, "results", found, _MOST)

    def _listed(self, request: Request, name: str, found: list[Doc], most: int) -> Response:
        """A page, by what Zendesk calls cursor pagination."""
        if not self._knows(request):
            raise Problem(401, "Couldn't authenticate you")
        size = request.query_params.get("page[size]", "100")
        after = request.query_params.get("page[after]", "a0")
        if not size.isdigit() or not 1 <= int(size) <= most:
            raise Problem(400, "InvalidValue", f"page[size] is 1 to {most}")
        if not (after.startswith("a") and after[1:].isdigit()):
            raise Problem(400, "InvalidPaginationParameter", "page[after] is not valid")
        part = page(found, int(after[1:]), int(size))
        meta = {"has_more": part.next is not None, "after_cursor": f"a{part.next or len(found)}"}
        return JSONResponse({name: part.items, "meta": meta})

    def _page(self, asked: Doc) -> Doc:
        since, start = self._from(asked)
        size = str(asked.get("per_page") or _MOST)
        if not size.isdigit() or not 1 <= int(size) <= _MOST:
            raise Problem(400, "InvalidValue", "per_page is 1 to 1000")
        late = self._now() - _LEFT_OUT
        every = [one for one in self.state.all("zendesk.tickets") if since <= _seconds(one["updated_at"]) <= late]
        if asked.get("exclude_deleted") == "true":
            every = [one for one in every if one.get("status") != "deleted"]
        part = page(sorted(every, key=lambda one: (one["updated_at"], one["id"])), start, int(size))
        after = f"c{since}|{part.next if part.next is not None else len(every)}"
        done: Doc = {"tickets": part.items, "after_cursor": after, "end_of_stream": part.next is None}
        return {**done, "before_cursor": None, **self._beside(part.items, str(asked.get("include") or "").split(","))}

    def _from(self, asked: Doc) -> tuple[int, int]:
        """Since when, and after how many: from a cursor, or from a start."""
        cursor, start = str(asked.get("cursor") or ""), str(asked.get("start_time") or "")
        if cursor:
            since, _, count = cursor.removeprefix("c").partition("|")
            if not (cursor.startswith("c") and since.isdigit() and count.isdigit()):
                raise Problem(422, "InvalidValue", "Invalid cursor")
            return int(since), int(count)
        if not start.isdigit():
            raise Problem(400, "InvalidValue", "start_time is needed")
        if int(start) > self._now() - _LEFT_OUT:
            raise Problem(422, "StartTimeTooRecent", "start_time must be more than a minute ago")
        return int(start), 0

    def _beside(self, tickets: list[Doc], wanted: list[str]) -> Doc:
        by = {"users": "requester_id", "organizations": "organization_id"}
        return {
            what: [row for one in dict.fromkeys(t.get(by[what]) for t in tickets) if (row := self._row(what, one))]
            for what in wanted
            if what in by
        }

    def _row(self, what: str, id_: Any) -> Doc | None:
        return None if id_ is None else self.state.get(f"zendesk.{what}", str(id_))

    def _knows(self, request: Request) -> bool:
        """HTTP Basic, of the address with `/token` and the token."""
        given = f"{self.credentials['ZENDESK_EMAIL']}/token:{self.token}"
        return request.headers.get("authorization") == f"Basic {base64.b64encode(given.encode()).decode()}"


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(UTC).timestamp())
