"""Withdraws what made people eligible for a guide. Nobody who has seen the guide has not seen it."""

from __future__ import annotations

from typing import cast
from urllib.parse import unquote

from expansion.contract import Done, Piece, Refused
from expansion.follow.inputs import TakeBack
from integrations.kit.people import ReachesPeople, meant, people_text
from integrations.kit.shapes import reads
from integrations.pendo.actions import cleared_by
from integrations.pendo.client import Client
from integrations.pendo.inputs import AddToSegment, SetAccountMetadata
from integrations.pendo.meanings import Gone


class _TakesBack(ReachesPeople):
    input_model = TakeBack
    repeatable = True
    follows = True
    system = "Pendo"

    def __init__(self, client: Client) -> None:
        self._client = client


@reads("Pendo")
class ClearAccountMetadataAction(_TakesBack):
    """Clears the custom field, unless somebody has changed it since."""

    name = "pendo.clear_account_metadata"
    title = "Withdraw what made an account's people eligible for a Pendo guide"

    def do(self, piece: Piece) -> Done:
        asked = cast(TakeBack, piece.input)
        nudge = SetAccountMetadata.model_validate(asked.made).nudge()
        fields = cleared_by(self._client.schema(), nudge)
        try:
            known = self._client.custom_value(asked.remote_id, nudge.name)
        except Gone:
            return Done(asked.remote_id, note="the account is not in Pendo any more", already=True)
        return nudge.withdrawn(known, asked.remote_id, "the account", lambda: self._clear(asked.remote_id, fields))

    def _clear(self, account: str, fields: object) -> None:
        said = self._client.set_custom([(account, cast(dict[str, object], fields))])
        if said.get("failed") or said.get("missing"):
            raise Refused("Pendo did not clear the field and does not say why; clear it by hand, or write `cleared`")


@reads("Pendo")
class RemoveFromSegmentAction(_TakesBack):
    """Takes those out of the segment who were put into it."""

    name = "pendo.remove_from_segment"
    title = "Take people out of a Pendo segment again"

    def do(self, piece: Piece) -> Done:
        asked = cast(TakeBack, piece.input)
        made = AddToSegment.model_validate(asked.made)
        visitors = [unquote(one) for one in meant(asked)]
        self._client.change_members(self._client.segment_id(made.segment), "remove", visitors)
        return Done(asked.remote_id, note=f"{people_text(len(visitors))} taken out of the segment {made.segment}")
