"""How tasks stand in Salesforce, and whether a person has touched them.

A person has touched a task when somebody else than its creator, who is us, was the last to change it. Automation is no
person: Salesforce tells its users apart by their type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simple_salesforce.format import format_soql

from expansion.contract import Made, Refused, Standing
from integrations.kit.batches import chunks
from integrations.kit.tasks import Now
from integrations.salesforce.records import LONGEST_NOTES, MARKER, Owners

if TYPE_CHECKING:
    from integrations.salesforce.client import Client

IDS_PER_QUERY = 200  # an id is 27 characters of the URI, which may have 16,384 bytes
_PERSON = "Standard"  # User.UserType; automation has types of its own
_FIELDS = (
    "Id, Status, IsClosed, Description, OwnerId, Owner.Email, "
    "CreatedById, LastModifiedById, LastModifiedBy.UserType, LastModifiedDate"
)


class TaskStates:
    """The tasks of one org as they are."""

    def __init__(self, client: Client, owners: Owners) -> None:
        self._client, self._owners = client, owners

    def read(self, made: Sequence[Made]) -> list[Now]:
        """In order. Raises a Failure."""
        rows: dict[str, Mapping[str, Any]] = {}
        for some in chunks(sorted({one.remote_id for one in made}), IDS_PER_QUERY):
            soql = f"SELECT {_FIELDS} FROM Task WHERE Id IN {{}}"  # noqa: S608  names of fields; ids are quoted below
            rows |= {str(row["Id"]): row for row in self._client.query(format_soql(soql, list(some)))}
        self._owners.learn([one.assigned_to for one in made if one.assigned_to])
        return [self._now(one, rows.get(one.remote_id)) for one in made]

    def _now(self, made: Made, row: Mapping[str, Any] | None) -> Now:
        if row is None:
            return Now(Standing(there=False))
        owner = str((row.get("Owner") or {}).get("Email") or "").lower()
        moved = self._moved(made, str(row["OwnerId"]), owner)
        standing = Standing(
            there=True,
            state=str(row["Status"]),
            closed=bool(row["IsClosed"]),
            owner=owner or None,
            moved=moved,
            touched=_touched(row),
        )
        return Now(standing, str(row.get("Description") or ""), self._client.link("Task", made.remote_id), row)

    def _moved(self, made: Made, owner_id: str, owner: str) -> bool:
        """Whether somebody else has it than the one we gave it to, or the one who stands in for them."""
        if made.assigned_to is None or owner == made.assigned_to.lower():
            return False
        try:
            expected, _ = self._owners.of(made.assigned_to)
        except Refused:  # nobody active stands in for them: it is with whoever Salesforce gave it to
            return True
        return owner_id != expected

    def with_note(self, text: str, note: str) -> str:
        """The text with the note below it; a last line that holds our key stays last. What is there is never cut."""
        body, line = text.rstrip(), ""
        before, _, last = body.rpartition("\n")
        if last.startswith(MARKER):
            body, line = before.rstrip(), f"\n\n{last}"
        room = LONGEST_NOTES - len(body) - len(line) - 2
        return f"{body}\n\n{note[: max(room, 0)]}".strip() + line


def _touched(row: Mapping[str, Any]) -> str | None:
    if row["IsClosed"]:
        return f"its status is {row['Status']}"
    by_person = (row.get("LastModifiedBy") or {}).get("UserType") == _PERSON
    if by_person and row["LastModifiedById"] != row["CreatedById"]:
        return f"somebody has edited it; its status is {row['Status']}"
    return None
