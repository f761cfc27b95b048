"""Changing CTAs in Gainsight that nobody has worked on."""

from __future__ import annotations

import html
from collections.abc import Sequence

from expansion.contract import Done, Failure, Made, Piece, Reply
from expansion.follow.inputs import reference
from integrations.gainsight.client import Client, Record
from integrations.gainsight.inputs import CreateCta
from integrations.gainsight.owners import Owners
from integrations.gainsight.states import CtaStates
from integrations.kit.shapes import reads
from integrations.kit.tasks import ChangesTasks, Now, change_of, said


@reads("Gainsight")
class ChangeCtaAction(ChangesTasks):
    """Read, then written a moment later: Gainsight takes no condition with an update."""

    name = "gainsight.change_cta"
    title = "Close a CTA in Gainsight that nobody has worked on, add a note to it, or give it to somebody else"
    batch = 20  # not the vendor's number: how many pieces a task reports on together
    made_with = CreateCta

    def __init__(self, client: Client, states: CtaStates, owners: Owners) -> None:
        self.retry = client.retry
        self._client, self._states, self._owners = client, states, owners

    def read(self, made: Sequence[Made]) -> list[Now]:
        return self._states.read(made)

    def write(self, changes: Sequence[tuple[Piece, Now]]) -> list[Reply]:
        return [self._one(piece, now) for piece, now in changes]

    def _one(self, piece: Piece, now: Now) -> Reply:
        change = change_of(piece)
        try:
            record, notes = self._record(piece, now)
            self._client.update_cta(change.remote_id, record)
        except Failure as failure:
            return failure
        return Done(change.remote_id, now.link, "; ".join([said(change), *notes]))

    def _record(self, piece: Piece, now: Now) -> tuple[Record, list[str]]:
        """What is written, and what else the ledger is told. Refused where nobody can take the CTA."""
        change, notes = change_of(piece), []
        note = f"{reference(piece.key)} {html.escape(change.note)}"
        record: Record = {"Comments": "<br>".join(filter(None, (now.notes, note)))}
        if change.close:
            record["status"] = self._client.settings.closed_status
        if change.assign_to:
            record["OwnerId"], instead = self._owners.of(change.assign_to)
            notes += [instead] if instead else []
        return record, notes
