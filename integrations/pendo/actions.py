"""Makes the people of an account eligible for a guide: metadata of the account, or an uploaded segment of visitors.

Pendo has no call that shows a guide to somebody. What is set counts when a guide is looked for the next time: as the
web SDK loads, or on the next page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import unquote

from expansion.contract import Done, Failure, Made, Piece, Refused, Reply, Standing
from integrations.kit.fields import Change, SetsFields
from integrations.kit.nudges import Nudge
from integrations.kit.people import ReachesPeople, find_people, people_text
from integrations.kit.retry import RetryPolicy
from integrations.kit.shapes import reading, reads
from integrations.pendo.client import Client, Visitor
from integrations.pendo.inputs import AddToSegment, SetAccountMetadata
from integrations.pendo.meanings import Gone
from integrations.pendo.schema import Schema

SHOWN = "a public guide whose segment asks for it shows the next time that they are in the app"
KNOWN_BY = "their user ids have to be the visitor ids that your app gives to Pendo"
TAKE_BACK = frozenset({"take_back", "leavers"})
_NOT_KNOWN = (
    "Pendo does not know this account's id (it came back as missing), so nothing was set; check the account id that "
    "your app gives to Pendo"
)


@reads("Pendo")
class SetAccountMetadataAction(SetsFields):
    """Sets a custom field of accounts."""

    name = "pendo.set_account_metadata"
    title = "Make an account's people eligible for a Pendo guide, by a custom field of the account"
    input_model = SetAccountMetadata
    batch = 100  # Pendo names no number
    offers = TAKE_BACK
    followed_by = "pendo.clear_account_metadata"
    note = f"The field has to be there, and a public guide's segment has to ask for it. Eligible, not shown: {SHOWN}."
    retry = RetryPolicy(tries=1)  # the client tries again

    def __init__(self, client: Client) -> None:
        self._client = client
        self._schema: Schema | None = None

    def learn(self) -> None:
        self._schema = self._client.schema()

    def record(self, piece: Piece) -> str:
        return piece.account.remote_ids.get("pendo", piece.account.account_id)

    def written(self, piece: Piece) -> Mapping[str, Any]:
        nudge = cast(SetAccountMetadata, piece.input).nudge()
        nudge.needs_value("Pendo")
        return {nudge.name: cast(Schema, self._schema).written(nudge.name, nudge.value)}

    def write(self, changes: Sequence[Change]) -> list[Reply]:
        """Ids that Pendo does not know are named; what else failed is not, and the call is made again in halves."""
        said = self._client.set_custom([(change.record, change.fields) for change in changes])
        missing, failed = {str(one) for one in said.get("missing") or ()}, int(said.get("failed") or 0)
        if failed > len(missing):
            raise Refused(
                f"Pendo set metadata for {len(changes) - failed} of {len(changes)} accounts and does not say why not"
                " for all; check the field's type in Settings > Data mappings"
            )
        return [_reply(change, missing) for change in changes]

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        return [self._looked(one) for one in made]

    def _looked(self, made: Made) -> Standing | Failure:
        nudge = cast(SetAccountMetadata, made.input).nudge()
        try:
            with reading("Pendo"):
                return nudge.standing(self._client.custom_value(made.remote_id, nudge.name), "the account")
        except Gone:
            return nudge.standing(None, "the account")
        except Failure as failure:
            return failure


@reads("Pendo")
class AddToSegmentAction(ReachesPeople):
    """Puts visitors into an uploaded segment that is there."""

    name = "pendo.add_to_segment"
    title = "Make people eligible for a Pendo guide, by an uploaded segment"
    input_model = AddToSegment
    repeatable = True
    system = "Pendo"
    offers = TAKE_BACK
    followed_by = "pendo.remove_from_segment"
    note = f"A public guide has to be shown to the segment. Eligible, not shown: {SHOWN}."

    def __init__(self, client: Client) -> None:
        self._client = client

    def do(self, piece: Piece) -> Done:
        wanted = cast(AddToSegment, piece.input)
        found = find_people(self.system, wanted.people, self._client.visitor, KNOWN_BY)
        segment = self._client.segment_id(wanted.segment)
        self._client.change_members(segment, "add", ids(found.known))
        eligible = f"{people_text(len(found.known))} eligible by the segment {wanted.segment}; {SHOWN}"
        return Done(found.remote_id, note="; ".join([eligible, *found.notes()]))

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        sentence = "Pendo: who is in an uploaded segment is not compared; look under People > Segments"
        return [Refused(sentence) for _ in made]


def ids(visitors: Sequence[Visitor]) -> list[str]:
    """As Pendo knows them, not as they stand in a path."""
    return [unquote(one.id) for one in visitors]


def _reply(change: Change, missing: set[str]) -> Reply:
    if change.record in missing:
        return Refused(_NOT_KNOWN)
    [name] = change.fields
    return Done(change.record, note=f"the account's people are eligible by `{name}`; {SHOWN}")


def cleared_by(schema: Schema, nudge: Nudge) -> Mapping[str, Any]:
    """What is sent to clear it, of the field's type. Raises Refused where that cannot be."""
    return {nudge.name: schema.written(nudge.name, nudge.cleared)}
