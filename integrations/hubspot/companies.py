"""Companies in HubSpot: what the CRM knows of them, setting properties on them, and the people who own them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from expansion.contract import FactRecord, Failure, NotThere, Piece, Refused, Wanted
from integrations.hubspot import meanings as errors
from integrations.hubspot.money import Purse
from integrations.hubspot.values import Properties, holds, spelling, unknown
from integrations.kit.accounts import Matched, one_each
from integrations.kit.declare import Finding, SourceBase
from integrations.kit.said import moment
from integrations.kit.shapes import reads
from integrations.kit.units import misfits

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

log = logging.getLogger(__name__)
SYSTEM = errors.SYSTEM
BATCH = 100
OWNER_EMAIL = "owner_email"
_MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\dT00:00(:00(\.0+)?)?(Z|\+00:00)")
NO_COMPANY = "it stands on no company: HubSpot does not have the one it belongs to any more"
NO_OWNER = "the owner is not an active user in HubSpot; given to HUBSPOT_FALLBACK_OWNER"


@reads("HubSpot")
class CompanySource(SourceBase):
    """Properties of companies, as text, the way HubSpot keeps them; and one that HubSpot has not: `owner_email`."""

    name = "hubspot.company"
    title = "Company properties in HubSpot, also `owner_email`"
    gives = frozenset({"facts"})
    full = frozenset({"facts"})

    def __init__(self, client: Client, owners: Owners, key_property: str) -> None:
        self._client, self._owners, self._key = client, owners, key_property

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        return self.wanted(Wanted(dict.fromkeys(fields, frozenset()), datetime.now(UTC)))

    def wanted(self, wanted: Wanted) -> Iterator[FactRecord]:
        """One record per company that carries the product's account id; nothing is yielded before all is read."""
        names, purse = self._names(wanted), Purse(self._client, wanted)
        known = self._client.properties("companies")
        key = key_property(self._key, known)
        has_owner = OWNER_EMAIL in wanted.fields
        codes = purse.codes(known[name] for name in names.values())
        asked = dict.fromkeys([key, *names.values(), *codes, *(["hubspot_owner_id"] if has_owner else [])])
        found = matched(self._client, key, list(asked))
        emails = self._owners.emails() if has_owner else {}
        yield from (FactRecord(self.name, account_id, {}, is_twice=True) for account_id in found.twice)
        for account_id, row in found.once.items():
            values = {
                said: purse.read(said, known[name], row, day_of(known[name], property_of(row, name)))
                for said, name in names.items()
            }
            # A company's properties have been so since it was last updated.
            yield FactRecord(self.name, account_id, values, remote_id=str(row["id"]), at=moment(row.get("updatedAt")))
            if has_owner:
                email = emails.get(str(property_of(row, "hubspot_owner_id")))
                yield FactRecord(self.name, account_id, {OWNER_EMAIL: email})
        purse.say()
        for finding in self._misfits(names, wanted):
            log.warning("%s: %s; %s", SYSTEM, finding.what, finding.remedy)

    def contradictions(self, wanted: Wanted) -> list[Finding]:
        try:
            names = self._names(wanted)
            return [*self._misfits(names, wanted), *Purse(self._client, wanted).findings(names)]
        except Failure as failure:
            return [Finding("properties that facts.yaml names", False, str(failure))]

    def _names(self, wanted: Wanted) -> dict[str, str]:
        """Each name asked for, with the internal one. A list leaves out, without a word, what is no property; a typo
        would be a fact unknown for ever."""
        known = self._client.properties("companies")
        found = {name: spelling(name, known) for name in wanted.fields if name != OWNER_EMAIL}
        if missing := [name for name, there in found.items() if there is None]:
            raise NotThere(str(unknown("companies", missing, known)), missing)
        return {name: there for name, there in found.items() if there is not None}

    def _misfits(self, names: Mapping[str, str], wanted: Wanted) -> Iterator[Finding]:
        known = self._client.properties("companies")
        for said, name in names.items():
            yield from misfits(said, holds(known[name]), wanted.kinds[said])


def key_property(name: str, known: Properties) -> str:
    """The company property with the product's account id, as HubSpot spells it. Raises Refused where there is none."""
    if (found := spelling(name, known)) is None:
        raise Refused(f"{unknown('companies', [name], known)} (HUBSPOT_ACCOUNT_KEY_PROPERTY names it)")
    return found


def matched(client: Client, key: str, properties: Sequence[str]) -> Matched:
    """All companies with a product's account id in `key`, with these properties; all are read before any is given."""
    path = f"/crm/objects/{client.version}/companies"
    rows = list(client.pages(path, {"properties": ",".join(properties), "archived": "false"}))
    keyed = ((key_of, row) for row in rows if (key_of := property_of(row, key)))
    return one_each(SYSTEM, key, keyed, record="id")


def day_of(described: Mapping[str, Any], value: Any) -> Any:
    """A day that is kept as a moment is midnight UTC of it; in the product's zone that would be the day before."""
    if described.get("type") != "datetime":
        return value
    return value[:10] if isinstance(value, str) and _MIDNIGHT.fullmatch(value) else value


class Owners:
    """Turns an e-mail address into an owner's number, which is not the user's; remembers what it found."""

    def __init__(self, client: Client, fallback: str | None) -> None:
        self._client, self._fallback = client, fallback.lower() if fallback else None
        self._path = f"/crm/owners/{client.version}"
        self._rows: dict[str, Mapping[str, Any] | None] = {}

    def of(self, email: str) -> tuple[str, str | None]:
        """The number and, where it is the fallback's, a note. Refused where there is neither."""
        row, note = self._one(email)
        return str(row["id"]), note

    def user(self, email: str) -> tuple[str, str, str | None]:
        """The number of the user, not of the owner; the address, and where it is the fallback's, a note."""
        row, note = self._one(email)
        return str(row["userId"]), str(row["email"]), note

    def fallback(self) -> str | None:
        row = self._row(self._fallback) if self._fallback else None
        return str(row["id"]) if row else None

    def emails(self) -> dict[str, str]:
        """Every active owner's e-mail address, by number."""
        return {str(row["id"]): str(row.get("email") or "") for row in self._client.pages(self._path, {})}

    def _one(self, email: str) -> tuple[Mapping[str, Any], str | None]:
        if row := self._row(email.lower()):
            return row, None
        if self._fallback and (row := self._row(self._fallback)):
            return row, NO_OWNER
        raise Refused(
            f"{SYSTEM} has no active user for the owner; activate one with that e-mail address, "
            "or set HUBSPOT_FALLBACK_OWNER to somebody who is active"
        )

    def _row(self, email: str) -> Mapping[str, Any] | None:
        if email not in self._rows:
            rows = list(self._client.pages(self._path, {"email": email, "archived": "false"}))
            mine = [row for row in rows if str(row.get("email", "")).lower() == email and not row.get("archived")]
            self._rows[email] = mine[0] if mine else None
        return self._rows[email]


def company_of(piece: Piece) -> str:
    """The company's number in HubSpot. Refused where it is not known."""
    found = piece.account.remote_ids.get("hubspot")
    if found and found.isdigit():
        return found
    raise Refused(
        f"{piece.account.name} is not in {SYSTEM}, or not matched: put the product's account id "
        f"`{piece.account.account_id}` into the company's key property there (HUBSPOT_ACCOUNT_KEY_PROPERTY)"
    )


def property_of(row: Mapping[str, Any], name: str) -> Any:
    properties = row.get("properties")
    return properties.get(name) if isinstance(properties, Mapping) else None
