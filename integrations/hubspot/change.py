"""Changing tasks in HubSpot that nobody has worked on."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from expansion.contract import Done, Failure, Made, Piece, Reply
from expansion.fields import Inputs
from expansion.follow.inputs import reference
from integrations.hubspot import meanings as errors
from integrations.kit.shapes import reads
from integrations.kit.tasks import ChangesTasks, Now, change_of, said

if TYPE_CHECKING:
    # As in hubspot.py: the client is imported when it is connected.
    from integrations.hubspot.client import Client
    from integrations.hubspot.companies import Owners
    from integrations.hubspot.task_states import TaskStates

LONGEST_NOTES = 65_536  # hs_task_body


@reads("HubSpot")
class ChangeTaskAction(ChangesTasks):
    """Read, then written a moment later: HubSpot takes no condition with an update."""

    name = "hubspot.change_task"
    title = "Close a task in HubSpot that nobody has worked on, add a note to it, or give it to somebody else"
    batch = 100

    def __init__(self, client: Client, states: TaskStates, owners: Owners, made_with: type[Inputs]) -> None:
        self.retry, self.made_with = client.retry, made_with
        self._client, self._states, self._owners = client, states, owners

    def read(self, made: Sequence[Made]) -> list[Now]:
        return self._states.read(made)

    def write(self, changes: Sequence[tuple[Piece, Now]]) -> list[Reply]:
        replies: dict[str, Reply] = {}
        inputs, notes = [], {}
        for piece, now in changes:
            try:
                properties, notes[piece.key] = self._properties(piece, now)
            except Failure as failure:
                replies[piece.key] = failure
            else:
                task = change_of(piece).remote_id
                inputs.append({"id": task, "objectWriteTraceId": piece.key, "properties": properties})
        if not inputs:
            return [replies[piece.key] for piece, _ in changes]
        reply = self._client.once("POST", f"/crm/objects/{self._client.version}/tasks/batch/update", {"inputs": inputs})
        done, refused = {str(row["id"]) for row in errors.results(reply)}, errors.refusals(reply)
        for piece, now in changes:
            task = change_of(piece).remote_id
            if task in done:
                replies[piece.key] = Done(task, now.link, notes[piece.key])
            elif piece.key not in replies:
                gone = errors.MEANINGS.of("OBJECT_NOT_FOUND")
                replies[piece.key] = refused.get(piece.key) or gone
        return [replies[piece.key] for piece, _ in changes]

    def _properties(self, piece: Piece, now: Now) -> tuple[dict[str, Any], str]:
        """What is written, and what the ledger is told of it. Refused where nobody can take the task."""
        change, notes = change_of(piece), []
        note = f"<p>{html.escape(f'{reference(piece.key)} {change.note}')}</p>"
        properties = {"hs_task_body": now.notes + note} if len(now.notes) + len(note) <= LONGEST_NOTES else {}
        if change.close:
            properties["hs_task_status"] = "COMPLETED"
        if change.assign_to:
            properties["hubspot_owner_id"], instead = self._owners.of(change.assign_to)
            notes += [instead] if instead else []
        return properties, "; ".join([said(change), *notes])
