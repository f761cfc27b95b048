"""Intercom: make people eligible for a Series, and send events about them.

Intercom has no call that enrols anyone in a Series, and none that tells who is in one. The action makes each contact
match the entry rule that a person gave the Series (a tag, an attribute or an event) and says "eligible", no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from expansion.contract import Done, Failure, Made, Piece, Refused, Standing
from expansion.fields import Person
from integrations.intercom.client import Api, Contact
from integrations.intercom.inputs import EnrolInSeries, SendEvent
from integrations.intercom.take_back import standing
from integrations.kit.people import Found, ReachesPeople, are, find_people, for_each, people_text
from integrations.kit.shapes import reads

HOURLY = "Intercom evaluates entry rules about once an hour"  # intercom.com/help article 8780861


_KNOWN_BY = "their user ids must be the external ids of contacts, or their e-mail addresses those of exactly one"


class _IntercomAction(ReachesPeople):
    system = "Intercom"
    repeatable = True

    def __init__(self, api: Api) -> None:
        self._api = api

    def _found(self, people: str | list[Person]) -> Found[Contact]:
        return find_people(self.system, people, self._api.contact, _KNOWN_BY)


@reads("Intercom")
class EnrolInSeriesAction(_IntercomAction):
    """Makes people match the entry rule of a series."""

    name = "intercom.enrol_in_series"
    title = "Make people eligible for an Intercom series"
    input_model = EnrolInSeries
    offers = frozenset({"take_back", "leavers"})
    keeps = frozenset({"attribute", "event"})
    followed_by = "intercom.take_back"
    note = f"The series must be live with that entry rule. {HOURLY}, and tells nobody who is in a series."

    def do(self, piece: Piece) -> Done:
        wanted = piece.input
        assert isinstance(wanted, EnrolInSeries)
        found = self._found(wanted.people)
        found, rule, changed = self._match(found, wanted, piece.fired_at)
        eligible = f"{people_text(len(found.known))} eligible for the series {wanted.series} by {rule}; {HOURLY}"
        note = "; ".join([eligible, *found.notes(), *_unsubscribed(found)])
        return Done(found.remote_id, self._api.link(found.known[0]), note, already=not changed)

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        return [standing(self._api, one) for one in made]

    def _match(
        self, found: Found[Contact], wanted: EnrolInSeries, fired_at: datetime
    ) -> tuple[Found[Contact], str, bool]:
        """Who matches now, the rule in words, and whether anybody is new to it."""
        if (event := wanted.event) is not None:
            found, _ = for_each(found, lambda contact: self._api.send_event(contact, event, fired_at, {}))
            return found, f"the event {event}", True
        if wanted.attribute is not None:
            if not wanted.attribute:  # its value is left out where it is not known
                raise Refused("Intercom: the value of the attribute is not known for this account, so nobody got it")
            [(name, value)] = wanted.attribute.items()
            found, changed = for_each(found, lambda contact: self._api.set_attribute(contact, name, value))
            return found, f"the attribute {name}", any(changed)
        tag = wanted.tag or f"expansion:{wanted.series}"
        found, changed = for_each(found, lambda contact: self._api.tag(contact, tag))
        return found, f"the tag {tag}", any(changed)


@reads("Intercom")
class SendEventAction(_IntercomAction):
    """Sends one event per person."""

    name = "intercom.send_event"
    title = "Send an event about people to Intercom"
    input_model = SendEvent
    note = "Sent twice, it counts once: Intercom tells events apart by person, name and second."

    def do(self, piece: Piece) -> Done:
        wanted = piece.input
        assert isinstance(wanted, SendEvent)
        found = self._found(wanted.people)
        found, _ = for_each(
            found, lambda contact: self._api.send_event(contact, wanted.event, piece.fired_at, wanted.metadata)
        )
        note = "; ".join([f"sent for {people_text(len(found.known))}", *found.notes(), *_unsubscribed(found)])
        return Done(found.remote_id, self._api.link(found.known[0]), note)


def _unsubscribed(found: Found[Contact]) -> list[str]:
    silent = sum(contact.unsubscribed for contact in found.known)
    return [f"{silent} {are(silent)} unsubscribed from e-mail"] if silent else []
