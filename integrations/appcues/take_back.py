"""Withdraws what made people eligible for a flow. Nobody who has seen the flow has not seen it."""

from __future__ import annotations

from typing import cast
from urllib.parse import unquote

from expansion.contract import Done, Piece
from expansion.follow.inputs import TakeBack
from integrations.appcues.actions import AppcuesAction
from integrations.appcues.client import Profile
from integrations.appcues.inputs import AddToSegment, SetGroupProperty, SetUserProperty
from integrations.kit.nudges import Nudge
from integrations.kit.people import Found, for_each, meant, people_text
from integrations.kit.shapes import reads


class _TakesBack(AppcuesAction):
    input_model = TakeBack
    follows = True

    def _cleared(self, kind: str, profile: Profile | None, remote_id: str, nudge: Nudge, where: str) -> Done:
        if profile is None:
            return Done(remote_id, note=f"{where} is not in Appcues any more", already=True)
        known = profile.properties.get(nudge.name)
        return nudge.withdrawn(
            known,
            remote_id,
            where,
            lambda: self._client.set_property(kind, profile.id, nudge.name, nudge.cleared),
        )


@reads("Appcues")
class ClearGroupPropertyAction(_TakesBack):
    """Clears the property of a group, unless somebody has changed it since."""

    name = "appcues.clear_group_property"
    title = "Withdraw what made an account's people eligible for an Appcues flow"

    def do(self, piece: Piece) -> Done:
        asked = cast(TakeBack, piece.input)
        nudge = SetGroupProperty.model_validate(asked.made).nudge()
        group = self._client.again("groups", asked.remote_id)
        return self._cleared("groups", group, asked.remote_id, nudge, "the account's group")


@reads("Appcues")
class ClearUserPropertyAction(_TakesBack):
    """Clears the property of those who got it, unless somebody has changed it since."""

    name = "appcues.clear_user_property"
    title = "Withdraw the property that made people eligible for an Appcues flow"

    def do(self, piece: Piece) -> Done:
        asked = cast(TakeBack, piece.input)
        nudge = SetUserProperty.model_validate(asked.made).nudge()
        users = tuple(Profile(user, {}) for user in meant(asked))
        found, changed = for_each(Found(self.system, users, len(users)), lambda user: self._one(user.id, nudge))
        cleared = sum(map(bool, changed))
        note = f"`{nudge.name}` is cleared for {people_text(cleared)}"
        if left := len(changed) - cleared:
            note += f"; for {people_text(left)} it is cleared already or was changed since, and stays"
        return Done(asked.remote_id, note="; ".join([note, *found.notes()]), already=not cleared)

    def _one(self, user: str, nudge: Nudge) -> bool:
        """Whether that changed something."""
        return not self._cleared("users", self._client.again("users", user), user, nudge, "a person").already


@reads("Appcues")
class RemoveFromSegmentAction(_TakesBack):
    """Takes those out of the segment who were put into it."""

    name = "appcues.remove_from_segment"
    title = "Take people out of an Appcues segment again"

    def do(self, piece: Piece) -> Done:
        asked = cast(TakeBack, piece.input)
        made = AddToSegment.model_validate(asked.made)
        users = [unquote(user) for user in meant(asked)]
        self._client.change_members(self._client.segment_id(made.segment), "remove", users)
        return Done(asked.remote_id, note=f"{people_text(len(users))} taken out of the segment {made.segment}")
