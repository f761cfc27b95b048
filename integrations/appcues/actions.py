"""Makes the people of an account eligible for a flow: a property that its targeting asks for, or a segment.

Appcues has no call that shows a flow to somebody. What is set counts from the next page that a person loads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from urllib.parse import unquote

from expansion.contract import Done, Failure, Made, Piece, Refused, Standing
from integrations.appcues.client import Client, Profile
from integrations.appcues.inputs import AddToSegment, SetGroupProperty, SetUserProperty
from integrations.kit.people import Found, ReachesPeople, find_people, for_each, people_text
from integrations.kit.shapes import reading, reads

SHOWN = "a flow that asks for it shows on the next page that they load, once per person for good if it says so"
KNOWN_BY = "their user ids have to be those that your app gives to Appcues.identify"
TAKE_BACK = frozenset({"take_back", "leavers"})


class AppcuesAction(ReachesPeople):
    """A group's people count as such, too."""

    system = "Appcues"
    repeatable = True

    def __init__(self, client: Client) -> None:
        self._client = client

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        return [self._looked(one) for one in made]

    def stands(self, made: Made) -> Standing:
        """How it stands now. Raises a Failure."""
        raise Refused(f"Appcues tells nobody who is in a segment, so {self.name} leaves nothing to look at")

    def _looked(self, made: Made) -> Standing | Failure:
        try:
            with reading(self.system):
                return self.stands(made)
        except Failure as failure:
            return failure


@reads("Appcues")
class SetGroupPropertyAction(AppcuesAction):
    """Sets a property of the account's group."""

    name = "appcues.set_group_property"
    title = "Make an account's people eligible for an Appcues flow, by a property of their group"
    input_model = SetGroupProperty
    offers = TAKE_BACK
    followed_by = "appcues.clear_group_property"
    note = f"A published flow has to ask for the property. Eligible, not shown: {SHOWN}."

    def do(self, piece: Piece) -> Done:
        nudge = cast(SetGroupProperty, piece.input).nudge()
        nudge.needs_value(self.system)
        group = self._group(piece.account.remote_ids.get("appcues", piece.account.account_id))
        already = nudge.is_set(group.properties.get(nudge.name))
        if not already:
            self._client.set_property("groups", group.id, nudge.name, nudge.value)
        return Done(group.id, note=f"the account's people are eligible by `{nudge.name}`; {SHOWN}", already=already)

    def stands(self, made: Made) -> Standing:
        nudge = cast(SetGroupProperty, made.input).nudge()
        group = self._client.again("groups", made.remote_id)
        return nudge.standing(None if group is None else group.properties.get(nudge.name), "the group")

    def _group(self, account_id: str) -> Profile:
        if (group := self._client.group(account_id)) is None:
            raise Refused(
                "Appcues knows no group with this account's id; your app has to call Appcues.group with it, and nothing"
                " was set"
            )
        return group


@reads("Appcues")
class SetUserPropertyAction(AppcuesAction):
    """Sets a property of each person."""

    name = "appcues.set_user_property"
    title = "Make people eligible for an Appcues flow, by a property of theirs"
    input_model = SetUserProperty
    offers = TAKE_BACK
    followed_by = "appcues.clear_user_property"
    note = SetGroupPropertyAction.note

    def do(self, piece: Piece) -> Done:
        wanted = cast(SetUserProperty, piece.input)
        nudge = wanted.nudge()
        nudge.needs_value(self.system)
        found = find_people(self.system, wanted.people, self._client.user, KNOWN_BY)
        found, changed = for_each(found, lambda user: self._set(user, wanted))
        return Done(found.remote_id, note=eligible(found, f"`{nudge.name}`"), already=not any(changed))

    def stands(self, made: Made) -> Standing:
        nudge, users = cast(SetUserProperty, made.input).nudge(), made.remote_id.split(",")
        known = [self._client.again("users", user) for user in users]
        left = sum(one is not None and nudge.is_set(one.properties.get(nudge.name)) for one in known)
        gone = len(users) - left
        missing = f"`{nudge.name}` has another value by now for {gone} of {people_text(len(users))}" if gone else None
        return Standing(there=left > 0, missing=missing)

    def _set(self, user: Profile, wanted: SetUserProperty) -> bool:
        """Whether that changed something."""
        nudge = wanted.nudge()
        if nudge.is_set(user.properties.get(nudge.name)):
            return False
        self._client.set_property("users", user.id, nudge.name, nudge.value)
        return True


@reads("Appcues")
class AddToSegmentAction(AppcuesAction):
    """Puts people into a segment that is there."""

    name = "appcues.add_to_segment"
    title = "Make people eligible for an Appcues flow, by a segment"
    input_model = AddToSegment
    offers = TAKE_BACK
    followed_by = "appcues.remove_from_segment"
    note = f"A published flow has to be targeted at the segment. Eligible, not shown: {SHOWN}."

    def do(self, piece: Piece) -> Done:
        wanted = cast(AddToSegment, piece.input)
        found = find_people(self.system, wanted.people, self._client.user, KNOWN_BY)
        segment = self._client.segment_id(wanted.segment)
        self._client.change_members(segment, "add", [unquote(user.id) for user in found.known])
        return Done(found.remote_id, note=eligible(found, f"the segment {wanted.segment}"))


def eligible(found: Found[Profile], by: str) -> str:
    return "; ".join([f"{people_text(len(found.known))} eligible by {by}; {SHOWN}", *found.notes()])
