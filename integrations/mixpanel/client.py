"""How Mixpanel is asked: settings, limits, what its replies mean, and the three calls that its sources are made of.

mixpanel-utils 2.2.7 reads the profiles. It is contained: one attempt a call (its own retries come without a pause), a
timeout that it cannot stretch, its silence about 4xx and its bare `BaseException` turned into our failures. It would
hold a whole export in memory and trips over a broken one, so the export is streamed here. It has no cohort lists.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, partial
from http.client import HTTPException
from typing import Any

import httpx
from mixpanel_utils import MixpanelUtils

from expansion.contract import Failure, TryLater
from expansion.limits import Allowance
from integrations.kit.budgets import Budget, Clock, Places
from integrations.kit.deadlines import TIMES, TookTooLong, opener, watched, within
from integrations.kit.http import broken
from integrations.kit.retry import RetryPolicy
from integrations.kit.shapes import ODD
from integrations.mixpanel.meanings import HOUR_WAIT, meaning
from integrations.mixpanel.settings import QUERIES_AN_HOUR, QUERIES_AT_ONCE, RETRY, Settings

CALL_TIMEOUT = 60.0  # seconds
EXPORT_TIMEOUT = httpx.Timeout(30.0, read=300.0)  # between two pieces; a large export is slow to begin
EXPORT_OPENS = 300.0  # until the first piece
EXPORT_LASTS = 3600.0  # a whole export of up to sixty days, however fast its pieces come

_TERMINATED = b"export terminated early"


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
