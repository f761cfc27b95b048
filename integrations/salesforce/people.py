"""The product's people as Salesforce knows them: contacts, and leads that are no contacts yet, by e-mail address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simple_salesforce.format import format_soql

from expansion.fields import Person
from integrations.kit.batches import chunks
from integrations.salesforce.client import Client

_EMAILS = 100  # in one query: an address has up to 80 characters, and the URI may have 16,384 bytes
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Human:
    """A contact or a lead."""

    id: str
    field: str  # of a campaign member, which holds the id: `ContactId` or `LeadId`


@dataclass(frozen=True)
class Known:
    """The contacts and leads of e-mail addresses, in small letters."""

    contacts: Mapping[str, Sequence[Row]]
    leads: Mapping[str, Sequence[Row]]

    def of(self, person: Person, account: str | None) -> Human | None:
        """The contact of the account; else the only contact with the address; else a lead. Of several contacts, all of
        other accounts, nobody knows which is meant. Records of one person on one account are all that person's."""
        email = (person.email or "").lower()
        contacts = self.contacts.get(email, ())
        here = [row for row in contacts if account and row["AccountId"] == account]
        if found := here or contacts[: 1 if len(contacts) == 1 else 0]:
            return Human(str(found[0]["Id"]), "ContactId")
        leads = () if contacts else self.leads.get(email, ())
        return Human(str(leads[0]["Id"]), "LeadId") if leads else None


class People:
    """Looks people up, many in one query."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def known(self, people: Iterable[Person]) -> Known:
        """Leads are asked for where there is no contact."""
        emails = sorted({one.email.lower() for one in people if one.email})
        contacts = self._by_email("SELECT Id, Email, AccountId FROM Contact WHERE Email IN {}", emails)
        strangers = [email for email in emails if not contacts[email]]
        soql = "SELECT Id, Email FROM Lead WHERE IsConverted = false AND Email IN {}"
        return Known(contacts, self._by_email(soql, strangers))

    def _by_email(self, soql: str, emails: Sequence[str]) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {email: [] for email in emails}
        for some in chunks(emails, _EMAILS):
            for row in self._client.query(format_soql(soql, list(some))):
                found.setdefault(str(row["Email"]).lower(), []).append(row)
        return {email: sorted(rows, key=lambda row: str(row["Id"])) for email, rows in found.items()}
