"""Creates tasks and deals that carry our key, once each, on their companies; and finds them again by it.

How far that goes depends on the property for the key (HUBSPOT_TASK_KEY_PROPERTY, _DEAL_) in the portal:
- unique: HubSpot refuses a second one, and reading by the key is exact;
- there, but not unique: it is searched for, and search shows a record only some seconds after it was made;
- not there: a record whose fate is unknown cannot be looked up, and a person has to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from expansion.contract import Done, Failure, Piece, Refused, Reply, TryLater
from integrations.hubspot import meanings as errors
from integrations.hubspot.client import Client
from integrations.hubspot.companies import NO_COMPANY, company_of
from integrations.hubspot.kinds import Kind
from integrations.hubspot.meanings import refusals, results
from integrations.hubspot.values import written
from integrations.kit.batches import chunks, in_calls
from integrations.kit.keyed import Draft, Keyed

SYSTEM = errors.SYSTEM
BATCH = 100  # inputs per call
KEYS_PER_SEARCH = 30  # a search may have 3,000 characters
SEARCH_LAG = 30.0  # seconds; 5 to 10 are usual after a create
MORNING = time(8)

Way = Literal["unique", "searched", "none"]


@dataclass
class RecordDraft(Draft):
    """A record about to be created for a piece, and the company that it stands on."""

    company: str | None = None


class Records(Keyed[RecordDraft]):
    """The tasks, or the deals, of one portal."""

    def __init__(self, client: Client, kind: Kind, key_property: str) -> None:
        self._client, self._kind, self._key = client, kind, key_property
        self._path = f"/crm/objects/{client.version}/{kind.many}"
        self._made: dict[str, str] = {}  # key -> id of what this process made: search may not show it yet
        self._tried: dict[str, float] = {}  # key -> when this process last tried to make it
        self._born = client.clock.monotonic()

    def way(self) -> Way:
        found = self._client.properties(self._kind.many).get(self._key)
        if found is None:
            return "none"
        return "unique" if found.get("hasUniqueValue") else "searched"

    def due(self, day: str) -> str:
        """The morning of that day where the portal is, as HubSpot has it: a moment in UTC."""
        return morning(self._client, day)

    def more(self, given: Mapping[str, Any]) -> dict[str, str]:
        """What the playbook gives besides, of the types that its properties have."""
        return written(self._kind.many, self._client.properties(self._kind.many), given) if given else {}

    def draft(self, piece: Piece, properties: dict[str, str], note: str | None) -> RecordDraft:
        return RecordDraft(piece, properties, note, company_of(piece))

    def link(self, thing: str) -> str | None:
        return self._client.link(self._kind.many, thing)

    # --- what is there ---

    def existing(self, pieces: Sequence[Piece]) -> dict[str, str]:
        """The ids of those that are there already, by key; without the property, of those made just now."""
        keys = [piece.key for piece in pieces]
        mine = {key: self._made[key] for key in keys if key in self._made}
        match self.way():
            case "unique":
                return self._read(keys)
            case "searched":
                return mine | self._search([key for key in keys if key not in mine])
        return mine

    def find(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
        """What became of them. A search that saw nothing says so only when a new record must have been visible."""
        way = self.way()
        if way == "none":
            sentence = (
                f"{SYSTEM}: {self._kind.many} cannot be looked up; create the property {self._key} with unique values"
            )
            return [Refused(f"{sentence}, and check this one by hand") for _ in pieces]
        if way == "searched":
            return self._find_by_search(pieces)
        return super().find(pieces)

    def _find_by_search(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
        """Waits for the lag once, within the policy; a `None` comes only from a search made after it."""
        found: dict[str, str] = {}
        absent: set[str] = set()

        def look() -> None:
            missing = [piece for piece in pieces if piece.key not in found]
            waits = {piece.key: self._unripe(piece) for piece in missing}
            found.update(self.existing(missing))
            absent.update(key for key, wait in waits.items() if wait <= 0 and key not in found)
            soon = [wait for key, wait in waits.items() if key not in found and key not in absent]
            if soon:
                raise TryLater(
                    f"{SYSTEM}'s search may not show the {self._kind.one} yet; too soon to tell", wait=max(soon)
                )

        def told(key: str) -> Done | None:
            return self.done(found[key], already=True) if key in found else None

        try:
            self._client.retry.run(look, repeatable=True)
        except TryLater as failure:
            return [told(p.key) if p.key in found or p.key in absent else failure for p in pieces]
        return [told(p.key) for p in pieces]

    def _unripe(self, piece: Piece) -> float:
        """Seconds until a record tried for this piece would certainly be visible.

        An attempt of another process came before this one began: it is in the ledger with a lease.
        """
        return self._tried.get(piece.key, self._born) + SEARCH_LAG - self._client.clock.monotonic()

    def _read(self, keys: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for some in chunks(keys, BATCH):
            # The published contract requires `propertiesWithHistory`, the guide leaves it out: empty fits both.
            body = {
                "idProperty": self._key,
                "inputs": [{"id": key} for key in some],
                "properties": [self._key],
                "propertiesWithHistory": [],
            }
            found |= self._by_key(results(self._client.ask(f"{self._path}/batch/read", body)))
        return found

    def _search(self, keys: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for some in chunks(keys, KEYS_PER_SEARCH):
            wanted = {"propertyName": self._key, "operator": "IN", "values": list(some)}
            body = {
                "filterGroups": [{"filters": [wanted]}],
                "properties": [self._key],
                "limit": BATCH,
                "after": "0",
                "sorts": [],
            }
            found |= self._by_key(results(self._client.ask(f"{self._path}/search", body, search=True)))
        return found

    def _by_key(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        return {str(row["properties"][self._key]): str(row["id"]) for row in rows if _has(row, self._key)}

    # --- creating ---

    def create(self, drafts: Sequence[RecordDraft]) -> list[Reply]:
        """One reply per draft, in order."""
        replies = self._create(drafts)
        if not self._kind.alone:
            return replies
        homeless = [i for i, reply in enumerate(replies) if isinstance(reply, errors.Gone) and drafts[i].company]
        for i in homeless:
            drafts[i].company = None
            drafts[i].note = "; ".join(filter(None, (drafts[i].note, NO_COMPANY)))
        for i, reply in zip(homeless, self._create([drafts[i] for i in homeless]), strict=True):
            replies[i] = reply
        return replies

    def _create(self, drafts: Sequence[RecordDraft]) -> list[Reply]:
        if not drafts:
            return []
        for draft in drafts:
            self._tried[draft.piece.key] = self._client.clock.monotonic()
        repeatable = self.way() == "unique"
        replies = in_calls(self._client.retry, drafts, BATCH, self._insert, repeatable=repeatable, look=self.look)
        self._made |= {
            draft.piece.key: reply.remote_id
            for draft, reply in zip(drafts, replies, strict=True)
            if isinstance(reply, Done)
        }
        return self._settled(drafts, replies)

    def _settled(self, drafts: Sequence[RecordDraft], replies: list[Reply]) -> list[Reply]:
        """One that HubSpot refuses to make twice is there: an earlier call was carried out late."""
        twice = [i for i, reply in enumerate(replies) if isinstance(reply, errors.Conflict)]
        if twice:
            for i, found in zip(twice, self.look([drafts[i] for i in twice]), strict=True):
                replies[i] = found or replies[i]
        return replies

    def _insert(self, drafts: Sequence[RecordDraft]) -> list[Reply]:
        """Records and their places on companies in one call: an upsert could not do both."""
        key = {} if self.way() == "none" else {self._key: True}
        types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": self._kind.to_company}]
        inputs = [
            {
                "objectWriteTraceId": draft.piece.key,
                "properties": draft.record | dict.fromkeys(key, draft.piece.key),
                "associations": [{"to": {"id": draft.company}, "types": types}] if draft.company else [],
            }
            for draft in drafts
        ]
        return self._send(drafts, inputs)

    def _send(self, drafts: Sequence[RecordDraft], inputs: list[dict[str, Any]]) -> list[Reply]:
        """One call. Results come in HubSpot's own order and are told apart by the trace id, or by the key."""
        reply = self._client.once("POST", f"{self._path}/batch/create", {"inputs": inputs})
        rows = reply.get("results")
        if not isinstance(rows, list):
            raise errors.unreadable(wrote=True)
        made = {str(row.get("objectWriteTraceId") or row["properties"].get(self._key)): row for row in rows}
        refused = refusals(reply)
        return [self._outcome(draft, made.get(draft.piece.key), refused.get(draft.piece.key)) for draft in drafts]

    def _outcome(self, draft: RecordDraft, row: Mapping[str, Any] | None, refusal: Failure | None) -> Reply:
        if row is not None:
            return self.done(str(row["id"]), already=row.get("new") is False, note=draft.note)
        return refusal or TryLater(f"{SYSTEM} does not say what became of the {self._kind.one}", maybe_done=True)


def morning(client: Client, day: str) -> str:
    """Eight o'clock of that day where the portal is: midnight in UTC would be the day before in New York."""
    try:
        zone = ZoneInfo(str(client.details().get("timeZone")))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # `America` is a folder
        zone = ZoneInfo("UTC")
    moment = datetime.combine(date.fromisoformat(day), MORNING, zone).astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")


def _has(row: Mapping[str, Any], name: str) -> bool:
    return isinstance(row.get("properties"), Mapping) and bool(row["properties"].get(name))
