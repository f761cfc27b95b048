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
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from http.client import HTTPException
from typing import Any

from mixpanel_utils import MixpanelUtils

from expansion.contract import Failure, NotAll, TryLater
from expansion.limits import Allowance
from integrations.kit import http
from integrations.kit.breaks import Broke
from integrations.kit.budgets import Budget, Clock, Places
from integrations.kit.deadlines import TIMES, TookTooLong, opener, within
from integrations.kit.lines import count_lines
from integrations.kit.shapes import ODD
from integrations.kit.world import IN_LIFE, World
from integrations.mixpanel.meanings import AWAY, HOUR_WAIT, LATE, MEANINGS, meaning, told
from integrations.mixpanel.settings import QUERIES_AN_HOUR, QUERIES_AT_ONCE, RETRY, Settings

CALL_TIMEOUT = 60.0  # seconds
EXPORT_OPENS = 300.0  # until the first piece, and between two; a large export is slow to begin
EXPORT_LASTS = 3600.0  # a whole export of up to sixty days, however fast its pieces come

BLOCK = 4 << 20  # bytes of lines that are read at a time: with four times as many, memory grows by 150 MB (measured)

_TERMINATED = b"export terminated early"


# --- limits ----------------------------------------------------------------------------------------------


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
            return MEANINGS.of(LATE, what, seconds=f"{CALL_TIMEOUT:.0f}")
        return MEANINGS.of(AWAY, what)

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


def _ends(page: Mapping[str, Any], announced: int, *, is_short: bool, was_short: bool) -> bool:
    """Whether it is the last page: the one that is not full, says docs.mixpanel.com/reference/engage-query.

    Where more were announced, one page after it is asked for. The number saves the query after a full last page only
    where it is more than a page holds: it is called "the number of users in the results payload" there.
    """
    has_all = (page["page"] + 1) * page["page_size"] >= announced
    return has_all or was_short if is_short else has_all and announced > page["page_size"]


def _before_the_end(block: bytes) -> bytes:
    """The lines before the one that says that the export ends early; all of them where none does."""
    if _TERMINATED not in block:
        return block
    lines = block.split(b"\n")
    end = next((at for at, line in enumerate(lines) if line.strip() == _TERMINATED), None)
    return block if end is None else b"".join(line + b"\n" for line in lines[:end])


# --- the API ----------------------------------------------------------------------------------------------------------


@dataclass
class Api:
    """The three calls of the sources, and who we are."""

    settings: Settings
    queries: Queries
    exports: Budget
    world: World = IN_LIFE

    def __post_init__(self) -> None:
        self.retry, utils = self.world.retries(RETRY), self._utils()
        self._app, self._data = self._at(utils.formatted_api), self._at(utils.raw_api)
        self._project = {"project_id": self.settings.project_id}

    def profiles(self, what: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Profiles page by page. Raises NotAll at the end where fewer came than were announced."""
        asked: dict[str, Any] = dict(params)
        count, announced, is_short = 0, 0, False
        while True:
            page = self.retry.run(partial(self._page, what, asked), repeatable=True)
            if page["page"] != asked.get("page", 0) or page["page_size"] < 1:
                raise MEANINGS.of(Broke.ODD, what)  # another page than was asked for, or one that never ends
            yield from page["results"]
            count += len(page["results"])
            announced = announced or page.get("total", 0)  # told with the first page only
            is_short, was_short = len(page["results"]) < page["page_size"], is_short
            if _ends(page, announced, is_short=is_short, was_short=was_short):
                break
            # One session throughout: a cohort is worked out anew for each.
            asked = {**params, "session_id": page["session_id"], "page": page["page"] + 1}
        if count < announced:
            raise NotAll(f"Mixpanel, {what}: {announced:,} were announced and {count:,} came; nobody is taken for gone")

    def cohorts(self) -> list[dict[str, Any]]:
        """Every cohort of the project, with id, name and count."""
        what = "the list of cohorts"
        ask: http.How = {"params": self._project, "wrote": False, "turn": self.queries}
        listed = self._app.call("POST", "query/cohorts/list", what, shape=list, **ask)
        if not all(isinstance(c, dict) and {"id", "name"} <= c.keys() for c in listed):
            raise MEANINGS.of(Broke.ODD, what)
        return listed  # type: ignore[no-any-return]

    def me(self) -> dict[str, Any]:
        """Whose the credentials are: organizations with roles, and projects. Not one of the hour's queries."""
        what = "who the service account is"
        # Without this parameter, the answer names every colleague.
        results = self._app.get("app/me", what, {"include_workspace_users": "false"}).get("results")
        if not isinstance(results, dict):
            raise MEANINGS.of(Broke.ODD, what)
        return results

    def export(self, first: date, last: date, **narrowing: str | int) -> Iterator[bytes]:
        """The lines of the raw export of these days, both included, in blocks of whole lines."""
        what = f"the events of {first} to {last}"
        days = {**self._project, "from_date": str(first), "to_date": str(last), **narrowing}
        ends: dict[str, Any] = {"opens": EXPORT_OPENS, "lasts": EXPORT_LASTS, "turn": self.exports, "block": BLOCK}
        count = 0
        with closing(self._data.stream("2.0/export", what, days, **ends)) as blocks:
            for block in blocks:
                if count == 0 and block.lstrip().startswith(b"<"):  # a web page; an event begins with a brace
                    raise MEANINGS.of(Broke.ODD, what)
                whole = _before_the_end(block)
                count += count_lines(whole)
                yield whole
                if len(whole) < len(block):
                    raise TryLater(f"Mixpanel, {what}: the export was ended early after {count:,} lines")

    def _at(self, base_url: str) -> http.Api:
        auth = (self.settings.service_account, self.settings.secret.get_secret_value())
        return http.Api(base_url, MEANINGS, RETRY, self.world, told=told, auth=auth, timeout=CALL_TIMEOUT)

    def _page(self, what: str, params: Mapping[str, Any]) -> dict[str, Any]:
        with self.queries.one():
            text = self._ask_utils(what, params)
        try:
            page = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise MEANINGS.of(Broke.ODD, what) from error
        wanted = {"results": list, "page": int, "page_size": int, "session_id": str}
        if not isinstance(page, dict) or not all(isinstance(page.get(key), kind) for key, kind in wanted.items()):
            raise MEANINGS.of(Broke.ODD, what)
        if not isinstance(page.get("total", 0), int):
            raise MEANINGS.of(Broke.ODD, what)
        return page

    def _ask_utils(self, what: str, params: Mapping[str, Any]) -> str:
        try:
            with within(TIMES * CALL_TIMEOUT):
                return self._overhear(what, params)
        except TookTooLong as error:
            raise MEANINGS.of(LATE, what, seconds=f"{TIMES * CALL_TIMEOUT:.0f}") from error

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
                raise MEANINGS.of(Broke.ODD, what) from error
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
