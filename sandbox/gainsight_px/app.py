"""A stand-in of Gainsight PX's REST API: segments by pages, who matched them by scrolling, external segments.

Shapes after its contract, 0.1.6: matches of segments come as `featureMatchEvents`, the last page of a scroll still has
a scroll id, and a membership is set without a word.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.gainsight_px.answers import ANSWERS
from sandbox.kit.guard import Call, Said, guarded
from sandbox.kit.pages import page
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.window import Window
from sandbox.sample import Account

Doc = dict[str, Any]


def refused(status: int, message: str) -> Said:
    return Said(JSONResponse({"message": message}, status))


class GainsightPx(StandIn):
    """`per_second`, `key` and `may` are changed by tests to see a 429, a 401, a 403."""

    name = "gainsight_px"
    title = "Gainsight PX"
    answers = ANSWERS
    credentials: ClassVar = {"GAINSIGHT_PX_API_KEY": "5d1f7e0c-px00-4c55-9a40-57a4d1457a4d"}
    colour = "#7c3aed"
    groups_people = True

    def __init__(
        self, state: State, now: Callable[[], float] = time.time, today: Callable[[], float] | None = None
    ) -> None:
        super().__init__(state)
        self._today = today or now
        self.key = self.credentials["GAINSIGHT_PX_API_KEY"]
        self.may = {"Read", "Write"}
        self.per_second = 200
        self._second = Window(1, now)

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> Doc:
        users = [{"identifyId": person.user_id, "accountId": one.id} for one in customers for person in one.people]
        bad = [one.id for one in customers if one.shape.health == "red"]
        at = int(as_of.timestamp() * 1000)
        matches = [match(f"m-{n}", "seg-1", account, at) for n, account in enumerate(bad)]
        return {"users": users, "segments": [{"id": "seg-1", "name": "Struggling"}], "matches": matches}

    def load(self, sample: Doc) -> None:
        part = sample.get("gainsight_px", {})
        for collection, key in (("users", "identifyId"), ("segments", "id"), ("matches", "eventId")):
            for one in part.get(collection, []):
                self.state.put(f"gainsight_px.{collection}", one[key], one)

    def routes(self) -> list[BaseRoute]:
        table = [
            ("GET", "/v1/segment", self._with("Read", self._segments)),
            ("GET", "/v1/users/{id}", self._with("Read", self._user)),
            ("GET", "/v1/events/segment_match", self._with("Read", self._matches)),
            ("POST", "/v1/external_segment/metadata", self._with("Write", self._name)),
            ("POST", "/v1/external_segment/update_membership", self._with("Write", self._members)),
        ]
        return guarded(table, self._admit)

    def inbox(self) -> list[InboxItem]:
        return [self._item(one) for one in self.state.all("gainsight_px.members")]

    # --- every request ---

    def _admit(self, request: Request) -> None:
        if request.headers.get("x-aptrinsic-api-key") != self.key:
            raise refused(401, "Unauthorized or bad API Key")
        if self._second.wait(self.per_second) is not None:
            raise refused(429, "Rate limit exceeded")
        self._second.count()

    def _with(self, right: str, run: Callable[[Request, Doc], Response]) -> Call:
        async def answer(request: Request) -> Response:
            if right not in self.may:
                raise refused(403, "Access denied")
            return run(request, {} if request.method == "GET" else await _body(request))

        return answer

    # --- reading ---

    def _segments(self, request: Request, _: Doc) -> Response:
        size, number = _number(request, "pageSize", 25, 1, 200), _number(request, "pageNumber", 0, 0, 10**6)
        some = page(self.state.all("gainsight_px.segments"), number * size, size)
        return JSONResponse({"segments": some.items, "pageNumber": number, "isLastPage": some.next is None})

    def _user(self, request: Request, _: Doc) -> Response:
        user = self.state.get("gainsight_px.users", request.path_params["id"])
        if user is None:
            raise refused(404, "User not found")
        return JSONResponse(user)

    def _matches(self, request: Request, _: Doc) -> Response:
        size, start = _number(request, "pageSize", 25, 1, 1000), _number(request, "scrollId", 0, 0, 10**9)
        found = [one for one in self.state.all("gainsight_px.matches") if self._fits(one, request)]
        some = page(found, start, size)
        said = {"totalHits": len(found), "scrollId": str(start + len(some.items))}
        return JSONResponse({"featureMatchEvents": some.items, **said})

    def _fits(self, match: Doc, request: Request) -> bool:
        """Of one segment, since a moment; without one, of the last day."""
        now = int(self._today() * 1000)
        since = now - 86_400_000
        for term in request.query_params.get("filter", "").split(";"):
            if term.startswith("segmentId==") and match["segmentId"] != term.removeprefix("segmentId=="):
                return False
            if term.startswith("date>="):
                since = int(term.removeprefix("date>="))
        if now - since > 190 * 86_400_000:
            raise refused(400, "Exceeded date range 190 days")
        return int(match["date"]) >= since

    # --- external segments ---

    def _name(self, request: Request, body: Doc) -> Response:
        external, name = str(body.get("externalId") or "").strip(), str(body.get("name") or "").strip()
        if not external or not name:
            raise refused(400, "externalId and name are required")
        known = next((s for s in self.state.all("gainsight_px.external") if s["externalId"] == external), None)
        if known and request.query_params.get("failIfExists") == "true":
            raise refused(400, "Bad request, possible duplicate")
        made = known or {
            "id": f"ext-{self.state.next_id('gainsight_px.external')}",
            "externalId": external,
            "name": name,
        }
        self.state.put("gainsight_px.external", made["id"], made)
        return JSONResponse(made)

    def _members(self, request: Request, body: Doc) -> Response:
        if body.get("identityType") not in ("IDENTIFY_ID", "GLOBAL_ID") or not {"add", "remove"} <= body.keys():
            raise refused(400, "add and remove are required")
        for way in ("add", "remove"):
            for action in body[way]:
                self._move(way, action)
        return Response(status_code=200)

    def _move(self, way: str, action: Doc) -> None:
        segment = self.state.get("gainsight_px.external", str(action.get("segmentId")))
        if segment is None or not action.get("lastQualificationTime") or not action.get("identities"):
            raise refused(400, "segmentId, identities and lastQualificationTime are required")
        for who in action["identities"]:
            key = f"{who}|{segment['name']}"
            if way == "remove":
                self.state.delete("gainsight_px.members", key)
            else:
                at = action["lastQualificationTime"]
                self.state.put(
                    "gainsight_px.members", key, {"key": key, "who": who, "segment": segment["name"], "at": at}
                )
            self.state.applied("gainsight_px", way, key)

    def _item(self, member: Doc) -> InboxItem:
        user = self.state.get("gainsight_px.users", member["who"]) or {}
        return InboxItem(
            system="gainsight_px",
            what="segment",
            to=member["who"],
            title=f"In the segment {member['segment']}",
            html="<p>Eligible for engagements that ask for it.</p>",
            at=member["at"],
            account=user.get("accountId"),
            key=member["key"],
        )


def match(event: str, segment: str, account: str, at: int, who: str = "somebody") -> Doc:
    known = {"eventId": event, "identifyId": who, "propertyKey": "AP-STANDIN-2", "userType": "USER"}
    return {**known, "accountId": account, "segmentId": segment, "date": at, "eventType": "SEGMENT_MATCH"}


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdigit() or not least <= int(text) <= most:
        raise refused(400, f"{name} is a number from {least} to {most}")
    return int(text)


async def _body(request: Request) -> Doc:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise refused(400, "The body is no JSON object")
    return body
