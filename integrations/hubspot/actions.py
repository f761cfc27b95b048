"""HubSpot: what the CRM knows of a company; tasks for its owner; properties on it.

Limits: developers.hubspot.com, "API usage guidelines". Paths carry a date (2026-03); v3 and v4 end in 2027.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from expansion.contract import Done, Failure, Made, Piece, Reply, Standing
from integrations.hubspot.companies import Owners, company_of
from integrations.hubspot.inputs import CreateTask, UpdateProperties
from integrations.hubspot.meanings import MEANINGS, refusals, results
from integrations.hubspot.values import written
from integrations.kit.fields import Change, SetsFields
from integrations.kit.keyed import MakesOnce
from integrations.kit.shapes import reads
from integrations.kit.tasks import standings

if TYPE_CHECKING:
    # Importing the client costs a tenth of a second: only `connected` does, not the catalog.
    from integrations.hubspot.client import Client
    from integrations.hubspot.records import RecordDraft, Records
    from integrations.hubspot.task_states import TaskStates


@reads("HubSpot")
class CreateTaskAction(MakesOnce["RecordDraft"]):
    name = "hubspot.create_task"
    title = "Create a task in HubSpot"
    input_model = CreateTask
    batch = 100
    offers = frozenset({"close", "annotate", "sla"})
    followed_by = "hubspot.change_task"
    restore = "restore it from the recycle bin, or tell its owner"
    note = "Carries our key in HUBSPOT_TASK_KEY_PROPERTY; a task that is there already is left alone."

    def __init__(self, tasks: Records, owners: Owners, states: TaskStates) -> None:
        super().__init__(tasks)
        self._tasks, self._owners, self._states = tasks, owners, states

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        return standings(self._states.read, made)

    def draft(self, piece: Piece) -> RecordDraft:
        task = cast(CreateTask, piece.input)
        company_of(piece)  # refused before anything is asked
        owner, note = self._owners.of(task.assign_to)
        properties = {
            "hs_task_subject": task.subject,
            "hs_task_body": task.notes.replace("\n", "<br>"),
            "hs_timestamp": self._tasks.due(task.due),
            "hs_task_priority": task.priority.upper(),
            "hs_task_type": task.type.upper(),
            "hs_task_status": "NOT_STARTED",
            "hubspot_owner_id": owner,
        }
        return self._tasks.draft(piece, self._tasks.more(task.properties) | properties, note)


@reads("HubSpot")
class UpdatePropertiesAction(SetsFields):
    name = "hubspot.update_properties"
    title = "Set properties of the company in HubSpot"
    input_model = UpdateProperties
    batch = 100

    def __init__(self, client: Client) -> None:
        self.retry, self._client = client.retry, client

    def learn(self) -> None:
        self._client.properties("companies")

    def record(self, piece: Piece) -> str:
        return company_of(piece)

    def written(self, piece: Piece) -> dict[str, Any]:
        given = cast(UpdateProperties, piece.input).properties
        return dict(written("companies", self._client.properties("companies"), given))

    def write(self, changes: Sequence[Change]) -> list[Reply]:
        inputs = [
            {"id": change.record, "objectWriteTraceId": str(change.number), "properties": change.fields}
            for change in changes
        ]
        path = f"/crm/objects/{self._client.version}/companies/batch/update"
        reply = self._client.once("POST", path, {"inputs": inputs})
        done, refused = {str(row["id"]) for row in results(reply)}, refusals(reply)
        return [
            Done(change.record, self._client.link("companies", change.record))
            if change.record in done
            else refused.get(str(change.number)) or MEANINGS.of("OBJECT_NOT_FOUND")
            for change in changes
        ]
