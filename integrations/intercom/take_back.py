"""Taking a tag back from the people who got it, and seeing whether they still have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from expansion.contract import Done, Failure, Made, Piece, Refused, Standing
from expansion.fields import Person
from expansion.follow.inputs import TakeBack
from integrations.kit.people import ReachesPeople, people_text
from integrations.kit.shapes import reading, reads

if TYPE_CHECKING:
    from integrations.intercom.client import Api
    from integrations.intercom.inputs import EnrolInSeries

ONLY_TAGS = "Intercom: only a tag can be taken back; an attribute had a value before, and an event has happened"


@reads("Intercom")
class TakeBackAction(ReachesPeople):
    """Removes the tag by which a step made people eligible."""

    name = "intercom.take_back"
    title = "Remove the tag that made people eligible for an Intercom series"
    input_model = TakeBack
    repeatable = True
    follows = True
    system = "Intercom"

    def __init__(self, api: Api, made_with: type[EnrolInSeries]) -> None:
        self._api, self._made_with = api, made_with

    def do(self, piece: Piece) -> Done:
        asked = cast(TakeBack, piece.input)
        tag = tag_of(self._made_with.model_validate(asked.made))
        if tag is None:
            raise Refused(ONLY_TAGS)
        removed = sum(self._api.untag(contact, tag) for contact in self._contacts(asked))
        note = (
            f"the tag {tag} is removed from {people_text(removed)}" if removed else f"nobody has the tag {tag} any more"
        )
        return Done(asked.remote_id, None, f"{note}; who is in the series by now stays in it", already=not removed)

    def _contacts(self, asked: TakeBack) -> list[str]:
        """Those that got the tag; where only some are meant, they are looked up again."""
        ids = asked.remote_id.split(",")
        if not asked.people or len(ids) == 1:
            return ids
        people = [Person.model_validate(one) for one in asked.made["people"] if one["user_id"] in asked.people]
        found = {contact.id for person in people if (contact := self._api.contact(person))}
        return [one for one in ids if one in found]


def tag_of(wanted: EnrolInSeries) -> str | None:
    """The tag that it sets; None where the entry rule asks for something else."""
    if wanted.attribute is not None or wanted.event is not None:
        return None
    return wanted.tag or f"expansion:{wanted.series}"


def standing(api: Api, made: Made) -> Standing | Failure:
    """Whether the people that got a tag still have it."""
    tag = tag_of(cast("EnrolInSeries", made.input))
    if tag is None:
        return Refused("Intercom: only tags can be compared; attributes and events leave nothing to look at")
    contacts = made.remote_id.split(",")
    try:
        with reading("Intercom"):
            without = sum(not api.has_tag(contact, tag) for contact in contacts)
    except Failure as failure:
        return failure
    missing = f"the tag {tag} is gone from {without} of {len(contacts)} people" if without else None
    return Standing(there=without < len(contacts), missing=missing)
