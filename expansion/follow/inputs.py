"""What the ledger asks of an integration about a thing that an earlier step made."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from expansion.contract import Made
from expansion.fields import Inputs


class MadeBefore(Inputs):
    """A thing that an earlier step made, and what is known of it."""

    step: str = Field(description="The key of the step that made it.")
    remote_id: str = Field(description="Its id there.")
    made: dict[str, Any] = Field(description="The input that it was made with.")
    assigned_to: str | None = Field(None, description="Whom it was given to last: an e-mail address.")
    notes: list[str] = Field(default_factory=list, description="What was added to it since.")

    def as_made(self, kind: type[Inputs]) -> Made:
        """The thing, for looking at it. `kind` is the input of the action that made it."""
        return Made(self.step, self.remote_id, kind.model_validate(self.made), self.assigned_to, tuple(self.notes))


class ChangeTask(MadeBefore):
    """A note added to a task that nobody has worked on; and with it, the task closed or given to somebody else."""

    note: str = Field(min_length=1, max_length=2_000, description="Added below what is there.")
    close: bool = False
    assign_to: str | None = Field(None, description="An e-mail address.")


class TakeBack(MadeBefore):
    """What a step set is removed again."""

    people: list[str] = Field(default_factory=list, description="User ids: from these alone. Empty: from all of them.")


def reference(key: str) -> str:
    """The mark before a note, by which it is found again: the beginning of the step's key."""
    return f"[expansion {key[:12]}]"
