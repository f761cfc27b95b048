"""simple-salesforce, contained: a timeout on every call, one sign-in again and no more, our errors, our limits.

The library's own 401 handling loops (simple-salesforce#804) and forgets headers, so it is given a session that it
cannot renew (`session_id` with `instance`), and signing in is done here.
"""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import quote

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError, SalesforceExpiredSession
from simple_salesforce.login import SalesforceLogin

from expansion.contract import Refused, TryLater
from expansion.limits import Limit
from expansion.text.redact import know
from integrations.kit.breaks import Broke
from integrations.kit.budgets import Budget
from integrations.kit.deadlines import TookTooLong
from integrations.kit.meanings import Told
from integrations.kit.sessions import contained_session
from integrations.kit.shapes import ODD
from integrations.kit.world import World
from integrations.salesforce import meanings as errors
from integrations.salesforce.settings import RETRY, Settings

SYSTEM = errors.SYSTEM
LEAVE_TO_OTHERS = 0.05  # of the org's calls: people and other tools live on the same count
LOOK_AGAIN = 300.0  # seconds until the count is asked for again

# REST API, sObject Describe: what the user who asks may do
_FLAGS = {"queryable": "Read", "createable": "Create", "updateable": "Edit", "deletable": "Delete"}


class Client:
    """One org. Safe to share between threads: signing in is locked, the rest is requests' session."""

    def __init__(self, settings: Settings, world: World, limits: tuple[Limit, ...]) -> None:
        self.retry = world.retries(RETRY)
        self.budget = Budget(SYSTEM, *limits, clock=world.clock, allowance=world.allowance, place=settings.domain)
        self._settings = settings
        self._session = contained_session(settings.timeout, settings.base_url)
        self._lock = threading.Lock()
        self._signed_in: Salesforce | None = None
        self._described: dict[str, dict[str, dict[str, Any]]] = {}
        self._may: dict[str, frozenset[str]] = {}
        self._record_types: dict[str, list[dict[str, Any]]] = {}

    # --- what the integration asks for ---

    def query(self, soql: str, describing: str | None = None, *, deleted: bool = False) -> list[dict[str, Any]]:
        """All rows of a query, every page. Half a result is a failure, never a short list.

        `describing`: an object whose fields are learnt in the same call, where they are not known yet. `deleted`: also
        of records in the recycle bin.
        """
        if describing and describing not in self._described:
            page = self._page_and_fields(soql, describing)
        else:
            page = self._page("queryAll/" if deleted else "query/", {"q": soql})
        rows, total = list(page["records"]), page.get("totalSize")
        asked: set[str] = set()
        while not page.get("done", True):
            following = str(page.get("nextRecordsUrl"))
            if following in asked:
                raise errors.MEANINGS.of(Broke.SAME_PAGE)
            asked.add(following)
            page = self._page(_relative(following))
            rows += page["records"]
        if total is not None and len(rows) != total:
            raise TryLater(f"{SYSTEM} announced {total} records and sent {len(rows)}")
        return rows

    def fields(self, sobject: str) -> dict[str, dict[str, Any]]:
        """The object's fields as `describe` shows them to the integration user, asked once."""
        if sobject not in self._described:
            self._learn(sobject, self.read(f"sobjects/{sobject}/describe"))
        return self._described[sobject]

    def record_types(self, sobject: str) -> list[dict[str, Any]]:
        """The object's record types, as describe shows them to the integration user."""
        self.fields(sobject)
        return self._record_types[sobject]

    def may(self, sobject: str) -> frozenset[str]:
        """What the integration user may do with the object: of `Read`, `Create`, `Edit`, `Delete`. As describe says.

        An object that the user may not even read is described to nobody: NOT_FOUND.
        """
        try:
            self.fields(sobject)
        except Refused:
            return frozenset()
        return self._may[sobject]

    def read(self, path: str, params: dict[str, str] | None = None) -> Any:
        """A call that changes nothing; repeated as the policy says."""
        return self.retry.run(lambda: self.once("GET", path, params=params, wrote=False), repeatable=True)

    def once(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        wrote: bool = True,
    ) -> Any:
        """One call, one more only after a session has run out. Raises a Failure."""
        sf = self._sign_in()
        self.budget.take()
        try:
            return self._dial(sf, method, path, body, params, headers, wrote)
        except SalesforceExpiredSession:
            sf = self._sign_in(instead_of=sf)
        self.budget.take()
        try:
            return self._dial(sf, method, path, body, params, headers, wrote)
        except SalesforceExpiredSession as error:
            raise errors.MEANINGS.of("INVALID_SESSION_ID") from error

    def link(self, sobject: str, record_id: str) -> str:
        """Where a person sees the record."""
        root = self._settings.base_url or f"https://{self._sign_in().sf_instance}"
        return f"{root.rstrip('/')}/lightning/r/{sobject}/{record_id}/view"

    # --- how ---

    def _learn(self, sobject: str, reply: Any) -> None:
        if not isinstance(reply, dict) or not isinstance(reply.get("fields"), list):
            raise TryLater(f"{SYSTEM} described {sobject} in a shape nobody can read")
        self._described[sobject] = {field["name"]: field for field in reply["fields"]}
        self._record_types[sobject] = list(reply.get("recordTypeInfos") or ())
        self._may[sobject] = frozenset(right for flag, right in _FLAGS.items() if reply.get(flag))

    def _page_and_fields(self, soql: str, sobject: str) -> dict[str, Any]:
        """Two reads as one call: REST API, resource Composite."""
        root = f"/services/data/v{self._settings.api_version}"
        urls = {"rows": f"{root}/query?q={quote(soql, safe='')}", "fields": f"{root}/sobjects/{sobject}/describe"}
        asked = [{"method": "GET", "url": url, "referenceId": name} for name, url in urls.items()]
        body = {"allOrNone": False, "compositeRequest": asked}
        replies = self.retry.run(lambda: self._together(body), repeatable=True)
        self._learn(sobject, replies.get("fields"))
        return _page_of(replies.get("rows"))

    def _together(self, body: dict[str, Any]) -> dict[str, Any]:
        """What each read of a composite call answered, by its name. One that failed fails the call."""
        reply = self.once("POST", "composite", body, wrote=False)
        parts = reply.get("compositeResponse") if isinstance(reply, dict) else None
        if not isinstance(parts, list):
            raise errors.MEANINGS.of(Broke.NOT_JSON)
        for part in parts:
            if part["httpStatusCode"] >= 300:
                raise errors.of_reply(part["httpStatusCode"], part["body"], wrote=False)
        return {part["referenceId"]: part["body"] for part in parts}

    def _page(self, path: str, params: dict[str, str] | None = None) -> dict[str, Any]:
        return _page_of(self.read(path, params))

    def _dial(
        self,
        sf: Salesforce,
        method: str,
        path: str,
        body: Any,
        params: dict[str, str] | None,
        headers: dict[str, str] | None,
        wrote: bool,
    ) -> Any:
        more: dict[str, Any] = ({"headers": headers} if headers else {}) | ({} if body is None else {"json": body})
        try:
            reply = sf.restful(path, params=params, method=method, **more)
        except SalesforceExpiredSession:
            raise
        except SalesforceError as error:
            failure = errors.of_reply(error.status, error.content, wrote=wrote)
            if isinstance(failure, TryLater) and failure.wait:
                self.budget.hold(failure.wait)
            raise failure from error
        except ODD as error:  # requests' JSONDecodeError is one, and a RequestException besides
            raise errors.MEANINGS.of(Broke.NOT_JSON, wrote=wrote) from error
        except (requests.RequestException, TookTooLong) as error:
            raise errors.MEANINGS.broken(error, wrote=wrote) from error
        self._note_usage(sf)
        return reply

    def _note_usage(self, sf: Salesforce) -> None:
        """`Sforce-Limit-Info: api-usage=18/5000`, for the whole org over the last 24 hours."""
        usage = sf.api_usage.get("api-usage")
        if usage and usage.total and usage.used >= usage.total * (1 - LEAVE_TO_OTHERS):
            self.budget.hold(LOOK_AGAIN)

    def _sign_in(self, instead_of: Salesforce | None = None) -> Salesforce:
        """The session in use; a new one if there is none, or if it is still the one that ran out."""
        with self._lock:
            if self._signed_in is None or self._signed_in is instead_of:
                self._signed_in = self.retry.run(self._new_session, repeatable=True)
            return self._signed_in

    def _new_session(self) -> Salesforce:
        token, instance = self._token()
        know(token)
        if self._settings.base_url:  # every call goes there, whatever address the sign-in tells
            instance = f"{self._settings.my_domain}.salesforce.com"
        return Salesforce(
            session_id=token, instance=instance, session=self._session, version=self._settings.api_version
        )

    def _token(self) -> tuple[str, str]:
        settings, door = self._settings, _Door(self._session)
        try:
            return SalesforceLogin(
                session=door,  # type: ignore[arg-type]  # it posts, and no more is asked of it
                consumer_key=settings.client_id,
                consumer_secret=settings.client_secret.get_secret_value(),
                domain=settings.my_domain,
            )
        except SalesforceAuthenticationFailed as error:
            raise errors.of_sign_in(error.code, door.status) from None  # its text may quote what was sent
        except (requests.RequestException, TookTooLong) as error:
            raise errors.MEANINGS.broken(error, wrote=False) from error
        except ODD as error:  # a reply without instance_url, or a list instead of an object
            raise errors.SIGN_IN.read(Told(door.status, Broke.ODD)) from error


class _Door:
    """The session as the library signs in through it. Keeps the status, which the library's error has lost.

    SalesforceAuthenticationFailed always says 401; its `code` is the word in the body, or the status of a web page.
    """

    def __init__(self, session: requests.Session) -> None:
        self._session = session
        self.status = 0

    def post(self, *args: Any, **kwargs: Any) -> requests.Response:
        reply = self._session.post(*args, **kwargs)
        self.status = reply.status_code
        return reply


def _page_of(reply: Any) -> dict[str, Any]:
    page: dict[str, Any] = reply if isinstance(reply, dict) else {}
    rows = page.get("records")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TryLater(f"{SYSTEM} answered a query in a shape nobody can read")
    return page


def _relative(next_url: str) -> str:
    """`/services/data/v67.0/query/01g…-2000` -> `query/01g…-2000`."""
    return next_url.split("/", 4)[-1]
