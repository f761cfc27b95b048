"""What authors write under `with:` of HubSpot's actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator

from expansion.fields import DueDate, FieldValue, HtmlText, Inputs, Owner, People, PlainText

# What an input of its own gives is given there.
_OWN_WORDS = {
    "hs_task_subject": "subject",
    "hs_timestamp": "due",
    "hs_task_body": "notes",
    "hs_task_priority": "priority",
    "hs_task_type": "type",
    "hubspot_owner_id": "assign_to",
}


def _further(properties: dict[str, Any], own: Mapping[str, str]) -> dict[str, Any]:
    for name in properties:
        if word := own.get(name.lower()):
            raise ValueError(f"`{name}` has a word of its own: write `{word}`, beside `properties`")
    return properties


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
        return _further(properties, _OWN_WORDS)


_OF_DEALS = {
    "dealname": "name",
    "dealstage": "stage",
    "pipeline": "pipeline",
    "amount": "amount",
    "closedate": "close",
    "dealtype": "type",
    "description": "notes",
    "hubspot_owner_id": "assign_to",
}


class CreateDeal(Inputs):
    """An open deal, on the company."""

    assign_to: Owner = Field("account owner", description="Who owns it; an active user in HubSpot.")
    name: PlainText = Field(min_length=1, max_length=255)
    stage: str = Field(min_length=1, description="The stage as it is called in the pipeline, or its id.")
    pipeline: str | None = Field(
        None, min_length=1, description="Its name or id; needed where several have a stage of that name."
    )
    close: DueDate = Field("in 60 days", description="The close date.")
    amount: FieldValue = Field(None, description="A number, such as `{{ worth }}`; left empty where it is not known.")
    type: str | None = Field(None, description="A value of the property Deal Type, such as `existingbusiness`.")
    notes: PlainText = Field("", max_length=32_000, description="The deal's description.")
    properties: dict[str, FieldValue] = Field(
        {},
        description="Further properties of the deal by their internal names, each with its value; "
        "`{{ facts.seats }}` alone is the number itself.",
    )

    @field_validator("properties")
    @classmethod
    def _names(cls, properties: dict[str, Any]) -> dict[str, Any]:
        return _further(properties, _OF_DEALS)


class AddToList(Inputs):
    """The account's company, or people of it, and a static list."""

    list: PlainText = Field(min_length=1, description="The list's name, or its id (ILS list id).")
    people: People | None = Field(
        None,
        description="A people group from facts.yaml, or `involved`: a list of contacts. Left out: the company itself.",
    )


class EnrolInSequence(Inputs):
    """People, a sequence, and in whose name it is sent."""

    sequence: PlainText = Field(min_length=1, description="The sequence's name, or its id.")
    people: People = Field(description="A people group from facts.yaml, or `involved`.")
    sender: Owner = Field(
        "account owner",
        description="Who sends it: a user with a seat of Sales or Service Hub and a connected inbox.",
    )


class UpdateProperties(Inputs):
    """Values for properties of the company."""

    properties: dict[str, FieldValue] = Field(
        min_length=1,
        description="Internal names, each with its new value; nothing after the colon empties it. "
        "`{{ facts.seats }}` alone is the number itself, and leaves the property as it is where the fact is not known.",
    )
