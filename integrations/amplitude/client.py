"""Calls Amplitude's API: amplitude.com/docs/apis/analytics."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import IO, Any
from urllib.parse import quote

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

HOUR = "%Y%m%dT%H"
POLL = 5.0  # seconds; the vendor's own client asks every second, and has no budget to keep
PATIENCE = 900.0  # a job has no end that anybody documents
_RUNNING, _DONE = "JOB INPROGRESS", "JOB COMPLETED"

Record = dict[str, Any]


class Client:
    """Lists of cohorts, files of their members, and files of events."""

    def __init__(self, settings: Settings, world: World) -> None:
        self.settings, self._clock, self._where = settings, world.clock, settings.api
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


def _part(of_a_path: object) -> str:
    return quote(str(of_a_path), safe="")
