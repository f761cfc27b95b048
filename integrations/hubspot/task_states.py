"""How tasks stand in HubSpot, and whether a person has touched them.

HubSpot does not say who changed a task last, and moves its time stamp by itself. So a task counts as touched when it
differs from what we wrote: its status, owner, subject, due date, or the words of its notes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from expansion.contract import Made, Refused, Standing
from integrations.hubspot import meanings as errors
from integrations.kit.batches import chunks
from integrations.kit.said import moment
from integrations.kit.tasks import Now

if TYPE_CHECKING:
    from integrations.hubspot.client import Client
    from integrations.hubspot.companies import Owners
    from integrations.hubspot.inputs import CreateTask
    from integrations.hubspot.records import Records

BATCH = 100  # inputs per call
OPEN, DONE = "NOT_STARTED", "COMPLETED"
_PROPERTIES = ("hs_task_status", "hs_task_subject", "hs_task_body", "hs_timestamp", "hubspot_owner_id")
_MARK = re.compile(r"\[expansion [0-9a-f]{12}\]")


class TaskStates:
    """The tasks of one portal as they are."""

    def __init__(self, client: Client, tasks: Records, owners: Owners) -> None:
        self._client, self._tasks, self._owners = client, tasks, owners
        self._path = f"/crm/objects/{client.version}/tasks/batch/read"
        self._emails: dict[str, str] | None = None

    def read(self, made: Sequence[Made]) -> list[Now]:
        """In order. Raises a Failure."""
        rows: dict[str, Mapping[str, Any]] = {}
        for some in chunks(sorted({one.remote_id for one in made}), BATCH):
            body = {
                "inputs": [{"id": one} for one in some],
                "properties": list(_PROPERTIES),
                "propertiesWithHistory": [],
            }
            rows |= {str(row["id"]): row["properties"] for row in errors.results(self._client.ask(self._path, body))}
        if rows and self._emails is None:
            self._emails = self._owners.emails()
        return [self._now(one, rows.get(one.remote_id)) for one in made]

    def _now(self, made: Made, row: Mapping[str, Any] | None) -> Now:
        if row is None:
            return Now(Standing(there=False))
        status, owner_id = str(row.get("hs_task_status")), str(row.get("hubspot_owner_id") or "")
        moved = self._moved(made, owner_id)
        standing = Standing(
            there=True,
            state=status,
            closed=status == DONE,
            owner=(self._emails or {}).get(owner_id),
            moved=moved,
            touched=_touched(self._changes(made, row), status, moved=moved),
        )
        return Now(standing, str(row.get("hs_task_body") or ""), self._client.link("tasks", made.remote_id), row)

    def _moved(self, made: Made, owner_id: str) -> bool:
        """Whether somebody else has it than the one we gave it to, or the one who stands in for them."""
        if made.assigned_to is None or (self._emails or {}).get(owner_id, "").lower() == made.assigned_to.lower():
            return False
        try:
            expected, _ = self._owners.of(made.assigned_to)
        except Refused:
            return True
        return owner_id != expected

    def _changes(self, made: Made, row: Mapping[str, Any]) -> list[str]:
        """What is not as we wrote it."""
        task = cast("CreateTask", made.input)
        first, *added = _MARK.split(str(row.get("hs_task_body") or ""))
        ours = {_words(note) for note in made.notes}  # each may be there or not: an attempt may have failed
        differs = {
            "subject": str(row.get("hs_task_subject") or "").split() != task.subject.split(),
            "due date": moment(row.get("hs_timestamp")) != moment(self._tasks.due(task.due)),
            "notes": _words(first) != _words(task.notes) or any(_words(note) not in ours for note in added),
        }
        return [name for name, yes in differs.items() if yes]


def _touched(changes: Sequence[str], status: str, *, moved: bool) -> str | None:
    if status != OPEN:
        return f"its status is {status}"
    if moved:
        return "it was given to somebody else"
    return f"somebody has edited its {' and '.join(changes)}" if changes else None


def _words(markup: str) -> str:
    """The letters and digits of a text: HubSpot may write its HTML in another way."""
    return re.sub(r"[\W_]+", "", html.unescape(re.sub(r"<[^>]*>", " ", markup)))
