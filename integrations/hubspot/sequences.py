"""Enrols people in sequences: e-mails and tasks in the name of the account's owner.

HubSpot has no call that takes anybody out again, and keeps a contact in one sequence at a time: who is in another one
is left there. developers.hubspot.com, "Sequences"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from expansion.contract import Done, Failure, Piece, Refused
from integrations.hubspot.companies import Owners
from integrations.hubspot.contacts import Contact, contacts_of
from integrations.hubspot.inputs import EnrolInSequence
from integrations.hubspot.meanings import SYSTEM, Enrolled
from integrations.kit.people import ReachesPeople, for_each, people_text
from integrations.kit.shapes import reading, reads

if TYPE_CHECKING:
    from integrations.hubspot.client import Client


@reads("HubSpot")
class EnrolInSequenceAction(ReachesPeople):
    """One sequence, and the people of one account."""

    name = "hubspot.enrol_in_sequence"
    title = "Enrol people in a sequence in HubSpot"
    input_model = EnrolInSequence
    system = SYSTEM
    repeatable = True  # HubSpot refuses who is in a sequence, and who was put into this one since is not put in again
    note = (
        "The sender needs a seat of Sales or Service Hub and a connected inbox. HubSpot has no call that takes people "
        "out again; a reply does. Who is in another sequence stays there, and is counted."
    )

    def __init__(self, client: Client, owners: Owners) -> None:
        self._client, self._owners = client, owners
        self._path = f"/automation/sequences/{client.version}"

    def do(self, piece: Piece) -> Done:
        wanted = cast(EnrolInSequence, piece.input)
        found = contacts_of(self._client, wanted.people)
        user, sender, note = self._owners.user(wanted.sender)
        sequence = self._sequence(wanted.sequence, user)

        def enrol(contact: Contact) -> bool:
            """Whether it is new to it."""
            if contact.sequence == sequence and contact.since and contact.since >= piece.fired_at:
                return False
            return self._enrol(contact.id, sequence, user, sender)

        found, new = for_each(found, enrol)
        enrolled = f"{people_text(len(found.known))} in the sequence {wanted.sequence}"
        notes = "; ".join([enrolled, *found.notes(), *([note] if note else [])])
        return Done(found.remote_id, self._client.link("contacts", found.known[0].id), notes, already=not any(new))

    def _enrol(self, contact: str, sequence: str, user: str, sender: str) -> bool:
        body = {"sequenceId": sequence, "contactId": contact, "senderEmail": sender}

        def once() -> None:
            said = self._client.once("POST", f"{self._path}/enrollments", body, query={"userId": user})
            with reading(SYSTEM, wrote=True):
                str(said["id"])

        try:
            self._client.retry.run(once, repeatable=False)
        except Enrolled:
            if self._is_in(contact) != sequence:
                raise
            return False  # by an attempt of which no reply came
        return True

    def _is_in(self, contact: str) -> str:
        """The sequence that a contact is in, of whom HubSpot has just said that it is in one."""
        try:
            return str(self._client.read(f"{self._path}/enrollments/contact/{contact}")["sequenceId"])
        except Refused as gone:  # it was taken out meanwhile
            raise Enrolled(str(gone)) from gone
        except Failure as unseen:
            unseen.maybe_done = True
            raise

    def _sequence(self, asked: str, user: str) -> str:
        """Its id; by its name, among those that this user may see. Refused where it is none, or one of several."""
        if asked.strip().isdigit():
            return asked.strip()
        named = asked.strip().casefold()
        rows = self._client.pages(self._path, {"userId": user})
        found = {str(row["id"]) for row in rows if str(row["name"]).strip().casefold() == named}
        if not found:
            raise Refused(f"{SYSTEM}: the sender may use no sequence `{asked}`; write its name or its id, and share it")
        if len(found) > 1:
            raise Refused(f"{SYSTEM}: {len(found)} sequences are called `{asked}`; write the id of one")
        return found.pop()
