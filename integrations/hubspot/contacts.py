"""Contacts in HubSpot, by their e-mail addresses: HubSpot keeps each address once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from expansion.fields import Person
from integrations.hubspot.meanings import SYSTEM, results
from integrations.kit.batches import chunks
from integrations.kit.people import Found, find_people
from integrations.kit.said import moment

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

BATCH = 100  # inputs per call
KNOWN_BY = "their e-mail addresses have to be those of contacts there"
SEQUENCE, SINCE = "hs_latest_sequence_enrolled", "hs_latest_sequence_enrolled_date"


@dataclass(frozen=True)
class Contact:
    """`sequence`: the id of the one that it was put into last, if it ever was, and `since` when."""

    id: str
    sequence: str | None = None
    since: datetime | None = None


def contacts_of(client: Client, people: str | list[Person]) -> Found[Contact]:
    """Those of these people whom HubSpot knows. Raises Refused where it knows nobody."""
    addresses = [] if isinstance(people, str) else [one.email.lower() for one in people if one.email]
    known = _by_address(client, list(dict.fromkeys(addresses)))
    return find_people(SYSTEM, people, lambda one: known.get((one.email or "").lower()), KNOWN_BY)


def _by_address(client: Client, addresses: Sequence[str]) -> dict[str, Contact]:
    found: dict[str, Contact] = {}
    for some in chunks(addresses, BATCH):
        body = {
            "idProperty": "email",
            "inputs": [{"id": one} for one in some],
            "properties": ["email", SEQUENCE, SINCE],
            "propertiesWithHistory": [],
        }
        rows = results(client.ask(f"/crm/objects/{client.version}/contacts/batch/read", body))
        for row in rows:
            told = row["properties"]
            sequence = str(told[SEQUENCE]) if told.get(SEQUENCE) else None
            found[str(told["email"]).lower()] = Contact(str(row["id"]), sequence, moment(told.get(SINCE)))
    return found
