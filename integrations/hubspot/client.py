"""hubspot-api-client, contained: a timeout on every call, no repeating of its own, dated paths, our errors and limits.

Its generated methods know only v3 and v4 paths, which end in 2027, and no timeout; `api_request` goes through
`requests.get` and prints. So calls go through the ApiClient underneath, which takes any path and a timeout.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import urllib3
from hubspot import HubSpot
from hubspot.crm.objects.exceptions import ApiException

from expansion.contract import Failure, TryLater
from expansion.limits import Limit
from integrations.hubspot import meanings as errors
from integrations.hubspot.settings import RETRY, Settings
from integrations.kit.budgets import Budget
from integrations.kit.deadlines import CONNECT_SECONDS, TIMES, TookTooLong, watch_pools, within
from integrations.kit.pages import every_page
from integrations.kit.said import whole
from integrations.kit.shapes import ODD, reading
from integrations.kit.world import World

SYSTEM = errors.SYSTEM
PAGE = 100
Body = Mapping[str, Any] | Sequence[str]  # lists take bare ids

TYPE_IDS = {"contacts": "0-1", "companies": "0-2", "deals": "0-3", "tasks": "0-27"}

_ANY_JSON = dict.fromkeys(range(200, 300), "object")  # an undocumented 2xx would otherwise come back as None


class Client:
    """One portal. Safe to share between threads: one ApiClient, one connection pool, nothing kept between calls."""

    def __init__(
        self,
        settings: Settings,
        world: World,
        limits: tuple[Limit, ...],
        search_limits: tuple[Limit, ...],
    ) -> None:
        self.retry, self.clock = world.retries(RETRY), world.clock
        shared: dict[str, Any] = {"clock": world.clock, "allowance": world.allowance, "place": settings.base_url}
        self.budget = Budget(SYSTEM, *limits, **shared)
        self.search_budget = Budget(f"{SYSTEM} search", *search_limits, **shared)
        self.version = settings.api_version
        self.daily: tuple[int, int] | None = None  # left, most; as the last reply said
        self._settings = settings
        self._timeout = (min(CONNECT_SECONDS, settings.timeout), settings.timeout)
        # `retry=False`: its Retry(3) repeats a 429 and sleeps for as long as Retry-After says, up to six hours.
        token = settings.token.get_secret_value()
        hubspot = HubSpot(access_token=token, host=settings.base_url.rstrip("/"), retry=False)
        self._api = hubspot.crm.objects.basic_api.api_client
        watch_pools(self._api.rest_client.pool_manager)
        # It would walk through every value of a body to find dates and models of its own; ours are plain JSON.
        self._api.sanitize_for_serialization = _as_it_is
        self._lock = threading.Lock()
        self._details: Mapping[str, Any] | None = None
        self._properties: dict[str, dict[str, Mapping[str, Any]]] = {}

    # --- what the integration asks for ---

    def read(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A GET, repeated as the policy says."""
        return self.retry.run(lambda: self.once("GET", path, query=query, wrote=False), repeatable=True)

    def ask(self, path: str, body: Mapping[str, Any], *, search: bool = False) -> dict[str, Any]:
        """A POST that only reads."""
        return self.retry.run(lambda: self.once("POST", path, body, wrote=False, search=search), repeatable=True)

    def pages(self, path: str, query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Every record of a list, page by page."""

        def ask(after: str | None) -> dict[str, Any]:
            return self.read(path, {**query, "limit": PAGE} | ({"after": after} if after else {}))

        for page in every_page(ask, following, errors.MEANINGS):
            yield from errors.results(page)

    def once(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        wrote: bool = True,
        search: bool = False,
    ) -> dict[str, Any]:
        """One call. Raises a Failure."""
        self.budget.take()
        if search:
            self.search_budget.take()  # last: a second is over sooner than ten
        try:
            return self._read(method, path, body, query, wrote=wrote, search=search)
        except ODD as error:
            raise errors.unreadable(wrote=wrote) from error

    def _read(
        self,
        method: str,
        path: str,
        body: Body | None,
        query: Mapping[str, Any] | None,
        *,
        wrote: bool,
        search: bool,
    ) -> dict[str, Any]:
        try:
            with within(TIMES * self._settings.timeout):
                reply, _, headers = self._dial(method, path, body, query)
        except TookTooLong as error:
            raise errors.MEANINGS.broken(error, wrote=wrote) from error
        except ApiException as error:
            raise self._failure(error, wrote=wrote, search=search) from error
        except urllib3.exceptions.HTTPError as error:
            raise errors.MEANINGS.broken(error, wrote=wrote) from error
        except UnicodeDecodeError as error:  # a body that is no text
            raise errors.unreadable(wrote=wrote) from error
        except AttributeError as error:
            # A TLS error has no body, and the client decodes it all the same: its own error is beneath (12.0.0)
            if not isinstance(error.__context__, ApiException):
                raise
            untrusted = urllib3.exceptions.SSLError(error.__context__.reason)
            raise errors.MEANINGS.broken(untrusted, wrote=wrote) from error
        self._note_usage(headers)
        if not isinstance(reply, dict):
            raise errors.unreadable(wrote=wrote)
        return reply

    def properties(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """The properties of `tasks` or `companies`, asked once."""
        if kind not in self._properties:
            reply = self.read(f"/crm/properties/{self.version}/{kind}")
            self._properties[kind] = {str(one["name"]): one for one in errors.results(reply)}
        return self._properties[kind]

    def details(self) -> Mapping[str, Any]:
        """The account: its number, time zone and the address of its pages; asked once."""
        with self._lock:
            if self._details is None:
                self._details = self.read(f"/account-info/{self.version}/details")
            return self._details

    def home_currency(self) -> str | None:
        """The account's currency; None where it does not tell."""
        try:
            home = self.details().get("companyCurrency")
        except Failure:
            return None
        return str(home) if home else None

    def scopes(self) -> frozenset[str]:
        """What the key may do: developers.hubspot.com, "Legacy private apps". Nothing is changed.

        The only call that has the key in its body too; service keys and private apps are told alike.
        """
        body = {"tokenKey": self._settings.token.get_secret_value()}
        told = self.ask("/oauth/v2/private-apps/get/access-token-info", body).get("scopes")
        if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
            raise errors.unreadable(wrote=False)
        return frozenset(told)

    def link(self, kind: str, record_id: str) -> str | None:
        """Where a person sees the record. None where the account does not tell; a link is not worth an error."""
        try:
            details = self.details()
        except Failure:
            return None
        number = TYPE_IDS[kind]
        root = f"https://{details.get('uiDomain') or 'app.hubspot.com'}"
        if not self._settings.base_url.rstrip("/").endswith(".hubapi.com"):
            root = self._settings.base_url.rstrip("/")  # a stand-in shows its own pages
        return f"{root}/contacts/{details.get('portalId')}/record/{number}/{record_id}"

    # --- how ---

    def _dial(
        self, method: str, path: str, body: Body | None, query: Mapping[str, Any] | None
    ) -> tuple[Any, int, Mapping[str, str]]:
        answer: tuple[Any, int, Mapping[str, str]] = self._api.call_api(
            path,
            method,
            query_params=list((query or {}).items()),
            header_params={"Accept": "application/json"},
            body=body or None,
            response_types_map=_ANY_JSON,
            auth_settings=["oauth2"],
            _request_timeout=self._timeout,
        )
        return answer

    def _failure(self, error: ApiException, *, wrote: bool, search: bool) -> Failure:
        failure = errors.of_reply(error.status, _json(error.body), error.headers or {}, wrote=wrote)
        if error.status == 429 and isinstance(failure, TryLater) and failure.wait:
            (self.search_budget if search else self.budget).hold(failure.wait)
        return failure

    def _note_usage(self, headers: Mapping[str, str]) -> None:
        said = {name.lower(): value for name, value in headers.items()}
        left = whole(said.get("x-hubspot-ratelimit-daily-remaining"))
        most = whole(said.get("x-hubspot-ratelimit-daily"))
        if left is not None and most:
            self.daily = (left, most)


def following(page: Mapping[str, Any]) -> str | None:
    """Where the next page begins; None after the last."""
    with reading(SYSTEM):
        after = ((page.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)


def _json(body: Any) -> Any:
    try:
        return json.loads(body)
    except (TypeError, ValueError):
        return None


def _as_it_is(body: Any) -> Any:
    return body
