"""Sequences: who may send them, who is in one, and that nobody is in two at a time.

The sentences of refusals are those that others have met; HubSpot documents none.
"""

from __future__ import annotations

from typing import Any

from sandbox.hubspot.portal import Portal, Record, now
from sandbox.hubspot.refusals import Invalid


class Sequences:
    """`inboxes`: the addresses whose users have connected theirs; None: all have. What a contact's properties say of
    it follows late: `follows` False, and not at all."""

    def __init__(self, portal: Portal) -> None:
        self._portal, self._state = portal, portal.state
        self.inboxes: set[str] | None = None
        self.follows = True

    def load(self, sequences: list[Record]) -> None:
        for one in sequences:
            self._state.put("hubspot.sequences", str(one["id"]), one | {"id": str(one["id"])})

    def all(self) -> list[Record]:
        made = "2024-01-01T00:00:00.000Z"
        return [{"createdAt": made, "updatedAt": made} | one for one in self._state.all("hubspot.sequences")]

    def user(self, number: str | None) -> Record:
        """The owner who is that user."""
        for owner in self._portal.all("owners"):
            if str(owner["userId"]) == number and not owner["archived"]:
                return owner
        raise Invalid("", f"User {number} is not a user of this portal")

    def enrol(self, user: str | None, body: Record) -> Record:
        owner, contact = self.user(user), str(body.get("contactId"))
        if missing := [name for name in ("sequenceId", "contactId", "senderEmail") if not body.get(name)]:
            raise Invalid("INVALID_JSON", f"Invalid input JSON: Some required fields were not set: {missing}")
        sequence = self._state.get("hubspot.sequences", str(body["sequenceId"]))
        person = self._portal.get("contacts", contact)
        if sequence is None or person is None:
            raise Invalid("", "resource not found", "OBJECT_NOT_FOUND")
        self._refuse_sender(owner, str(body["senderEmail"]))
        if self._state.get("hubspot.enrolments", contact):
            raise Invalid("", "Contact already enrolled in a sequence")
        return self._put(contact, person, sequence, owner)

    def of(self, contact: str) -> Record:
        found = self._state.get("hubspot.enrolments", contact)
        if found is None:
            raise Invalid("", "resource not found", "OBJECT_NOT_FOUND")
        return found

    def _refuse_sender(self, owner: Record, sender: str) -> None:
        connected = self.inboxes is None or sender.lower() in self.inboxes
        if sender.lower() != owner["email"].lower() or not connected:
            raise Invalid("", f"User {owner['userId']} has no connected inboxes for specified user email")

    def _put(self, contact: str, person: Record, sequence: Record, owner: Record) -> Record:
        at, number = now(), str(self._state.next_id("hubspot.enrolments"))
        lite = {"id": number, "toEmail": person["properties"]["email"], "enrolledAt": at, "updatedAt": at}
        by = {"enrolledBy": str(owner["userId"]), "enrolledByEmail": owner["email"]}
        of: Record = {"sequenceId": sequence["id"], "sequenceName": sequence["name"]}
        self._state.put("hubspot.enrolments", contact, lite | by | of)
        if self.follows:
            latest = {"hs_latest_sequence_enrolled": sequence["id"], "hs_latest_sequence_enrolled_date": at}
            self._portal.put("contacts", person | {"properties": person["properties"] | latest})
        self._state.applied("hubspot", "enrol", f"{contact}|{sequence['name']}")
        return lite

    def items(self) -> list[tuple[str, Any]]:
        return self._state.items("hubspot.enrolments")
