"""Companies in HubSpot: what the CRM knows of them, setting properties on them, and the people who own them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from expansion.contract import Done, FactRecord, Piece, Refused, Reply
from integrations import _hubspot_errors as errors
from integrations._accounts import one_each
from integrations._batches import in_calls, rounds
from integrations._said import moment
from integrations._shapes import reads
from integrations.base import SourceBase

if TYPE_CHECKING:
    from integrations._hubspot_client import Client

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
        """One record per company that carries the product's account id; nothing is yielded before all is read."""
        names = [name for name in dict.fromkeys(fields) if name != OWNER_EMAIL]
        self._refuse_unknown([self._key, *names])
        asked = dict.fromkeys([self._key, *names, *(["hubspot_owner_id"] if OWNER_EMAIL in fields else [])])
        path = f"/crm/objects/{self._client.version}/companies"
        rows = list(self._client.pages(path, {"properties": ",".join(asked), "archived": "false"}))
        emails = self._owners.emails() if OWNER_EMAIL in fields else {}
        keyed = ((key, row) for row in rows if (key := _property(row, self._key)))
        found = one_each(SYSTEM, self._key, keyed)
        yield from (FactRecord(self.name, account_id, {}, is_twice=True) for account_id in found.twice)
        moments = self._client.properties("companies")
        days = {name for name in names if moments[name].get("type") == "datetime"}
        for account_id, row in found.once.items():
            values = {name: _day(_property(row, name)) if name in days else _property(row, name) for name in names}
            # A company's properties have been so since it was last updated.
            yield FactRecord(self.name, account_id, values, remote_id=str(row["id"]), at=moment(row.get("updatedAt")))
            if OWNER_EMAIL in fields:
                email = emails.get(str(_property(row, "hubspot_owner_id")))
                yield FactRecord(self.name, account_id, {OWNER_EMAIL: email})

    def _refuse_unknown(self, names: Sequence[str]) -> None:
        """A list leaves out, without a word, what is no property; a typo would be a fact unknown for ever."""
        known = self._client.properties("companies")
        if missing := [name for name in names if name not in known]:
            named = ", ".join(f"`{name}`" for name in missing)
            raise Refused(f"{SYSTEM}: companies have no property {named}; use the internal name, as in its settings")


def _day(value: Any) -> Any:
    """A day that is kept as a moment is midnight UTC of it; in the product's zone that would be the day before."""
    return value[:10] if isinstance(value, str) and _MIDNIGHT.fullmatch(value) else value


class Owners:
    """Turns an e-mail address into an owner's number, not the user's; remembers what it found."""

    def __init__(self, client: Client, fallback: str | None) -> None:
        self._client, self._fallback = client, fallback.lower() if fallback else None
        self._path = f"/crm/owners/{client.version}"
        self._ids: dict[str, str | None] = {}

    def of(self, email: str) -> tuple[str, str | None]:
        """The number and, where it is the fallback's, a note. Refused where there is neither."""
        if number := self._number(email.lower()):
            return number, None
        if number := self.fallback():
            return number, NO_OWNER
        raise Refused(
            f"{SYSTEM} has no active user for the owner; activate one with that e-mail address, "
            "or set HUBSPOT_FALLBACK_OWNER to somebody who is active"
        )

    def fallback(self) -> str | None:
        return self._number(self._fallback) if self._fallback else None

    def emails(self) -> dict[str, str]:
        """Every active owner's e-mail address, by number."""
        return {str(row["id"]): str(row.get("email") or "") for row in self._client.pages(self._path, {})}

    def _number(self, email: str) -> str | None:
        if email not in self._ids:
            rows = list(self._client.pages(self._path, {"email": email, "archived": "false"}))
            mine = [row for row in rows if str(row.get("email", "")).lower() == email and not row.get("archived")]
            self._ids[email] = str(mine[0]["id"]) if mine else None
        return self._ids[email]


class CompanyUpdates:
    """Sets properties of companies; setting them twice is the same as once."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(self, changes: Sequence[tuple[int, str, dict[str, str]]]) -> dict[int, Reply]:
        """A reply by number. Two changes of one company go in two calls, in their order: HubSpot refuses twins."""
        replies: dict[int, Reply] = {}
        for some in rounds(changes, BATCH, same=lambda change: change[1]):
            made = in_calls(self._client.retry, some, BATCH, self._call, repeatable=True)
            replies |= {change[0]: reply for change, reply in zip(some, made, strict=True)}
        return replies

    def _call(self, changes: Sequence[tuple[int, str, dict[str, str]]]) -> list[Reply]:
        inputs = [
            {"id": company, "objectWriteTraceId": str(number), "properties": properties}
            for number, company, properties in changes
        ]
        reply = self._client.once(
            "POST", f"/crm/objects/{self._client.version}/companies/batch/update", {"inputs": inputs}
        )
        done, refused = {str(row["id"]) for row in errors.results(reply)}, errors.refusals(reply)
        return [
            Done(company, self._client.link("companies", company))
            if company in done
            else refused.get(str(number)) or Refused(f"{SYSTEM}: {errors.REFUSED['OBJECT_NOT_FOUND']}")
            for number, company, _ in changes
        ]


def company_of(piece: Piece) -> str:
    """The company's number in HubSpot. Refused where it is not known."""
    found = piece.account.remote_ids.get("hubspot")
    if found and found.isdigit():
        return found
    raise Refused(
        f"{piece.account.name} is not in {SYSTEM}, or not matched: put the product's account id "
        f"`{piece.account.account_id}` into the company's key property there (HUBSPOT_ACCOUNT_KEY_PROPERTY)"
    )


def _property(row: Mapping[str, Any], name: str) -> Any:
    properties = row.get("properties")
    return properties.get(name) if isinstance(properties, Mapping) else None
