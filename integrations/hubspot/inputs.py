"""What authors write under `with:` of HubSpot's actions."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from expansion.fields import DueDate, FieldValue, HtmlText, Inputs, Owner, PlainText

# What an input of its own gives is given there.
_OWN_WORDS = {
    "hs_task_subject": "subject",
    "hs_timestamp": "due",
    "hs_task_body": "notes",
    "hs_task_priority": "priority",
    "hs_task_type": "type",
    "hubspot_owner_id": "assign_to",
}


class CreateTask(Inputs):
    """A to-do for a seller, on the company."""

    assign_to: Owner = Field("account owner", description="Who gets it; an active user in HubSpot.")
    subject: PlainText = Field(min_length=1, max_length=500)
    due: DueDate = "in 2 working days"
    notes: HtmlText = Field("", max_length=60_000, description="Simple HTML; line breaks are kept.")
    priority: Literal["low", "medium", "high"] = "medium"
    type: Literal["todo", "call", "email"] = "todo"
    properties: dict[str, FieldValue] = Field(
        {},
        description="Further properties of the task by their internal names, each with its value; "
        "`{{ facts.seats }}` alone is the number itself.",
    )

    @field_validator("properties")
    @classmethod
    def _names(cls, properties: dict[str, Any]) -> dict[str, Any]:
        for name in properties:
            if word := _OWN_WORDS.get(name.lower()):
                raise ValueError(f"`{name}` has a word of its own: write `{word}`, beside `properties`")
        return properties


class UpdateProperties(Inputs):
    """Values for properties of the company."""

    properties: dict[str, FieldValue] = Field(
        min_length=1,
        description="Internal names, each with its new value; nothing after the colon empties it. "
        "`{{ facts.seats }}` alone is the number itself, and leaves the property as it is where the fact is not known.",
    )
