"""How Mixpanel is asked: settings, limits, what its replies mean, and the three calls that its sources are made of.

mixpanel-utils 2.2.7 reads the profiles. It is contained: one attempt a call (its own retries come without a pause), a
timeout that it cannot stretch, its silence about 4xx and its bare `BaseException` turned into our failures. It would
hold a whole export in memory and trips over a broken one, so the export is streamed here. It has no cohort lists.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, partial
from http.client import HTTPException
from typing import Any, Literal
from zoneinfo import ZoneInfo

import httpx
from mixpanel_utils import MixpanelUtils
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.contract import Failure, NoAccess, Refused, TryLater
from integrations._deadlines import TIMES, TookTooLong, opener, watched, within
from integrations._http import broken
from integrations._mixpanel_zone import SETTING, zone_of
from integrations._shapes import ODD
from integrations.base import Allowance, Budget, Clock, Limit, RetryPolicy
from integrations.budgets import Places

_LIMITS_PAGE = "docs.mixpanel.com/reference/rate-limits"
QUERIES_AN_HOUR = Limit(60, 3600, _LIMITS_PAGE)  # shared by all query paths and every other tool of the project
QUERIES_AT_ONCE = 5
EXPORTS = (Limit(60, 3600, _LIMITS_PAGE), Limit(3, 1, _LIMITS_PAGE))
RETRY = RetryPolicy(tries=4, first_wait=1.0)

CALL_TIMEOUT = 60.0  # seconds
EXPORT_TIMEOUT = httpx.Timeout(30.0, read=300.0)  # between two pieces; a large export is slow to begin
EXPORT_OPENS = 300.0  # until the first piece
EXPORT_LASTS = 3600.0  # a whole export of up to sixty days, however fast its pieces come
CONCURRENCY_WAIT = 5.0  # seconds until one of the five has likely ended
SECOND_WAIT = 1.0
HOUR_WAIT = 900.0  # nobody says when the oldest query leaves the hour: ask again four times an hour

_COUNTERS = re.compile(
    r"(\d{1,9})/(\d{1,9}) queries running concurrently and (\d{1,9})/(\d{1,9}) queries running in the last hour"
)
_TERMINATED = b"export terminated early"


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="MIXPANEL_", env_file=".env", extra="ignore")

    service_account: str = Field(description="Username of a service account: Organization settings > Service accounts.")
    secret: SecretStr = Field(description="Its secret, shown once when the account is made.")
    project_id: int = Field(description="Project settings > Overview > Project ID.")
    region: Literal["us", "eu", "in"] = Field("us", description="Where the project's data live: us, eu or in.")
    data_group_id: str | None = Field(
        None, description="Number of the group key that stands for an account: Project settings > Group keys."
    )
    account_property: str = Field("company_id", description="The user-profile property that holds the account id.")
    event_time_zone: str = Field(
        "UTC", description="For a project made before 2023: its zone (Project settings > Overview), such as US/Pacific."
    )
    read_again_days: int = Field(
        5, ge=1, le=90, description="How late events may come and still be read: each pull reads so many days again."
    )
    queries_per_hour: int = Field(60, ge=1, description="The project's query limit, where Mixpanel granted another.")
    base_url: str | None = Field(None, description="Another host that speaks Mixpanel's API, such as a stand-in.")

    @field_validator("event_time_zone")
    @classmethod
    def _a_zone(cls, name: str) -> str:
        if zone_of(name) is None:
            raise ValueError(f"`{name}` is no time zone; write it like US/Pacific or Europe/London")
        return name

    @property
    def zone(self) -> ZoneInfo:
        """In which event times are kept, and days begin."""
        return ZoneInfo(self.event_time_zone)


# --- limits and meanings ----------------------------------------------------------------------------------------------


class Queries:
    """Sixty queries an hour and five at once, over all query paths together; every page of profiles is one."""

    def __init__(
        self,
        per_hour: int = QUERIES_AN_HOUR.calls,
        clock: Clock = time,
        allowance: Allowance | None = None,
        place: str = "",
    ) -> None:
        limit = replace(QUERIES_AN_HOUR, calls=per_hour)
        self.budget = Budget("Mixpanel queries", limit, clock=clock, allowance=allowance, place=place)
        self.per_hour = per_hour
        self._places = Places(
            "Mixpanel", QUERIES_AT_ONCE, of="queries", lasts=3 * CALL_TIMEOUT, patience=CALL_TIMEOUT,
            clock=clock, allowance=allowance, place=place,
        )  # fmt: skip

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place for one query. An hourly 429 closes the budget, so that refused queries do not add up."""
        with self._places.one():
            self.budget.take()
            try:
                yield
            except TryLater as busy:
                if busy.wait == HOUR_WAIT:
                    self.budget.hold(HOUR_WAIT)
                raise


_MEANINGS: dict[int, tuple[type[Failure], str]] = {
    401: (
        NoAccess,
        "the service account was not accepted; check MIXPANEL_SERVICE_ACCOUNT, MIXPANEL_SECRET, MIXPANEL_PROJECT_ID, "
        "and that MIXPANEL_REGION is where the project lives",
    ),
    402: (
        NoAccess,
        "the project's plan does not include this call; ask your Mixpanel owner to change the plan, or import files",
    ),
    403: (
        NoAccess,
        "the service account may not read this; give it the Analyst role or higher, with classified data if needed",
    ),
    404: (Refused, "there is no such address; check MIXPANEL_BASE_URL and MIXPANEL_REGION"),
}


class NotYetThatDay(Refused):
    """The last day that was asked for has not begun where the project is. tap-mixpanel and Airbyte know the words."""


_NOT_YET = "to_date cannot be later than today"


def meaning(status: int, body: str, what: str) -> Failure:
    """What an error reply means, in one sentence. `what` is what was asked for, such as `the user profiles`."""
    start = f"Mixpanel, {what}: "
    if status in _MEANINGS:
        kind, sentence = _MEANINGS[status]
        return kind(start + sentence)
    if status == 429:
        return _too_many(body, start)
    if status == 400 and _NOT_YET in body:
        return NotYetThatDay(
            f"{start}the last day has not begun in the project's time zone; set {SETTING} to the zone under Project "
            "settings > Overview, or the clock of this machine is ahead"
        )
    if status >= 500:
        return TryLater(f"{start}the server answered {status}; it is tried again later")
    return Refused(f"{start}the request was refused with {status}: {_vendor_sentence(body)}")


def _too_many(body: str, start: str) -> TryLater:
    """No Retry-After here: the counters in the sentence are all that is said (airbytehq/airbyte#9410)."""
    if not (found := _COUNTERS.search(body)):
        return TryLater(f"{start}too many calls; it is tried again in a moment")
    running, at_once, hour, hourly = map(int, found.groups())
    if hour <= hourly and running <= at_once:  # neither is above its limit: the exports of one second (three)
        return TryLater(f"{start}too many calls in one second", wait=SECOND_WAIT)
    if hour > hourly:
        sentence = (
            f"the hour's {hourly} queries are used up ({hour}), other tools included; the rest is read in a later run"
        )
        return TryLater(start + sentence, wait=HOUR_WAIT)
    return TryLater(f"{start}{running} queries at once where {at_once} are allowed", wait=CONCURRENCY_WAIT)


def _vendor_sentence(body: str) -> str:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return "no reason given"
    return str(said.get("error", "no reason given"))[:200] if isinstance(said, dict) else "no reason given"


def _unreadable(what: str) -> TryLater:
    return TryLater(
        f"Mixpanel, {what}: the answer broke off or is not what Mixpanel documents; it is tried again later"
    )


# --- mixpanel-utils, contained ----------------------------------------------------------------------------------------


class _Overheard(logging.Handler):
    """What mixpanel-utils logs in this thread: the only place where it tells the status and body of an error."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._lines.append(record.getMessage())

    def __enter__(self) -> _Overheard:
        MixpanelUtils.LOGGER.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        MixpanelUtils.LOGGER.removeHandler(self)

    def failure(self, what: str) -> Failure:
        """The failure behind the library's silence."""
        status = self._said("HTTP Error Code: ")
        if status and status.isdigit():
            return meaning(int(status), self._said("Response: ") or "", what)
        if "timed out" in " ".join(self._lines):
            return TryLater(f"Mixpanel, {what}: no answer within {CALL_TIMEOUT:.0f} seconds")
        return TryLater(f"Mixpanel, {what}: the server could not be reached; check the network and MIXPANEL_BASE_URL")

    def _said(self, word: str) -> str | None:
        return next((line.removeprefix(word) for line in self._lines if line.startswith(word)), None)


@cache
def _watch_urllib() -> None:
    """The library opens addresses with urllib's own opener, and offers no other: ours keeps the deadline of a call."""
    urllib.request.install_opener(opener())


def _hush() -> None:
    """The library logs whole replies to stderr; replies hold people's addresses."""
    MixpanelUtils.LOGGER.propagate = False
    for handler in [h for h in MixpanelUtils.LOGGER.handlers if not isinstance(h, _Overheard)]:
        MixpanelUtils.LOGGER.removeHandler(handler)


# --- the API ----------------------------------------------------------------------------------------------------------


@dataclass
class Api:
    """The three calls of the sources, and who we are."""

    settings: Settings
    queries: Queries
    exports: Budget
    retry: RetryPolicy = RETRY
    http: httpx.Client = field(default_factory=lambda: watched(httpx.Client()))

    def profiles(self, what: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Profiles page by page, each handed on before the next is asked for: a late failure loses nothing read."""
        asked: dict[str, Any] = dict(params)
        while True:
            page = self.retry.run(partial(self._page, what, asked), repeatable=True)
            if page["page"] != asked.get("page", 0) or page["page_size"] < 1:
                raise _unreadable(what)  # another page than was asked for, or one that never ends
            yield from page["results"]
            read = (page["page"] + 1) * page["page_size"]
            if len(page["results"]) < page["page_size"] or read >= page["total"]:
                return
            # One session throughout: a cohort is worked out anew for each.
            asked = {**params, "session_id": page["session_id"], "page": page["page"] + 1}

    def cohorts(self) -> list[dict[str, Any]]:
        """Every cohort of the project, with id, name and count."""
        what = "the list of cohorts"
        listed = self.retry.run(lambda: self._list(what), repeatable=True)
        if not isinstance(listed, list) or not all(isinstance(c, dict) and {"id", "name"} <= c.keys() for c in listed):
            raise _unreadable(what)
        return listed

    def me(self) -> dict[str, Any]:
        """Whose the credentials are: organizations with roles, and projects. Not one of the hour's queries."""
        what = "who the service account is"
        told = self.retry.run(lambda: self._me(what), repeatable=True)
        results = told.get("results") if isinstance(told, dict) else None
        if not isinstance(results, dict):
            raise _unreadable(what)
        return results

    def export(self, first: date, last: date, **narrowing: str | int) -> Iterator[bytes]:
        """The lines of the raw export of these days, both included, without ever holding more than one piece."""
        what = f"the events of {first} to {last}"
        response = self.retry.run(lambda: self._open_export(what, first, last, narrowing), repeatable=True)
        count = 0
        try:
            for line in _lines(_in_time(response.iter_bytes(), what)):
                if line.strip() == _TERMINATED:
                    raise TryLater(f"Mixpanel, {what}: the export was ended early after {count:,} lines")
                count += 1
                yield line
        except httpx.HTTPError as error:
            raise TryLater(f"Mixpanel, {what}: the export broke off after {count:,} lines") from error
        finally:
            response.close()

    def _page(self, what: str, params: Mapping[str, Any]) -> dict[str, Any]:
        with self.queries.one():
            text = self._ask_utils(what, params)
        try:
            page = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _unreadable(what) from error
        wanted = {"results": list, "page": int, "page_size": int, "total": int, "session_id": str}
        if not isinstance(page, dict) or not all(isinstance(page.get(key), kind) for key, kind in wanted.items()):
            raise _unreadable(what)
        return page

    def _ask_utils(self, what: str, params: Mapping[str, Any]) -> str:
        try:
            with within(TIMES * CALL_TIMEOUT):
                return self._overhear(what, params)
        except TookTooLong as error:
            raise TryLater(f"Mixpanel, {what}: no answer within {TIMES * CALL_TIMEOUT:.0f} seconds") from error

    def _overhear(self, what: str, params: Mapping[str, Any]) -> str:
        utils = self._utils()
        _watch_urllib()
        with _Overheard() as heard:
            try:
                # The published path. The library would put `2.0/` before it unless the base is that of imports, and
                # the project into the body alone. A copy: it writes into what it is given.
                base, path = utils.import_api, f"engage?project_id={self.settings.project_id}"
                text = utils.request(base, [path], dict(params), method="POST")
            except (OSError, HTTPException, *ODD) as error:  # cut or late while the body is read
                raise _unreadable(what) from error
            except BaseException as error:
                if type(error) is not BaseException:  # Ctrl-C and the like
                    raise
                raise heard.failure(what) from error  # out of tries: a bare BaseException, which nobody would catch
        if text is None:  # a 4xx
            raise heard.failure(what)
        return str(text)

    def _utils(self) -> MixpanelUtils:
        """A fresh one for each call: it stretches its own timeout after each that passes."""
        settings = self.settings
        utils = MixpanelUtils(
            settings.secret.get_secret_value(),
            service_account_username=settings.service_account,
            project_id=settings.project_id,
            residency=settings.region,
            timeout=CALL_TIMEOUT,
            max_retries=1,
        )
        if settings.base_url:
            utils.raw_api = utils.formatted_api = f"{settings.base_url}/api"
        utils.import_api = f"{utils.formatted_api}/query"
        _hush()
        return utils

    def _list(self, what: str) -> Any:
        url = f"{self._utils().import_api}/cohorts/list"
        with self.queries.one():
            response = self._send(what, httpx.Request("POST", url, params={"project_id": self.settings.project_id}))
        try:
            return response.json()
        except (ValueError, RecursionError) as error:
            raise _unreadable(what) from error

    def _me(self, what: str) -> Any:
        # Without this parameter, the answer names every colleague.
        params = {"include_workspace_users": "false"}
        response = self._send(what, httpx.Request("GET", f"{self._utils().formatted_api}/app/me", params=params))
        try:
            return response.json()
        except (ValueError, RecursionError) as error:
            raise _unreadable(what) from error

    def _open_export(self, what: str, first: date, last: date, narrowing: Mapping[str, str | int]) -> httpx.Response:
        url = f"{self._utils().raw_api}/2.0/export"
        params = {"project_id": self.settings.project_id, "from_date": str(first), "to_date": str(last), **narrowing}
        self.exports.take()
        request = httpx.Request("GET", url, params=params, headers={"Accept-Encoding": "gzip"})
        return self._send(what, request, stream=True)

    def _send(self, what: str, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        request.extensions["timeout"] = (EXPORT_TIMEOUT if stream else httpx.Timeout(CALL_TIMEOUT)).as_dict()
        auth = httpx.BasicAuth(self.settings.service_account, self.settings.secret.get_secret_value())
        try:
            with within(EXPORT_OPENS if stream else TIMES * CALL_TIMEOUT):
                response = self.http.send(request, stream=stream, auth=auth)
                if response.status_code == 200:
                    return response
                response.read()
                response.close()
        except (httpx.HTTPError, TookTooLong) as error:
            raise broken(f"Mixpanel, {what}:", error, wrote=False) from error
        raise meaning(response.status_code, response.text, what)


def _in_time(pieces: Iterator[bytes], what: str) -> Iterator[bytes]:
    """The pieces of an export, as long as it may last: also where bytes come and never make a piece (it is zipped)."""
    end = time.monotonic() + EXPORT_LASTS
    try:
        while True:
            with within(end - time.monotonic()):
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece
    except TookTooLong as error:
        late = f"Mixpanel, {what}: the export had not ended after {EXPORT_LASTS / 60:.0f} minutes"
        raise TryLater(late) from error


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Lines end at a line feed alone; httpx would also cut at U+2028, which JSON may hold as it is."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line for line in whole if line.strip())
    if rest.strip():
        yield rest
