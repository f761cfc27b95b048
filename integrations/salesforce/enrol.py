"""Puts the people of an account into a campaign, and takes them out again once its reason is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from expansion.contract import Done, Failure, Made, Piece, Refused, Reply, Standing
from expansion.follow.inputs import TakeBack
from integrations.kit.declare import ActionBase
from integrations.kit.people import Found, are, find_people, people_text
from integrations.kit.said import moment
from integrations.kit.shapes import reading, reads
from integrations.salesforce.inputs import AddToCampaign
from integrations.salesforce.meanings import SYSTEM
from integrations.salesforce.values import is_id, written

if TYPE_CHECKING:
    from integrations.salesforce.campaigns import Added, Campaign, Campaigns
    from integrations.salesforce.client import Client
    from integrations.salesforce.people import Human, Known, People

KNOWN_BY = "their e-mail addresses have to be those of contacts or leads there"
CLOCKS_DIFFER = timedelta(minutes=10)  # of Salesforce and of ours; a member made before the firing was somebody else's
# A person has changed a member whom somebody else than its creator changed last; automation has types of its own.
_PERSON = "Standard"
_NOBODY = "campaign:"  # what a step that added nobody leaves: the campaign alone
_ANSWERED = "left in it: they have responded, or somebody has changed them"


@reads("Salesforce")
class AddToCampaignAction(ActionBase):
    """A member each; who is in the campaign already is left as they are."""

    name = "salesforce.add_to_campaign"
    title = "Put people into a campaign in Salesforce"
    input_model = AddToCampaign
    batch = 100  # pieces that a task reports on together; each is a call
    repeatable = True
    offers = frozenset({"take_back"})
    followed_by = "salesforce.remove_from_campaign"
    note = (
        "People are found by e-mail address among contacts and leads. What a campaign sends, and to whom, is its own."
    )

    def __init__(self, client: Client, campaigns: Campaigns, people: People) -> None:
        self._client, self._campaigns, self._people = client, campaigns, people

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        """All people are looked up together first, and each campaign once."""
        wanted = (cast(AddToCampaign, piece.input).people for piece in pieces)
        try:
            people = self._people.known(one for some in wanted if not isinstance(some, str) for one in some)
        except Failure as failure:
            failure.maybe_done = False  # only looked up so far
            return [failure for _ in pieces]
        campaign = cache(self._campaigns.find)
        return _each(pieces, lambda piece: self._add(piece, people, campaign))

    def _add(self, piece: Piece, people: Known, find: Callable[[str], Campaign]) -> Done:
        wanted, account = cast(AddToCampaign, piece.input), piece.account.remote_ids.get("salesforce")
        found = find_people(SYSTEM, wanted.people, lambda person: people.of(person, account), KNOWN_BY)
        campaign = find(wanted.campaign)
        fields = written(self._client, "CampaignMember", wanted.fields) | _status(wanted, campaign)
        added = self._campaigns.add(campaign, found.known, fields)
        if len(added.refusals) == len(found.known):
            raise added.refusals[0]
        return self._done(piece, campaign, replace(found, refused=len(added.refusals)), added)

    def _done(self, piece: Piece, campaign: Campaign, found: Found[Human], added: Added) -> Done:
        """Names the members that are ours: who was one before the firing stays one."""
        found = replace(found, known=found.known[found.refused :])  # how many, for the notes
        ours = [*added.made, *(str(row["Id"]) for row in added.there if _made_since(row, piece.fired_at))]
        before = len(found.known) - len(ours)
        notes = [f"{people_text(len(found.known))} in the campaign {campaign.name}"]
        notes += [] if campaign.active else ["the campaign is not active"]
        notes += [f"{people_text(before)} in it before, and left as they are"] if before else []
        remote_id = ",".join(sorted(ours)) or f"{_NOBODY}{campaign.id}"
        note = "; ".join([*notes, *found.notes()])
        return Done(remote_id, self._campaigns.link(campaign), note, already=not added.made)

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        return [self._looked(one) for one in made]

    def _looked(self, made: Made) -> Standing | Failure:
        ids = _ids(made.remote_id)
        try:
            with reading(SYSTEM):
                left = len(self._campaigns.look(ids))
        except Failure as failure:
            return failure
        gone = len(ids) - left
        missing = f"{gone} of {people_text(len(ids))} not in the campaign any more" if gone else None
        return Standing(there=left > 0 or not ids, missing=missing)


@reads("Salesforce")
class RemoveFromCampaignAction(ActionBase):
    """Takes those out whom the step put in; but nobody who has responded, or with whom somebody works."""

    name = "salesforce.remove_from_campaign"
    title = "Take people out of a Salesforce campaign again"
    input_model = TakeBack
    batch = 100  # pieces that a task reports on together; each is a call
    repeatable = True
    follows = True

    def __init__(self, campaigns: Campaigns) -> None:
        self._campaigns = campaigns

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        """All members are looked up together first; what is no id of Salesforce's would spoil the query for all."""
        ids = [one for piece in pieces for one in _ids(cast(TakeBack, piece.input).remote_id)]
        try:
            there = self._campaigns.look([one for one in ids if is_id(one)])
        except Failure as failure:
            failure.maybe_done = False  # only looked up so far
            return [failure for _ in pieces]
        return _each(pieces, lambda piece: self._take_out(piece, there))

    def _take_out(self, piece: Piece, there: Mapping[str, Mapping[str, Any]]) -> Done:
        asked = cast(TakeBack, piece.input)
        ids = _ids(asked.remote_id)
        if not all(map(is_id, ids)):
            raise Refused(f"{SYSTEM}: what the step left is no id of a campaign's member; take people out by hand")
        left = [one for one in ids if one in there]
        going = [one for one in left if not _has_answered(there[one])]
        self._campaigns.remove(going)
        notes = [f"{people_text(len(going))} taken out of the campaign"]
        staying = len(left) - len(going)
        notes += [f"{people_text(staying)} {are(staying)} {_ANSWERED}"] if staying else []
        return Done(asked.remote_id, note="; ".join(notes), already=not going)


def _each(pieces: Sequence[Piece], do: Callable[[Piece], Done]) -> list[Reply]:
    """One after the other: one that fails stops no other."""

    def reply(piece: Piece) -> Reply:
        try:
            with reading(SYSTEM, wrote=True):
                return do(piece)
        except Failure as failure:
            return failure

    return [reply(piece) for piece in pieces]


def _has_answered(member: Mapping[str, Any]) -> bool:
    """Whether the person has responded, or somebody works with the member: then it is not ours any more."""
    by_person = (member.get("LastModifiedBy") or {}).get("UserType") == _PERSON
    return bool(member["HasResponded"]) or (by_person and member["LastModifiedById"] != member["CreatedById"])


def _status(wanted: AddToCampaign, campaign: Campaign) -> dict[str, Any]:
    return {"Status": campaign.status(wanted.status)} if wanted.status else {}


def _made_since(member: Mapping[str, Any], fired_at: datetime) -> bool:
    made = moment(member["CreatedDate"])
    return made is not None and made >= fired_at - CLOCKS_DIFFER


def _ids(remote_id: str) -> list[str]:
    return [] if remote_id.startswith(_NOBODY) else remote_id.split(",")
