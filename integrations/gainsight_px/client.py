"""Calls Gainsight PX's REST API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from expansion.contract import NotAll
from expansion.fields import Person
from integrations.gainsight_px.meanings import MEANINGS, SYSTEM, Gone, told
from integrations.gainsight_px.settings import LIMITS, RETRY, TIMEOUT, Settings
from integrations.kit.budgets import Budget
from integrations.kit.http import Api
from integrations.kit.pages import every_page
from integrations.kit.said import whole
from integrations.kit.shapes import reading
from integrations.kit.world import World

SEGMENTS, EVENTS = 200, 1000  # the most that a page gives
_MEMBERS = "/v1/external_segment/update_membership"

Record = dict[str, Any]


@dataclass(frozen=True)
class User:
    """Somebody whom PX knows, by the id that the product identifies them with."""

    id: str


class Client:
    """The calls that are made of one subscription."""

    def __init__(self, settings: Settings, world: World) -> None:
        limits = (replace(LIMITS[0], calls=settings.requests_per_second), *LIMITS[1:])
        self.settings, self._now = settings, world.now
        self._http = Api(
            settings.api,
            MEANINGS,
            RETRY,
            world,
            told=told,
            turn=Budget(SYSTEM, *limits, clock=world.clock, allowance=world.allowance, place=settings.api),
            headers={"X-APTRINSIC-API-KEY": settings.api_key.get_secret_value()},
            timeout=TIMEOUT,
        )

    def may_read(self) -> None:
        self._http.get("/v1/segment", "reading segments", {"pageSize": 1})

    def segments(self) -> dict[str, str]:
        """The id of each segment by its name."""
        pages = self._http.pages("/v1/segment", "reading segments", {"pageSize": SEGMENTS}, following=_next_number)
        with reading(SYSTEM):
            return {str(one["name"]): str(one["id"]) for page in pages for one in page["segments"]}

    def user(self, person: Person) -> User | None:
        """By the product's user id; PX tells ids apart by their case."""
        try:
            found = self._http.get(f"/v1/users/{quote(person.user_id, safe='')}", "finding a person")
        except Gone:
            return None
        with reading(SYSTEM):
            return User(str(found["identifyId"]))

    def matches(self, segment: str) -> Iterator[Record]:
        """Whoever matched the segment in the days of the settings. Raises NotAll, after the last, where fewer come than
        are announced. Without `date`, PX looks back one day."""
        since = self._now() - timedelta(days=self.settings.segment_days)
        wanted = f"segmentId=={segment};date>={int(since.timestamp() * 1000)}"
        came: set[str] = set()
        said = 0
        pages = every_page(lambda mark: self._match_page(wanted, mark), _next_scroll, MEANINGS)
        for page in pages:
            with reading(SYSTEM):
                rows, said = _rows(page), max(said, whole(page.get("totalHits")) or 0)
            came |= {str(row.get("eventId") or row) for row in rows}
            yield from rows
        if len(came) < said:
            raise NotAll(f"{SYSTEM}, reading who matched a segment: {len(came):,} came of {said:,} announced")

    def _match_page(self, wanted: str, mark: dict[str, str] | None) -> Record:
        """A page without a row is asked for twice before it is taken for the last."""
        what = "reading who matched a segment"
        params: dict[str, str | int] = {"filter": wanted, "pageSize": EVENTS, **(mark or {})}
        page = self._http.get("/v1/events/segment_match", what, params)
        with reading(SYSTEM):
            return page if _rows(page) else self._http.get("/v1/events/segment_match", what, params)

    def external_segment(self, name: str) -> str:
        """The id of the external segment of this name, which is made where there is none yet."""
        body = {"externalId": external_id(name), "name": name, "description": "Kept by expansion triggers."}
        how: Any = {"params": {"failIfExists": "false"}, "again": True}
        found = self._http.post("/v1/external_segment/metadata", "naming an external segment", body, **how)
        with reading(SYSTEM):
            return str(found["id"])

    def add(self, segment: str, people: Sequence[str], at: datetime) -> None:
        self._members({"add": [_members(segment, people, at)], "remove": []}, "adding people to a segment")

    def remove(self, segment: str, people: Sequence[str], at: datetime) -> None:
        self._members({"add": [], "remove": [_members(segment, people, at)]}, "taking people out of a segment")

    def _members(self, change: Record, what: str) -> None:
        """Setting it twice is the same as once. What comes back is not documented."""
        self._http.post(_MEMBERS, what, {"identityType": "IDENTIFY_ID", **change}, again=True, silent=True)


def external_id(name: str) -> str:
    return f"expansion:{name.strip().lower()}"


def _members(segment: str, people: Sequence[str], at: datetime) -> Record:
    when = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"segmentId": segment, "identities": list(people), "lastQualificationTime": when}


def _next_number(page: Record) -> dict[str, int] | None:
    return None if page["isLastPage"] else {"pageNumber": int(page["pageNumber"]) + 1}


def _rows(page: Record) -> list[Record]:
    """The contract calls the array of segment matches `featureMatchEvents`."""
    return list(page["featureMatchEvents"] if "featureMatchEvents" in page else page["segmentMatchEvents"])


def _next_scroll(page: Record) -> dict[str, str] | None:
    """A page without a row is the last: the scroll id may still be there, and a short page may be one of many."""
    return {"scrollId": str(page["scrollId"])} if page.get("scrollId") and _rows(page) else None
