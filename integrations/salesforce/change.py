"""Changing tasks in Salesforce that nobody has worked on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING

from expansion.contract import Done, Failure, Made, Piece, Reply, TryLater
from expansion.fields import Inputs
from expansion.follow.inputs import reference
from integrations.kit.said import moment
from integrations.kit.shapes import reads
from integrations.kit.tasks import ChangesTasks, Now, change_of, said
from integrations.salesforce.meanings import SYSTEM

if TYPE_CHECKING:
    # As in salesforce.py: the client is imported when it is connected.
    from integrations.salesforce.client import Client
    from integrations.salesforce.records import Owners
    from integrations.salesforce.tasks import TaskStates


@reads("Salesforce")
class ChangeTaskAction(ChangesTasks):
    """One call for each task: only a single update takes the condition that the task has not changed since."""

    name = "salesforce.change_task"
    title = "Close a task in Salesforce that nobody has worked on, add a note to it, or give it to somebody else"
    batch = 200

    def __init__(
        self, client: Client, states: TaskStates, owners: Owners, made_with: type[Inputs], done_status: str
    ) -> None:
        self.retry, self.made_with = client.retry, made_with
        self._client, self._states, self._owners, self._done = client, states, owners, done_status

    def read(self, made: Sequence[Made]) -> list[Now]:
        return self._states.read(made)

    def write(self, changes: Sequence[tuple[Piece, Now]]) -> list[Reply]:
        self._owners.learn([email for piece, _ in changes if (email := change_of(piece).assign_to)])
        return [self._change(piece, now) for piece, now in changes]

    def _change(self, piece: Piece, now: Now) -> Reply:
        change = change_of(piece)
        try:
            fields = {"Description": self._states.with_note(now.notes, f"{reference(piece.key)} {change.note}")}
            note = None
            if change.close:
                fields["Status"] = self._done
            if change.assign_to:
                fields["OwnerId"], note = self._owners.of(change.assign_to)
            since = moment(now.row.get("LastModifiedDate"))
            if since is None:  # without it, what a person writes meanwhile would be written over
                raise TryLater(f"{SYSTEM} does not say when the task was changed last")
            unchanged = {"If-Unmodified-Since": format_datetime(since.astimezone(UTC), usegmt=True)}
            self._client.once("PATCH", f"sobjects/Task/{change.remote_id}", fields, headers=unchanged)
        except Failure as failure:
            return failure
        return Done(change.remote_id, now.link, "; ".join(part for part in (said(change), note) if part))
