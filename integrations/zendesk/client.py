"""Calls Zendesk's API: developer.zendesk.com/api-reference/ticketing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from expansion.limits import Limit
from integrations.kit import http
from integrations.kit.budgets import Budget
from integrations.kit.pages import every_page
from integrations.kit.world import World
from integrations.zendesk.meanings import MEANINGS, told
from integrations.zendesk.settings import LIMIT, OTHERS, RETRY, TIMEOUT, Settings

ORGANIZATIONS = 100  # the most that a page of them holds
_EXPORT = "/api/v2/incremental/tickets/cursor"
PAGE = 1000  # tickets, the most that a page of an export holds

Record = dict[str, Any]


class Client:
    """The calls that are made of Zendesk."""

    def __init__(self, settings: Settings, world: World) -> None:
        def turn(name: str, limit: Limit) -> Budget:
            place = settings.api
            return Budget(name, limit, clock=world.clock, allowance=world.allowance, place=place)

        self._exports = turn("Zendesk, exports", LIMIT)
        self._http = http.Api(
            settings.api,
            MEANINGS,
            RETRY,
            world,
            told=told,
            turn=turn("Zendesk", OTHERS),
            auth=(f"{settings.email}/token", settings.api_token.get_secret_value()),
            timeout=TIMEOUT,
        )

    def me(self) -> Record:
        """Who the token acts for; a stranger is told of a user without an id."""
        user: Record = self._http.get("/api/v2/users/me", "reading who the token belongs to")["user"]
        return user

    def organizations(self) -> Iterator[Record]:
        """Every organization."""
        for page in self._pages("/api/v2/organizations", "reading organizations", {"page[size]": ORGANIZATIONS}):
            yield from page["organizations"]

    def open_tickets(self) -> Iterator[Record]:
        """Every ticket that is not solved yet, as the search knows them: a ticket of a moment ago may be missing."""
        query: http.Query = {"query": "status<solved", "filter[type]": "ticket", "page[size]": PAGE}
        for page in self._pages("/api/v2/search/export", "searching open tickets", query):
            yield from page["results"]

    def _pages(self, path: str, what: str, params: http.Query) -> Iterator[Record]:
        return self._http.pages(path, what, params, following=_after)

    def changed_tickets(self, since: int) -> Iterator[Record]:
        """Pages of the tickets that changed since, but for the last minute, with their people and organizations.

        Each page is asked for by the cursor of the one before, from the moment on: a cursor is kept for no other pull,
        so that none can be too old.
        """
        usual: dict[str, str | int | list[str]] = {
            "per_page": PAGE,
            "include": "users,organizations",
            "exclude_deleted": "true",
        }

        def ask(mark: http.Query | None) -> Record:
            params = {**usual, **(mark or {"start_time": since})}
            page: Record = self._http.call("GET", _EXPORT, "exporting tickets", params=params, turn=self._exports)
            return page

        return every_page(ask, _next, MEANINGS)


def _after(page: Mapping[str, Any]) -> http.Query | None:
    """The page after, of what Zendesk calls cursor pagination."""
    meta = page["meta"]
    return {"page[after]": str(meta["after_cursor"])} if meta["has_more"] else None


def _next(page: Mapping[str, Any]) -> http.Query | None:
    """What to ask for next; nothing where all up to now has come."""
    return None if page["end_of_stream"] else {"cursor": str(page["after_cursor"])}
