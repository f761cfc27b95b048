"""Creates records that carry our key, once each; finds them again by it; and finds the people to give them to.

Where the org has the key field (text, External ID, Unique) the key is stored there, and Salesforce itself refuses a
second record with it. Where the field is not unique, creating is an upsert after a look at what is there. Where it
has not, the key stands in the last line of the description, and what is there is looked up before anything is created.
Long text cannot be filtered by in SOQL, so that way reads the recent records of the accounts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from simple_salesforce.format import format_soql

from expansion.contract import Piece, Refused, Reply, TryLater
from integrations.kit.batches import chunks, in_calls
from integrations.kit.keyed import Draft, Keyed
from integrations.salesforce import meanings as errors
from integrations.salesforce.client import Client
from integrations.salesforce.fields import spelling
from integrations.salesforce.values import record_type, written

KEYS_PER_QUERY = 100  # a key is 64 characters and the URI may have 16,384 bytes: 431 beyond
LONGEST_NOTES = 32_000  # Description of Task and Opportunity
MARKER = "Reference: "
CLOCKS_DIFFER = timedelta(days=1)

NO_OWNER = "the owner is not an active user in Salesforce; given to SALESFORCE_FALLBACK_OWNER"


@dataclass(frozen=True)
class Kind:
    """A kind of record that carries our key."""

    sobject: str
    about: str  # the field that holds the account's id
    key_field: str


class Records(Keyed[Draft]):
    """One kind of record in one org."""

    def __init__(self, client: Client, kind: Kind, owners: Owners) -> None:
        self._client, self._kind, self._owners = client, kind, owners

    @property
    def _key_field(self) -> str:
        """As Salesforce spells it, whatever the case of the setting."""
        return spelling(self._kind.key_field, self._client.fields(self._kind.sobject)) or self._kind.key_field

    def has_key_field(self) -> bool:
        field = self._client.fields(self._kind.sobject).get(self._key_field)
        return bool(field and field.get("externalId") and field.get("createable"))

    def is_unique(self) -> bool:
        """Whether Salesforce refuses a second record with the same key: then nothing has to be looked up before."""
        fields = self._client.fields(self._kind.sobject)
        return self.has_key_field() and bool(fields[self._key_field].get("unique"))

    def learn(self, emails: Sequence[str]) -> None:
        """Learn what fields there are and who the owners are, in one call where neither is known."""
        self._owners.learn(emails, describing=self._kind.sobject)

    # --- what is there ---

    def existing(self, pieces: Sequence[Piece]) -> dict[str, str]:
        """The record ids of the pieces that are there already, by key."""
        found: dict[str, str] = {}
        for some in chunks(pieces, KEYS_PER_QUERY):
            found |= self._by_field(some) if self.has_key_field() else self._by_marker(some)
        return found

    def _by_field(self, pieces: Sequence[Piece]) -> dict[str, str]:
        field = self._key_field
        soql = f"SELECT Id, {field} FROM {self._kind.sobject} WHERE {field} IN {{}}"  # noqa: S608
        rows = self._client.query(format_soql(soql, sorted({piece.key for piece in pieces})))
        return {str(row[field]).lower(): row["Id"] for row in rows}

    def _by_marker(self, pieces: Sequence[Piece]) -> dict[str, str]:
        accounts = sorted({a for piece in pieces if (a := account_of(piece)) and a.isalnum()})
        if not accounts:
            return {}
        kind = self._kind
        soql = f"SELECT Id, Description FROM {kind.sobject} WHERE {kind.about} IN {{}} AND CreatedDate >= {{}}"  # noqa: S608
        since = min([piece.fired_at for piece in pieces] + [datetime.now(UTC)]) - CLOCKS_DIFFER
        rows = self._client.query(format_soql(soql, accounts, since))
        return {key: row["Id"] for row in rows if (key := _marked(row.get("Description")))}

    def link(self, thing: str) -> str:
        return self._client.link(self._kind.sobject, thing)

    # --- creating ---

    def more(self, fields: Mapping[str, Any], record_type_named: str | None) -> dict[str, Any]:
        """What the playbook gives besides, of the types that its fields have."""
        kind = record_type(self._client, self._kind.sobject, record_type_named) if record_type_named else {}
        return written(self._client, self._kind.sobject, fields) | kind

    def create(self, drafts: Sequence[Draft]) -> list[Reply]:
        """One reply per draft, in order."""
        keyed = bool(drafts) and self.has_key_field()
        upsert = keyed and not self.is_unique()

        def send(some: Sequence[Draft]) -> list[Reply]:
            body = {"allOrNone": False, "records": [self._record(draft, keyed) for draft in some]}
            path = f"composite/sobjects/{self._kind.sobject}/{self._key_field}" if upsert else "composite/sobjects"
            results = errors.results(self._client.once("PATCH" if upsert else "POST", path, body), len(some))
            twice = [draft.piece for draft, result in zip(some, results, strict=True) if _is_twice(result)]
            there = self.existing(twice) if twice else {}
            return [self._reply(draft, result, there) for draft, result in zip(some, results, strict=True)]

        return in_calls(self._client.retry, drafts, errors.COLLECTION, send, repeatable=keyed, look=self.look)

    def _record(self, draft: Draft, keyed: bool) -> dict[str, Any]:
        record = {"attributes": {"type": self._kind.sobject}, **draft.record}
        if keyed:
            return record | {self._key_field: draft.piece.key}
        return record | {"Description": _with_marker(str(record.get("Description") or ""), draft.piece.key)}

    def _reply(self, draft: Draft, result: Mapping[str, Any], there: Mapping[str, str]) -> Reply:
        """What one record's result means. `there`: the records that stood in the way, by key."""
        if result.get("success"):
            return self.done(str(result["id"]), already=result.get("created") is False, note=draft.note)
        found = result.get("errors") or ()
        if "INACTIVE_OWNER_OR_USER" in _codes(result) and self._owners.replace(draft):
            return TryLater(f"{errors.SYSTEM}: the owner has just been deactivated")
        if _is_twice(result) and draft.piece.key in there:
            return self.done(there[draft.piece.key], already=True)
        return errors.of_record(found)


class Owners:
    """Turns an e-mail address into the id of an active user; remembers what it found."""

    def __init__(self, client: Client, fallback: str | None) -> None:
        self._client, self._fallback = client, fallback.lower() if fallback else None
        self._ids: dict[str, str | None] = {}

    def learn(self, emails: Sequence[str], describing: str | None = None) -> None:
        """Look up those not known yet, and the fallback, in one query; see Client.query for `describing`."""
        wanted = {email.lower() for email in emails} | ({self._fallback} if self._fallback else set())
        for some in chunks(sorted(wanted - self._ids.keys()), KEYS_PER_QUERY):
            soql = "SELECT Id, Email, Username FROM User WHERE IsActive = true AND Email IN {}"
            rows = self._client.query(format_soql(soql, list(some)), describing)
            # Two users may share an address; the one that signs in with it is meant. The list is in a fixed order.
            rows.sort(key=lambda row: (str(row.get("Username")).lower() != str(row["Email"]).lower(), row["Id"]))
            found: dict[str, str | None] = dict.fromkeys(some)
            for row in reversed(rows):
                found[str(row["Email"]).lower()] = row["Id"]
            self._ids |= found

    def of(self, email: str) -> tuple[str, str | None]:
        """The user's id and, where it is the fallback's, a note. Refused where there is neither."""
        if user_id := self._ids.get(email.lower()):
            return user_id, None
        if user_id := self.fallback():
            return user_id, NO_OWNER
        raise Refused(
            f"{errors.SYSTEM} has no active user for the owner; activate one with that e-mail address, "
            "or set SALESFORCE_FALLBACK_OWNER to somebody who is active"
        )

    def fallback(self) -> str | None:
        return self._ids.get(self._fallback) if self._fallback else None

    def replace(self, draft: Draft) -> bool:
        """The owner was deactivated between looking up and writing: forget it, use the fallback if there is one."""
        gone = draft.record.get("OwnerId")
        self._ids = {email: user_id for email, user_id in self._ids.items() if user_id != gone}
        instead = self.fallback()
        if instead is None:
            return False
        draft.record["OwnerId"], draft.note = instead, NO_OWNER
        return True


def _codes(result: Mapping[str, Any]) -> set[str]:
    return {str(error.get("statusCode")) for error in result.get("errors") or () if isinstance(error, dict)}


def _is_twice(result: Mapping[str, Any]) -> bool:
    """Another record has the key: a call that broke off was carried out after all."""
    return not result.get("success") and "DUPLICATE_VALUE" in _codes(result)


def account_of(piece: Piece) -> str | None:
    return piece.account.remote_ids.get("salesforce")


def _with_marker(text: str, key: str) -> str:
    line = f"{MARKER}{key}"
    return f"{text[: LONGEST_NOTES - len(line) - 2]}\n\n{line}".lstrip()


def _marked(description: Any) -> str | None:
    last = str(description or "").rstrip().rsplit("\n", 1)[-1]
    return last.removeprefix(MARKER).strip() if last.startswith(MARKER) else None
