"""A stand-in of Mixpanel's three hosts under one base: query, old query, raw export.

What the vendor publishes is kept: 60 queries an hour and 5 at once over all query paths together, every page a query;
exports 60 an hour and 3 a second; pages of 1,000 in a session; exports by day, not de-duplicated, perhaps gzipped.
A project made before 2023 keeps event times as the wall clock of its zone, and its days are that zone's.
Bodies of 429 are as seen in airbytehq/airbyte#9410; of 401 as in docs.mixpanel.com/troubleshooting/errors.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import chain, islice
from random import Random
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from sandbox.kit.guard import Call, guarded
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.window import Window
from sandbox.mixpanel.answers import WRITES
from sandbox.mixpanel.asked import Asked, Params, Problem, Wanted, asked_of, days_of, params_of, wanted_of
from sandbox.mixpanel.groups import Groups
from sandbox.mixpanel.sample import part as sample_part
from sandbox.sample import Account

SERVICE_ACCOUNT = "expansion.sandbox.mp-service-account"
SECRET = "sandbox-mixpanel-secret"
PROJECT_ID = 4001
DATA_GROUP_ID = -2081963217015  # group keys have numbers, often negative ones
GROUP_KEY, TOKEN = "company_id", "sandboxmixpaneltoken"
PAGE_SIZE = 1000
TERMINATED = "export terminated early\n"
RATE_LIMITS_PAGE = (
    "For more information, please consult our documentation at "
    "https://help.mixpanel.com/hc/en-us/articles/115004602563-Rate-Limits-for-Export-API-Endpoints"
)

Answer = Callable[[Request, Params], Awaitable[Response]]


class Meter:
    """Counts queries: refused ones count too, as the vendor's own counter (61/60) shows."""

    def __init__(self, hourly: int, at_once: int, per_second: int | None, clock: Callable[[], float]) -> None:
        self.hourly, self.at_once, self.per_second = hourly, at_once, per_second
        self.running = 0
        self._hour, self._second = Window(3600, clock), Window(1, clock)

    def enter(self) -> None:
        self.running += 1
        hour, second = self._hour.count(), self._second.count()
        if self.running > self.at_once or hour > self.hourly or second > (self.per_second or second):
            running = self.running
            self.running -= 1
            raise Problem(
                429,
                f"Query rate limit exceeded for project_id: {PROJECT_ID}. {running}/{self.at_once} queries running "
                f"concurrently and {hour}/{self.hourly} queries running in the last hour. {RATE_LIMITS_PAGE}",
            )

    def leave(self) -> None:
        self.running -= 1


class Mixpanel(StandIn):
    """Events by day, user and group profiles, cohorts; nothing can be changed from outside but by `load`."""

    name = "mixpanel"
    title = "Mixpanel"
    credentials: ClassVar = {
        "MIXPANEL_SERVICE_ACCOUNT": SERVICE_ACCOUNT,
        "MIXPANEL_SECRET": SECRET,
        "MIXPANEL_PROJECT_ID": str(PROJECT_ID),
        "MIXPANEL_PROJECT_TOKEN": TOKEN,
    }
    more_settings: ClassVar = {
        "MIXPANEL_DATA_GROUP_ID": str(DATA_GROUP_ID),
        "MIXPANEL_GROUP_KEY": GROUP_KEY,
    }
    answers = WRITES
    colour = "#7856ff"

    def __init__(
        self,
        state: State,
        *,
        queries_an_hour: int = 60,
        seconds_per_query: float = 0.0,
        terminate_after: int | None = None,
        clock: Callable[[], float] = time.time,
        zone: str = "UTC",
        before_2023: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(state)
        self.zone, self.before_2023 = zone, before_2023
        self._now = now
        self.queries = Meter(queries_an_hour, 5, None, clock)
        self.exports = Meter(60, 100, 3, clock)
        self.seconds_per_query = seconds_per_query
        self.terminate_after = terminate_after  # the next export breaks off after so many lines
        self.role: str | None = "member"  # of the service account, in its organization
        self.projects = {str(PROJECT_ID): "Sandbox"}  # that it belongs to
        self._groups = Groups(state, self.credentials["MIXPANEL_PROJECT_TOKEN"], GROUP_KEY)
        self._sessions: dict[str, list[tuple[str, dict[str, Any]]]] = {}

    def routes(self) -> list[BaseRoute]:
        engage = self._metered(self.queries, self._engage)
        cohorts = self._metered(self.queries, self._cohorts)
        export = self._metered(self.exports, self._export)
        return guarded(
            [
                ("POST", "/api/query/engage", engage),
                ("POST", "/api/query/engage/", engage),  # as Mixpanel's own newest client writes it
                ("POST", "/api/query/cohorts/list", cohorts),
                ("GET POST", "/api/2.0/engage", engage),  # mixpanel-utils 2.2.7 reads profiles here, by GET
                ("GET", "/api/2.0/export", export),
                ("GET", "/api/app/me", self._me),
                ("POST", "/groups", self._groups.taken),
            ]
        )

    def inbox(self) -> list[InboxItem]:
        return self._groups.inbox()

    # --- loading ------------------------------------------------------------------------------------------------------

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> dict[str, Any]:
        return sample_part(customers, as_of, chance)

    def load(self, sample: dict[str, Any]) -> None:
        part = sample.get(self.name, {})
        self._load_events(part.get("events", ()))
        for collection in ("profiles", "groups"):
            for profile in part.get(collection, ()):
                self.state.put(f"mixpanel.{collection}", str(profile["distinct_id"]), profile["properties"])
        for cohort in part.get("cohorts", ()):
            self.state.put("mixpanel.cohorts", str(cohort["id"]), cohort)

    def _load_events(self, events: Iterable[dict[str, Any]]) -> None:
        """Days are kept as text, the way they are exported. A line that is there as often already is not added."""
        by_day: dict[str, list[str]] = {}
        for event in events:
            line = {"received": event["time"] + 2, **event, "time": self._kept(event["time"])}
            day = datetime.fromtimestamp(line["time"], UTC).date().isoformat()
            by_day.setdefault(day, []).append(json.dumps(_exported(line), ensure_ascii=False))
        for day, lines in by_day.items():
            kept = self._day(day)
            more = Counter(lines) - Counter(kept)
            self.state.put("mixpanel.days", day, {"text": "\n".join([*kept, *more.elements()])})

    @property
    def _clock_zone(self) -> ZoneInfo:
        """Whose days and clock exports speak of."""
        return ZoneInfo(self.zone if self.before_2023 else "UTC")

    def _kept(self, at: float) -> float:
        """The time of an event as it is kept."""
        if not self.before_2023:
            return at
        offset = datetime.fromtimestamp(at, self._clock_zone).utcoffset()
        return at + int(offset.total_seconds()) if offset else at

    def _today(self) -> date:
        return self._now().astimezone(self._clock_zone).date()

    def _day(self, day: str) -> list[str]:
        text = (self.state.get("mixpanel.days", day) or {"text": ""})["text"]
        return text.split("\n") if text else []

    # --- answering ----------------------------------------------------------------------------------------------------

    def _metered(self, meter: Meter, answer: Answer) -> Call:
        async def endpoint(request: Request) -> Response:
            params = await params_of(request)
            self._allow(request, params)
            meter.enter()
            try:
                await asyncio.sleep(self.seconds_per_query)
                return await answer(request, params)
            finally:
                meter.leave()

        return endpoint

    def _allow(self, request: Request, params: Params) -> None:
        if request.headers.get("authorization") != self._basic():
            raise Problem(401, "Invalid credentials")
        # The published contract wants project_id in the query string; the old path also reads it from the body.
        new = "/api/query/" in request.url.path
        given = request.query_params.get("project_id") if new else params.get("project_id")
        if given != str(PROJECT_ID):
            raise Problem(401, "Invalid credentials")

    def _basic(self) -> str:
        """The authorization that is taken."""
        name, secret = (self.credentials[f"MIXPANEL_{part}"] for part in ("SERVICE_ACCOUNT", "SECRET"))
        return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()

    async def _cohorts(self, request: Request, params: Params) -> Response:
        listed = [
            {
                "id": cohort["id"],
                "name": cohort["name"],
                "count": len(cohort["members"]),
                "description": cohort.get("description", ""),
                "created": cohort.get("created", "2025-06-01 09:00:00"),
                "is_visible": 1,
                "project_id": PROJECT_ID,
            }
            for cohort in self.state.all("mixpanel.cohorts")
        ]
        return JSONResponse(listed)

    async def _me(self, request: Request) -> Response:
        """Whose the credentials are. The shape is what Mixpanel's own client reads (mixpanel/mixpanel-headless)."""
        if request.headers.get("authorization") != self._basic():
            raise Problem(401, "Invalid credentials")
        organization = {"id": 1, "name": "Sandbox Inc", **({"role": self.role} if self.role else {})}
        projects = {
            one: {"name": name, "organization_id": 1, "timezone": self.zone} for one, name in self.projects.items()
        }
        results = {"user_id": 7, "organizations": {"1": organization}, "projects": projects, "workspaces": {}}
        return JSONResponse({"status": "ok", "results": results})

    async def _engage(self, request: Request, params: Params) -> Response:
        asked = asked_of(params, DATA_GROUP_ID)
        session, found = self._session(asked)
        page = found[asked.page * PAGE_SIZE : (asked.page + 1) * PAGE_SIZE]
        results = [{"$distinct_id": who, "$properties": _only(known, asked.properties)} for who, known in page]
        told = {"page": asked.page, "page_size": PAGE_SIZE, "results": results, "session_id": session, "status": "ok"}
        # Only the first page has it, say those who read many (airbytehq/airbyte, source-mixpanel).
        return JSONResponse(told if asked.page else {**told, "total": len(found)})

    def _session(self, asked: Asked) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
        """Page 0 opens a session and fixes who is in it; later pages have to name it."""
        if asked.page == 0:
            session = f"{self.state.next_id('mixpanel.session')}-SANDBX"
            self._sessions[session] = list(self._matching(asked))
            return session, self._sessions[session]
        if asked.session not in self._sessions:
            raise Problem(400, "request for page in uncached query for params")
        return asked.session or "", self._sessions[asked.session or ""]

    def _matching(self, asked: Asked) -> Iterator[tuple[str, dict[str, Any]]]:
        known = dict(self.state.items("mixpanel.groups" if asked.group else "mixpanel.profiles"))
        if asked.cohort is None:
            yield from known.items()
            return
        cohort = self.state.get("mixpanel.cohorts", asked.cohort)
        if cohort is None:
            raise Problem(400, f"cohort {asked.cohort} does not exist")
        for who in map(str, cohort["members"]):
            if who in known or asked.all_users:
                yield who, known.get(who, {})

    async def _export(self, request: Request, params: Params) -> Response:
        wanted = wanted_of(params)
        lines: Iterator[str] = islice(self._lines(days_of(params, self._today()), wanted), wanted.limit)
        if self.terminate_after is not None:
            lines, self.terminate_after = chain(islice(lines, self.terminate_after), [TERMINATED]), None
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        headers = {"Content-Encoding": "gzip"} if zipped else {}
        return StreamingResponse(_gzip(lines) if zipped else _plain(lines), media_type="text/plain", headers=headers)

    def _lines(self, days: Iterable[str], wanted: Wanted) -> Iterator[str]:
        as_kept = wanted.events is None and not wanted.in_ms
        for line in chain.from_iterable(self._day(day) for day in days):
            if as_kept:
                yield line + "\n"
            elif wanted.events is None or json.loads(line)["event"] in wanted.events:
                yield (_in_ms(line) if wanted.in_ms else line) + "\n"


def _exported(event: dict[str, Any]) -> dict[str, Any]:
    """An event as the raw export writes it; `received` is when it arrived, in epoch seconds."""
    return {
        "event": event["event"],
        "properties": {
            "time": event["time"],
            "distinct_id": event["distinct_id"],
            "$insert_id": event["insert_id"],
            "$mp_api_endpoint": "api.mixpanel.com",
            "mp_processing_time_ms": int(event["received"] * 1000),
            **event.get("properties", {}),
        },
    }


def _in_ms(line: str) -> str:
    record = json.loads(line)
    record["properties"]["time"] = int(record["properties"]["time"] * 1000)
    return json.dumps(record, ensure_ascii=False)


def _only(known: dict[str, Any], properties: list[str] | None) -> dict[str, Any]:
    return known if properties is None else {name: known[name] for name in properties if name in known}


async def _plain(lines: Iterator[str]) -> AsyncIterator[bytes]:
    while some := "".join(islice(lines, 500)):
        yield some.encode()


async def _gzip(lines: Iterator[str]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    for line in lines:
        if packed := packer.compress(line.encode()):
            yield packed
    yield packer.flush()
