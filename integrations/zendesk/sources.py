"""Zendesk: support tickets as events, and each tag of one as an event of its own.

A tag is often added hours after the ticket, and of what is pulled the first row of an id is the event: so the tags
stand in events of their own, which come whenever the tag does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Literal

from expansion.contract import EventRow
from expansion.usage.forms.cells import as_id, is_nothing
from integrations.kit.declare import SourceBase
from integrations.kit.shapes import reads
from integrations.zendesk.client import Client

OPENED, TAGGED = "Support Ticket Opened", "Support Ticket Tagged"
FIRST_PULL = timedelta(days=30)

log = logging.getLogger(__name__)
By = Mapping[Any, Mapping[str, Any]]


@reads("Zendesk")
class Tickets(SourceBase):
    """Exported by when they changed last, so that what was tagged since comes again."""

    name: ClassVar[str] = "zendesk.tickets"
    title: ClassVar[str] = "Support tickets, by tag"
    gives: ClassVar[frozenset[str]] = frozenset({"events"})
    keeps: ClassVar[Literal["what was read", "nothing"]] = "what was read"
    behind: timedelta = timedelta(minutes=2)  # an export leaves out what changed in the minute before it

    def __init__(self, client: Client) -> None:
        self._client = client

    def events(self, since: str | None, until: str, account_property: str) -> Iterator[EventRow]:
        first = _start(since) if since else _start(until) - FIRST_PULL
        count = 0
        for page in self._client.changed_tickets(int(first.timestamp())):
            people, organizations = _by_id(page.get("users")), _by_id(page.get("organizations"))
            for ticket in page["tickets"]:
                if ticket.get("status") != "deleted":
                    count += 1
                    yield from _rows(ticket, people, organizations, account_property)
        if not count:
            log.warning("Zendesk: not one ticket has changed since %s", first.date().isoformat())


def _start(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day[:10]), time(), UTC)


def _by_id(rows: Any) -> By:
    """What was loaded beside the tickets."""
    return {row["id"]: row for row in rows or []}


def _rows(ticket: Mapping[str, Any], people: By, organizations: By, account_property: str) -> Iterator[EventRow]:
    """The ticket, then its tags, all of the moment it was opened."""
    of = f"ticket:{ticket['id']}"
    at = str(ticket["created_at"])
    account = _account(organizations.get(ticket.get("organization_id")) or {}, account_property)
    person = (people.get(ticket.get("requester_id")) or {}).get("external_id")
    user = None if is_nothing(person) else as_id(person)
    common = {"channel": (ticket.get("via") or {}).get("channel"), "priority": ticket.get("priority")}
    yield EventRow(of, OPENED, at, account, user, common)
    for tag in ticket.get("tags") or []:
        yield EventRow(f"{of}:tag:{tag}", TAGGED, at, account, user, {**common, "tag": str(tag)})


def _account(organization: Mapping[str, Any], account_property: str) -> str | None:
    """The organization's field of that name, else its external id. Without either the store takes the person's."""
    given = (organization.get("organization_fields") or {}).get(account_property)
    found = organization.get("external_id") if is_nothing(given) else given
    return None if is_nothing(found) else as_id(found)
