"""Puts people into an external segment of Gainsight PX, and takes them out again.

No call of PX shows an engagement to anybody. People in the segment match an audience that asks for it, and what they
see, and when, is the engagement's business.
"""

from __future__ import annotations

from typing import cast

from expansion.contract import Done, Piece
from expansion.follow.inputs import TakeBack
from integrations.gainsight_px.client import Client
from integrations.gainsight_px.inputs import AddToSegment
from integrations.gainsight_px.meanings import SYSTEM
from integrations.kit.people import ReachesPeople, find_people, meant, people_text
from integrations.kit.shapes import reads

_KNOWN_BY = "their user ids must be the ids that your product identifies them with in PX, in the same case"


@reads(SYSTEM)
class AddToSegmentAction(ReachesPeople):
    """One segment, and the people of one account."""

    name = "gainsight_px.add_to_segment"
    title = "Put people into an external segment of Gainsight PX"
    input_model = AddToSegment
    system = SYSTEM
    repeatable = True
    offers = frozenset({"take_back", "leavers"})
    followed_by = "gainsight_px.take_back"
    note = "An engagement whose audience asks for the segment has to be live; nobody is shown anything by the call."

    def __init__(self, client: Client) -> None:
        self._client = client

    def do(self, piece: Piece) -> Done:
        wanted = cast(AddToSegment, piece.input)
        found = find_people(SYSTEM, wanted.people, self._client.user, _KNOWN_BY)
        segment = self._client.external_segment(wanted.segment)
        self._client.add(segment, [person.id for person in found.known], piece.fired_at)
        note = f"{people_text(len(found.known))} eligible for engagements that ask for the segment {wanted.segment}"
        return Done(found.remote_id, note="; ".join([note, *found.notes()]))


@reads(SYSTEM)
class TakeBackAction(ReachesPeople):
    """Takes the people out whom a step put in."""

    name = "gainsight_px.take_back"
    title = "Take people out of an external segment of Gainsight PX"
    input_model = TakeBack
    system = SYSTEM
    repeatable = True
    follows = True

    def __init__(self, client: Client) -> None:
        self._client = client

    def do(self, piece: Piece) -> Done:
        asked = cast(TakeBack, piece.input)
        name, people = AddToSegment.model_validate(asked.made).segment, meant(asked)
        self._client.remove(self._client.external_segment(name), people, piece.fired_at)
        note = f"{people_text(len(people))} taken out of the segment {name}; who has seen the engagement has seen it"
        return Done(asked.remote_id, note=note)
