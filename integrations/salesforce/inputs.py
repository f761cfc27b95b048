"""What authors write under `with:` of Salesforce's actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from expansion.fields import DueDate, FieldValue, Inputs, Owner, People, PlainText
from integrations.salesforce.settings import FIELD

_FIELDS = "Further fields by their API names, each with its value; `{{ facts.seats }}` alone is the number itself."


_RECORD_TYPE = "The record type's name, where the org has several; left out: the user's default."


def _plain_names(fields: dict[str, Any], own: Mapping[str, str]) -> dict[str, Any]:
    """API names alone; what an input of its own gives is given there."""
    words = {name.lower(): word for name, word in own.items()}
    for name in fields:
        if not re.fullmatch(FIELD, name) or name.lower() == "id":
            raise ValueError(f"`{name}` is not a field that can be set; use the API name, like `Stage__c`")
        if word := words.get(name.lower()):
            raise ValueError(f"`{name}` has a word of its own: write `{word}`, beside `fields`")
    return fields


class CreateTask(Inputs):
    """A to-do for a seller, on the account."""

    assign_to: Owner = Field("account owner", description="Who gets it; an active user in Salesforce.")
    subject: PlainText = Field(min_length=1, max_length=255)
    due: DueDate = "in 2 working days"
    notes: PlainText = Field("", max_length=32_000, description="Shown as plain text; line breaks are kept.")
    priority: str = Field("Normal", max_length=255, description="A value of the org's Priority list.")
    record_type: str | None = Field(None, min_length=1, description=_RECORD_TYPE)
    fields: dict[str, FieldValue] = Field({}, description=_FIELDS)

    @field_validator("fields")
    @classmethod
    def _names(cls, fields: dict[str, Any]) -> dict[str, Any]:
        own = {"Subject": "subject", "ActivityDate": "due", "Description": "notes", "Priority": "priority"}
        return _plain_names(fields, own | {"OwnerId": "assign_to", "RecordTypeId": "record_type"})


class CreateOpportunity(Inputs):
    """An open deal on the account."""

    assign_to: Owner = "account owner"
    name: PlainText = Field(min_length=1, max_length=120)
    stage: str = Field(min_length=1, description="A value of the org's Stage list, such as `Prospecting`.")
    close: DueDate = Field("in 60 days", description="The close date.")
    amount: FieldValue = Field(None, description="A number, such as `{{ worth }}`; left empty where it is not known.")
    type: str | None = Field(None, description="A value of the org's Type list.")
    notes: PlainText = Field("", max_length=32_000)
    record_type: str | None = Field(None, min_length=1, description=_RECORD_TYPE)
    fields: dict[str, FieldValue] = Field({}, description=_FIELDS)

    @field_validator("fields")
    @classmethod
    def _names(cls, fields: dict[str, Any]) -> dict[str, Any]:
        own = {"Name": "name", "StageName": "stage", "CloseDate": "close", "Amount": "amount", "Type": "type"}
        more = {"Description": "notes", "OwnerId": "assign_to", "RecordTypeId": "record_type"}
        return _plain_names(fields, own | more)


class AddToCampaign(Inputs):
    """A campaign that is there, and people of the account."""

    campaign: str = Field(min_length=1, max_length=80, description="The campaign's name; its id will do.")
    people: People = Field(description="A people group from facts.yaml, or `involved`.")
    status: str | None = Field(
        None, min_length=1, description="One of the campaign's member statuses; left out: its default."
    )
    fields: dict[str, FieldValue] = Field({}, description=_FIELDS)

    @field_validator("fields")
    @classmethod
    def _names(cls, fields: dict[str, Any]) -> dict[str, Any]:
        own = {"CampaignId": "campaign", "ContactId": "people", "LeadId": "people", "Status": "status"}
        return _plain_names(fields, own)


class UpdateFields(Inputs):
    """Values for fields of the account."""

    fields: dict[str, FieldValue] = Field(
        min_length=1,
        description="Field names as Salesforce's API has them, each with its new value; nothing after the colon "
        "empties it. `{{ facts.seats }}` alone is the number itself, and leaves the field as it is where the fact is "
        "not known.",
    )

    @field_validator("fields")
    @classmethod
    def _names(cls, fields: dict[str, Any]) -> dict[str, Any]:
        return _plain_names(fields, {})
