"""HubSpot: what the CRM knows of a company; tasks for its owner; properties on it.

Limits: developers.hubspot.com, "API usage guidelines". Paths carry a date (2026-03); v3 and v4 end in 2027.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from expansion.contract import Done, Failure, Made, Piece, Refused, Reply, Standing
from integrations.hubspot.companies import CompanyUpdates, Owners, company_of
from integrations.hubspot.inputs import CreateTask, UpdateProperties
from integrations.kit.declare import ActionBase
from integrations.kit.shapes import reads

if TYPE_CHECKING:
    # Importing the client costs a tenth of a second: only `connected` does, not the catalog.
    from integrations.hubspot.task_states import TaskStates
    from integrations.hubspot.tasks import Draft, Tasks


# --- what authors write under `with:` ---------------------------------------------------------------------------------


# --- actions ----------------------------------------------------------------------------------------------------------


@reads("HubSpot")
class CreateTaskAction(ActionBase):
    name = "hubspot.create_task"
    title = "Create a task in HubSpot"
    input_model = CreateTask
    batch = 100
    offers = frozenset({"close", "annotate", "sla"})
    followed_by = "hubspot.change_task"
    note = "Carries our key in HUBSPOT_TASK_KEY_PROPERTY; a task that is there already is left alone."

    def __init__(self, tasks: Tasks, owners: Owners, states: TaskStates) -> None:
        self._tasks, self._owners, self._states = tasks, owners, states

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        try:
            return [now.standing for now in self._states.read(made)]
        except Failure as failure:
            return [failure for _ in made]

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        if not pieces:
            return []
        single = {piece.key: piece for piece in pieces}  # a key twice in one batch makes HubSpot refuse the batch
        try:
            there = self._tasks.existing(list(single.values()))
            drafts, replies = self._drafts([piece for key, piece in single.items() if key not in there])
        except Failure as failure:
            failure.maybe_done = False  # only looked up so far
            return [failure for _ in pieces]
        replies |= {key: self._tasks.done(task, already=True) for key, task in there.items()}
        replies |= {d.piece.key: r for d, r in zip(drafts, self._tasks.create(drafts), strict=True)}
        return [replies[piece.key] for piece in pieces]

    def find(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
        if not pieces:
            return []
        try:
            return self._tasks.find(pieces)
        except Failure as failure:
            return [failure for _ in pieces]

    def _drafts(self, pieces: Sequence[Piece]) -> tuple[list[Draft], dict[str, Reply]]:
        """What can be created, and the refusals of what cannot."""
        drafts: list[Draft] = []
        refused: dict[str, Reply] = {}
        for piece in pieces:
            try:
                drafts.append(self._draft(piece))
            except Refused as refusal:
                refused[piece.key] = refusal
        return drafts, refused

    def _draft(self, piece: Piece) -> Draft:
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
class UpdatePropertiesAction(ActionBase):
    name = "hubspot.update_properties"
    title = "Set properties of the company in HubSpot"
    input_model = UpdateProperties
    batch = 100
    repeatable = True

    def __init__(self, updates: CompanyUpdates) -> None:
        self._updates = updates

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        replies: dict[int, Reply] = {}
        changes: list[tuple[int, str, dict[str, str]]] = []
        if not pieces:
            return []
        try:
            self._updates.learn()
        except Failure as failure:
            failure.maybe_done = False  # only looked up so far
            return [failure for _ in pieces]
        for number, piece in enumerate(pieces):
            given = cast(UpdateProperties, piece.input).properties
            try:
                changes.append((number, company_of(piece), self._updates.written(given)))
            except Refused as refusal:
                replies[number] = refusal
        replies |= self._updates.send(changes)
        return [replies[number] for number in range(len(pieces))]


# --- wiring -----------------------------------------------------------------------------------------------------------
