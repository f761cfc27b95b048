"""Calls Amplitude's API: amplitude.com/docs/apis/analytics."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import IO, Any, Literal
from urllib.parse import quote

from expansion.contract import NotThere, Refused
from integrations.amplitude.meanings import FAILED, MEANINGS, NOT_READY, told
from integrations.amplitude.settings import (
    AT_ONCE,
    DOWNLOADS,
    DOWNLOADS_A_MONTH,
    LASTS,
    OPENS,
    RETRY,
    TIMEOUT,
    Settings,
)
from integrations.kit import http
from integrations.kit.breaks import Broke
from integrations.kit.budgets import Budget, Places
from integrations.kit.deadlines import TIMES
from integrations.kit.files import fetched, zipped_lines
from integrations.kit.meanings import clean
from integrations.kit.world import World

USERS = "User"  # what a cohort counts, in Amplitude's own word
HOUR = "%Y%m%dT%H"
POLL = 5.0  # seconds; the vendor's own client asks every second, and has no budget to keep
PATIENCE = 900.0  # a job has no end that anybody documents
_RUNNING, _DONE = "JOB INPROGRESS", "JOB COMPLETED"

Record = dict[str, Any]


class Client:
    """Lists of cohorts, files of their members, and files of events."""

    def __init__(self, settings: Settings, world: World) -> None:
        self.settings, self._clock, self._where = settings, world.clock, settings.api
        self._listed: list[Record] | None = None
        self._opens = min(OPENS, world.seconds(OPENS))
        self._lasts = min(LASTS, TIMES * world.seconds(LASTS))
        shared: dict[str, Any] = {"clock": world.clock, "allowance": world.allowance}
        place = f"{settings.api} {settings.api_key}"
        month = replace(DOWNLOADS_A_MONTH, calls=settings.downloads_per_month)
        self._downloads = Budget("Amplitude cohorts", month, *DOWNLOADS, place=place, **shared)
        places: dict[str, Any] = {"of": "calls", "lasts": OPENS, "patience": TIMEOUT, "place": place, **shared}
        self._http = http.Api(
            settings.api,
            MEANINGS,
            RETRY,
            world,
            told=told,
            turn=Places("Amplitude", AT_ONCE, **places),
            auth=(settings.api_key, settings.secret_key.get_secret_value()),
            timeout=TIMEOUT,
        )

        self._ingestion = http.Api(settings.ingestion, MEANINGS, RETRY, world, told=told, timeout=TIMEOUT)

    @property
    def downloads_left(self) -> int:
        """How many cohorts may be downloaded now."""
        return self._downloads.left()

    def cohorts(self) -> list[Record]:
        """Every cohort that others than its owner can see."""
        what = "the list of cohorts"
        listed = self._http.get("/api/3/cohorts", what).get("cohorts")
        if not isinstance(listed, list) or not all(isinstance(c, dict) and {"id", "name"} <= c.keys() for c in listed):
            raise MEANINGS.of(Broke.ODD, what)
        return listed

    def find(self, name: str) -> Record:
        """The cohort of this name, or id. The list is asked for once a connection."""
        if self._listed is None:
            self._listed = [one for one in self.cohorts() if not one.get("archived")]
        found = [one for one in self._listed if name in (one["name"], one["id"])]
        if not found:
            known = ", ".join(f"`{one['name']}`" for one in self._listed[:10]) or "none at all"
            raise NotThere(
                f"Amplitude shows no cohort called `{name}`; it shows {known}. One is shown once it is discoverable: "
                "Cohorts > the cohort > Publish",
                [name],
            )
        if len(found) > 1:
            raise Refused(f"Amplitude has {len(found)} cohorts called `{name}`; write the id of the one that is meant")
        return found[0]

    @contextmanager
    def members(self, cohort: Record, property: str) -> Iterator[IO[bytes]]:
        """A CSV file with a row for each member of a cohort, and this user property of each. One of the month's."""
        what = f"the cohort `{cohort['name']}`"
        asked: http.Query = {"props": 1, "propKeys": property}
        path = f"/api/5/cohorts/request/{_part(cohort['id'])}"
        request = self._http.call("GET", path, what, params=asked, turn=self._downloads).get("request_id")
        if not isinstance(request, str | int) or isinstance(request, bool) or request == "":
            raise MEANINGS.of(Broke.ODD, what)
        self._wait_for(_part(request), what)
        file = f"/api/5/cohorts/request/{_part(request)}/file"
        with fetched(self._http, file, what, opens=self._opens, lasts=self._lasts) as found:
            yield found

    def change_members(self, cohort: Record, groups: Sequence[str], operation: Literal["ADD", "REMOVE"]) -> set[str]:
        """Put groups into a cohort that somebody uploaded, or take them out; those that Amplitude skipped."""
        what = f"changing who is in the cohort `{cohort['name']}`"
        change = {"ids": list(groups), "id_type": "BY_NAME", "operation": operation}
        body = {
            "cohort_id": str(cohort["id"]),
            "count_group": self.settings.group_type,
            "memberships": [change],
            "skip_invalid_ids": True,
        }
        [result] = self._http.post("/api/3/cohorts/membership", what, body, again=True)["memberships_result"]
        return {str(one) for one in result.get("skipped_ids") or ()}

    def set_group(self, group: str, properties: Mapping[str, Any]) -> None:
        """Properties of a group, for events from now on. What is set twice is set once."""
        settings = self.settings
        one = {"group_type": settings.group_type, "group_value": group, "group_properties": {"$set": dict(properties)}}
        form = {"api_key": settings.api_key, "identification": json.dumps([one])}
        self._ingestion.post("/groupidentify", "setting properties of a group", form=form, plain=True, again=True)

    def events(self, first: datetime, last: datetime) -> Generator[bytes]:
        """The lines of what was uploaded in these hours, both included. Raises NoEvents and TooMuch."""
        what = f"the events uploaded from {first:%Y-%m-%d %H}h to {last:%Y-%m-%d %H}h"
        hours: http.Query = {"start": f"{first:{HOUR}}", "end": f"{last:{HOUR}}"}
        with fetched(self._http, "/api/2/export", what, hours, opens=self._opens, lasts=self._lasts) as file:
            yield from zipped_lines(self._http, what, file)

    def _wait_for(self, request: str, what: str) -> None:
        """Until the file is there. While it is made the status is 202, and 200 when it is."""
        end = self._clock.monotonic() + PATIENCE
        while (state := self._state(request, what)) == _RUNNING:
            if self._clock.monotonic() >= end:
                raise MEANINGS.of(NOT_READY, what, minutes=f"{PATIENCE / 60:.0f}")
            self._clock.sleep(POLL)
        if state != _DONE:  # nothing else is documented
            raise MEANINGS.of(FAILED, what, state=clean(state))

    def _state(self, request: str, what: str) -> str:
        return str(self._http.get(f"/api/5/cohorts/request-status/{request}", what)["async_status"])


def counts(cohort: Record) -> str:
    """What a cohort counts: `User`, or a group type."""
    return str(((cohort.get("definition") or {}).get("countGroup") or {}).get("name", USERS))


def _part(of_a_path: object) -> str:
    return quote(str(of_a_path), safe="")
