"""Zendesk: how many tickets of an organization are open now, and how many of them are urgent.

Counted here, from one search for all open tickets: a count for each organization would be a call each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from expansion.contract import FactRecord, NotThere, Refused
from integrations.kit.accounts import one_each
from integrations.kit.declare import SourceBase
from integrations.kit.shapes import reads
from integrations.zendesk.client import Client

KEY = "external_id"  # the product's own id of an account
NAME, OPEN, URGENT = "name", "open_tickets", "urgent_tickets"


@reads("Zendesk")
class Organizations(SourceBase):
    """`open_tickets` and `urgent_tickets`: 0 where there is none; and the organization's `name`."""

    name: ClassVar[str] = "zendesk.organization"
    title: ClassVar[str] = "Open and urgent tickets of an account's organization"
    gives: ClassVar[frozenset[str]] = frozenset({"facts"})
    full: ClassVar[frozenset[str]] = frozenset({"facts"})

    def __init__(self, client: Client) -> None:
        self._client = client

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        """Nothing is yielded before all is read."""
        if missing := [field for field in fields if field not in (NAME, OPEN, URGENT)]:
            named = " and ".join(f"`{field}`" for field in missing)
            said = f"Zendesk gives no {named} of organizations; it gives `{NAME}`, `{OPEN}` and `{URGENT}`"
            raise NotThere(said, missing)
        rows = list(self._client.organizations())
        if not rows:
            raise Refused("Zendesk, reading organizations: there is not one; check ZENDESK_SUBDOMAIN")
        tickets = {ticket["id"]: ticket for ticket in self._client.open_tickets()}  # one may come on two pages
        every, urgent = _counted(tickets.values(), ""), _counted(tickets.values(), "urgent")
        found = one_each("Zendesk", KEY, ((row.get(KEY), row) for row in rows), record="id")
        yield from (FactRecord(self.name, account, {}, is_twice=True) for account in found.twice)
        for account, row in found.once.items():
            known = {NAME: row.get("name"), OPEN: every[row["id"]], URGENT: urgent[row["id"]]}
            yield FactRecord(self.name, account, {field: known[field] for field in fields}, remote_id=str(row["id"]))


def _counted(tickets: Any, priority: str) -> Mapping[Any, int]:
    """How many of each organization."""
    return Counter(one.get("organization_id") for one in tickets if not priority or one.get("priority") == priority)
