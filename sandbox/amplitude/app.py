"""A stand-in of Amplitude's analytics host: cohorts with their jobs and files, and the export of raw events.

What the vendor publishes is kept: 500 downloads a month, 60 in ten minutes and 4 in a minute; five calls at once; a job
that takes a while; a large file that lies at a signed address for a minute, which takes no credentials; an export by
hours of upload that holds nothing of the last two hours, and says 404 where it holds nothing at all.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.amplitude import files
from sandbox.amplitude.answers import ANSWERS, error
from sandbox.amplitude.groups import change, identifications, members_inbox
from sandbox.amplitude.sample import part as sample_part
from sandbox.kit.guard import Said, guarded
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.traits import Accounts
from sandbox.kit.window import Window
from sandbox.sample import Account

API_KEY, SECRET_KEY = "sandboxamplitudekey", "sandbox-amplitude-secret"
MONTH = 30 * 86_400
_HOUR, _READY_AFTER = "%Y%m%dT%H", timedelta(hours=3)  # of the beginning of the hour


class Amplitude(StandIn):
    """`large` is the number of members from which on a file lies elsewhere; `polls` so often a job is still running."""

    name = "amplitude"
    title = "Amplitude"
    answers = ANSWERS
    colour = "#1e61f0"
    credentials: ClassVar = {"AMPLITUDE_API_KEY": API_KEY, "AMPLITUDE_SECRET_KEY": SECRET_KEY}

    def __init__(
        self,
        state: State,
        clock: Callable[[], float] = time.time,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(state)
        self._clock, self._now = clock, now
        self.monthly, self.large, self.polls = 500, 3, 1
        self.most_events = 1_000_000  # that one export may hold
        self.group_types = {"company_id"}
        self._accounts = Accounts(state, self.name)
        self._month, self._ten_minutes, self._minute = Window(MONTH, clock), Window(600, clock), Window(60, clock)

    def routes(self) -> list[BaseRoute]:
        api = guarded(
            [
                ("GET", "/api/3/cohorts", self._cohorts),
                ("GET", "/api/5/cohorts/request/{id}", self._request),
                ("GET", "/api/5/cohorts/request-status/{id}", self._status),
                ("GET", "/api/5/cohorts/request/{id}/file", self._file),
                ("GET", "/api/2/export", self._export),
                ("POST", "/api/3/cohorts/membership", self._membership),
            ],
            self._admit,
        )
        return [*api, *guarded([("POST", "/groupidentify", self._group)]), Route("/s3/{id}", self._signed)]

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> dict[str, Any]:
        return sample_part(customers, as_of)

    def load(self, sample: dict[str, Any]) -> None:
        part = sample.get(self.name, {})
        for event in part.get("events", ()):
            self.state.put("amplitude.events", f"{event['uuid']} {event['server_upload_time']}", event)
        for number, user in enumerate(part.get("users", ()), 1):
            self.state.put("amplitude.users", user["user_id"], {"amplitude_id": 10_000 + number, **user})
        for cohort in part.get("cohorts", ()):
            self.state.put("amplitude.cohorts", cohort["id"], cohort)
        for group in part.get("groups", ()):
            self.state.put("amplitude.groups", group, {"name": group})

    # --- every request ------------------------------------------------------------------------------------------------

    def _admit(self, request: Request) -> None:
        key, secret = (self.credentials[f"AMPLITUDE_{part}_KEY"] for part in ("API", "SECRET"))
        if request.headers.get("authorization") != "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode():
            raise Said(PlainTextResponse("Unauthorized", 401))

    # --- what is written ----------------------------------------------------------------------------------------------

    def inbox(self) -> list[InboxItem]:
        return [*self._accounts.inbox("group"), *members_inbox(self.state)]

    async def _group(self, request: Request) -> Response:
        """Form fields, and the API key among them: no other credentials."""
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        if form.get("api_key") != self.credentials["AMPLITUDE_API_KEY"]:
            raise Said(JSONResponse({"code": 400, "error": f"Invalid API key: {form.get('api_key')}"}, 400))
        for one in identifications(str(form.get("identification", ""))):
            if one["group_type"] in self.group_types:
                self._accounts.set(one["group_value"], one["group_properties"]["$set"])
        return PlainTextResponse("success")

    async def _membership(self, request: Request) -> Response:
        return JSONResponse(change(self.state, await request.body()))

    # --- cohorts ------------------------------------------------------------------------------------------------------

    async def _cohorts(self, request: Request) -> Response:
        listed = [self._told(cohort) for cohort in self.state.all("amplitude.cohorts") if cohort.get("published", True)]
        return JSONResponse({"cohorts": listed})

    def _told(self, cohort: dict[str, Any]) -> dict[str, Any]:
        counted = {"name": cohort.get("counts", "User"), "is_computed": False}
        return {
            "appId": files.APP,
            "id": cohort["id"],
            "name": cohort["name"],
            "archived": cohort.get("archived", False),
            "published": True,
            "hidden": False,
            "size": len(self._members(cohort)),
            "type": "redshift",
            "lastMod": cohort.get("lastMod", 1_679_437_294),
            "lastComputed": cohort.get("lastComputed"),
            "definition": {"version": 3, "countGroup": counted, "cohortType": "UNIQUES", "andClauses": []},
        }

    def _members(self, cohort: dict[str, Any]) -> list[dict[str, Any]]:
        found = (self.state.get("amplitude.users", user) for user in cohort["members"])
        return [user for user in found if user is not None]

    async def _request(self, request: Request) -> Response:
        cohort = self.state.get("amplitude.cohorts", request.path_params["id"])
        if cohort is None:
            raise Said(JSONResponse(error(404, "Cohort not found"), 404))
        self._spend()
        asked = request.query_params
        job = {
            "cohort_id": cohort["id"],
            "properties": asked.getlist("propKeys") if asked.get("props") == "1" else [],
            "polls": self.polls,
        }
        job_id = f"rq{self.state.next_id('amplitude.jobs'):04}"
        self.state.put("amplitude.jobs", job_id, job)
        return JSONResponse({"request_id": job_id, "cohort_id": cohort["id"]}, 202)

    def _spend(self) -> None:
        """Each request of a cohort counts, as the page says; what is refused does not."""
        windows = ((self._month, self.monthly), (self._ten_minutes, 60), (self._minute, 4))
        if any(window.used >= most for window, most in windows):
            raise Said(JSONResponse(error(429, "Exceeded the limit of cohort downloads"), 429))
        for window, _ in windows:
            window.count()

    async def _status(self, request: Request) -> Response:
        job_id, job = self._job(request)
        running = job["polls"] > 0
        self.state.put("amplitude.jobs", job_id, {**job, "polls": job["polls"] - 1})
        state = "JOB INPROGRESS" if running else "JOB COMPLETED"
        told = {"request_id": job_id, "cohort_id": job["cohort_id"], "async_status": state}
        return JSONResponse(told, 202 if running else 200)

    async def _file(self, request: Request) -> Response:
        job_id, job = self._job(request)
        if job["polls"] >= 0:
            raise Said(JSONResponse(error(400, "The job has not completed"), 400))
        if len(self._members(self.state.get("amplitude.cohorts", job["cohort_id"]) or {"members": []})) < self.large:
            return self._csv(job)
        self.state.put("amplitude.jobs", job_id, {**job, "signed": self._clock()})
        address = request.url.replace(path=f"/{self.name}/s3/{job_id}", query="X-Amz-Signature=sandboxsignature")
        return RedirectResponse(str(address), 302)

    async def _signed(self, request: Request) -> Response:
        """The store of files: the signature is all it takes, and for a minute."""
        job = self.state.get("amplitude.jobs", request.path_params["id"])
        if "authorization" in request.headers:
            said = "Only one auth mechanism allowed"
            return Response(f"<Error><Code>InvalidArgument</Code><Message>{said}</Message></Error>", 400)
        if job is None or request.query_params.get("X-Amz-Signature") != "sandboxsignature":
            return Response("<Error><Code>AccessDenied</Code></Error>", 403)
        if self._clock() - job["signed"] > 60:
            return Response("<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", 403)
        return self._csv(job)

    def _csv(self, job: dict[str, Any]) -> Response:
        cohort = self.state.get("amplitude.cohorts", job["cohort_id"]) or {"members": []}
        return Response(files.members(self._members(cohort), job["properties"]), media_type="text/csv")

    def _job(self, request: Request) -> tuple[str, dict[str, Any]]:
        job_id = request.path_params["id"]
        job = self.state.get("amplitude.jobs", job_id)
        if job is None:
            raise Said(JSONResponse(error(404, "No such request"), 404))
        return job_id, job

    # --- events -------------------------------------------------------------------------------------------------------

    async def _export(self, request: Request) -> Response:
        try:
            first, last = (datetime.strptime(request.query_params[name], _HOUR) for name in ("start", "end"))
        except (KeyError, ValueError):
            raise Said(PlainTextResponse("start and end must be formatted YYYYMMDDTHH", 400)) from None
        if last < first or last - first > timedelta(days=365):
            raise Said(PlainTextResponse("Time range is not valid", 400))
        by_hour = self._hours(first, last)
        if not by_hour:
            raise Said(PlainTextResponse("Not Found", 404))
        if sum(map(len, by_hour.values())) > self.most_events:
            raise Said(PlainTextResponse("The file size of the exported data is too large", 400))
        return Response(files.archive(by_hour), media_type="application/zip")

    def _hours(self, first: datetime, last: datetime) -> dict[str, list[dict[str, Any]]]:
        """By the hour of their upload, without those that came in lately."""
        ready = self._now().astimezone(UTC).replace(tzinfo=None) - _READY_AFTER
        found: dict[str, list[dict[str, Any]]] = {}
        for event in self.state.all("amplitude.events"):
            hour = datetime.fromisoformat(event["server_upload_time"]).replace(minute=0, second=0, microsecond=0)
            if first <= hour <= min(last, ready):
                found.setdefault(f"{hour:%Y-%m-%dT%H}", []).append(event)
        return found
