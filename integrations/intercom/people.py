"""The people of one piece of work, as far as Intercom knows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from expansion.contract import Failure, Refused
from expansion.fields import Person
from integrations.intercom.client import Api, Contact


@dataclass(frozen=True)
class Found:
    """The people of one piece, as far as Intercom knows them."""

    contacts: tuple[Contact, ...]
    asked: int
    refused: int = 0  # known, and Intercom would not do it for them

    @property
    def remote_id(self) -> str:
        return ",".join(contact.id for contact in self.contacts)

    def notes(self) -> list[str]:
        """What people should know about who was left out; numbers, not names."""
        notes = []
        if self.refused:
            notes.append(f"{self.refused} of {self.asked} people {are(self.refused)} left out: Intercom refuses it")
        if missing := self.asked - len(self.contacts) - self.refused:
            notes.append(f"{missing} of {self.asked} people {are(missing)} not in Intercom")
        if silent := sum(contact.unsubscribed for contact in self.contacts):
            notes.append(f"{silent} {are(silent)} unsubscribed from e-mail")
        return notes


def are(count: int) -> str:
    return "is" if count == 1 else "are"


def people_text(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def found_of(api: Api, people: str | list[Person]) -> Found:
    """The contacts behind the people. Raises Refused where there is none."""
    assert not isinstance(people, str), "people are resolved before anything is delivered"
    if not people:
        raise Refused("Intercom: the people group is empty for this account, so there is nobody to reach")
    contacts = [contact for person in people if (contact := api.contact(person))]
    unique = tuple({contact.id: contact for contact in contacts}.values())
    if not unique:
        raise Refused(
            f"Intercom knows none of the {people_text(len(people))} of this account; their user ids must be the "
            "external ids of contacts, or their e-mail addresses those of exactly one"
        )
    return Found(unique, asked=len({person.user_id for person in people}))


def for_each(found: Found, act: Callable[[Contact], object]) -> tuple[Found, list[object]]:
    """Those for whom it was done, and what each call said.

    One who is refused stops no other; the refusal is raised where nobody is left. After a break, some may have it.
    """
    reached: list[Contact] = []
    said: list[object] = []
    refusal: Refused | None = None
    for contact in found.contacts:
        try:
            said.append(act(contact))
            reached.append(contact)
        except Refused as refused:
            refusal = refusal or refused
        except Failure as failure:
            failure.maybe_done = failure.maybe_done or bool(reached)
            raise
    if refusal and not reached:
        raise refusal
    return replace(found, contacts=tuple(reached), refused=len(found.contacts) - len(reached)), said
