"""Tickets of a company: those open now as facts, and each that was opened as an event, with its categories."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from expansion.contract import EventRow, NotThere, Wanted
from expansion.usage.forms.cells import as_id
from integrations.hubspot import search
from integrations.hubspot.associations import companies_of
from integrations.hubspot.companies import matched, property_of
from integrations.hubspot.meanings import SYSTEM
from integrations.hubspot.on_companies import OnCompanies, Read, Records, in_pipelines
from integrations.hubspot.pipelines import Stage, as_field
from integrations.hubspot.values import spelling, unknown
from integrations.kit.declare import SourceBase
from integrations.kit.shapes import reads

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

log = logging.getLogger(__name__)

PRIORITY, CATEGORY = "hs_ticket_priority", "hs_ticket_category"
OPENED, TAGGED = "Support Ticket Opened", "Support Ticket Tagged"
FIRST_PULL = timedelta(days=30)


@reads("HubSpot")
class OpenTicketSource(OnCompanies):
    """A ticket counts for its primary company; where none is marked, for every one that it stands on."""

    name = "hubspot.open_tickets"
    title = (
        "Open tickets of a company in HubSpot: `open_tickets`, by priority `urgent_tickets`, `high_tickets`, …, "
        "`open_tickets_in_PIPELINE`, `open_tickets_about_CATEGORY`, `newest_ticket`, `oldest_ticket`"
    )
    kind = "tickets"
    asks = (PRIORITY, CATEGORY)

    def fields(self, known: Collection[Stage], wanted: Wanted) -> Mapping[str, Read]:
        return {
            "open_tickets": len,
            "newest_ticket": lambda tickets: _created(tickets[:1]),
            "oldest_ticket": lambda tickets: _created(tickets[-1:]),
            **{f"{as_field(one)}_tickets": _having(PRIORITY, one) for one in self._options(PRIORITY)},
            **{f"open_tickets_about_{as_field(one)}": _having(CATEGORY, one) for one in self._options(CATEGORY)},
            **in_pipelines("open_tickets", known),
        }

    def _options(self, name: str) -> list[str]:
        """The portal's own: an administrator may change them."""
        options = self._client.properties("tickets").get(name, {}).get("options") or ()
        return [str(one["value"]) for one in options]


def _created(tickets: Records) -> Any:
    return next((one.properties.get("createdate") for one in tickets), None)


def _having(name: str, value: str) -> Read:
    return lambda tickets: sum(value in _several(one.properties.get(name)) for one in tickets)


def _several(value: Any) -> list[str]:
    """What may be chosen several times stands between semicolons."""
    return [one for one in str(value or "").split(";") if one]


@reads("HubSpot")
class TicketSource(SourceBase):
    """Searched for by when they changed last, so that a category that was chosen later comes, too."""

    name: ClassVar[str] = "hubspot.tickets"
    title: ClassVar[str] = "Support tickets in HubSpot, by category"
    gives: ClassVar[frozenset[str]] = frozenset({"events"})
    keeps: ClassVar[Literal["what was read", "nothing"]] = "what was read"
    behind: timedelta = timedelta(minutes=2)  # search shows a record some seconds after it was made or changed

    def __init__(self, client: Client) -> None:
        self._client = client

    def events(self, since: str | None, until: str, account_property: str) -> Iterator[EventRow]:
        first, count = _start(since) if since else _start(until) - FIRST_PULL, 0
        accounts = self._accounts(account_property)
        since_then = {
            "propertyName": "hs_lastmodifieddate",
            "operator": "GTE",
            "value": str(int(first.timestamp() * 1000)),
        }
        asked = ["createdate", "source_type", PRIORITY, CATEGORY]
        for rows in search.pages(self._client, "tickets", [since_then], asked):
            on = companies_of(self._client, "tickets", [str(row["id"]) for row in rows])
            for row in rows:
                count += 1
                yield from _rows(row, _account(on.get(str(row["id"]), ()), accounts))
        if not count:
            log.warning("%s: not one ticket has changed since %s", SYSTEM, first.date().isoformat())

    def _accounts(self, name: str) -> Mapping[str, str]:
        """The product's account id of each company, by the company's id."""
        known = self._client.properties("companies")
        if (key := spelling(name, known)) is None:
            raise NotThere(f"{unknown('companies', [name], known)} (`account:` of facts.yaml names it)", [name])
        return {str(row["id"]): as_id(property_of(row, key)) for row in matched(self._client, key, [key]).once.values()}


def _start(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day[:10]), time(), UTC)


def _account(companies: tuple[str, ...], accounts: Mapping[str, str]) -> str | None:
    """Of several companies without a primary one nobody knows which asked."""
    known = {account for company in companies if (account := accounts.get(company))}
    return known.pop() if len(known) == 1 else None


def _rows(row: Mapping[str, Any], account: str | None) -> Iterator[EventRow]:
    """The ticket, then its categories, all of the moment it was opened."""
    said, of = row["properties"], f"ticket:{row['id']}"
    common = {"channel": said.get("source_type"), "priority": said.get(PRIORITY)}
    yield EventRow(of, OPENED, said["createdate"], account, None, common)
    for category in _several(said.get(CATEGORY)):
        yield EventRow(f"{of}:tag:{category}", TAGGED, said["createdate"], account, None, {**common, "tag": category})
