"""What authors write under `with:` of Gainsight's actions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from expansion.fields import DueDate, FieldValue, HtmlText, Inputs, Owner, PlainText


class CreateCta(Inputs):
    """A call to action for the owner of a company, in the Cockpit."""

    assign_to: Owner = Field("account owner", description="Who gets it; an active user in Gainsight.")
    name: PlainText = Field(min_length=1, max_length=500, description="What it is about, in a line.")
    type: PlainText = Field("Opportunity", min_length=1, description="The CTA type, by its name in Gainsight.")
    reason: PlainText = Field(min_length=1, description="The CTA reason, by its name in Gainsight.")
    due: DueDate = "in 2 working days"
    comments: HtmlText = Field("", max_length=20_000, description="Simple HTML; line breaks are kept.")
    priority: PlainText = Field("Medium", description="The priority, by its name in Gainsight.")
    status: PlainText = Field("New", description="The status it begins with, by its name in Gainsight.")
    playbook: PlainText | None = Field(None, description="A playbook of Gainsight to apply, by its name.")
    if_open: Literal["join", "create"] = Field(
        "join",
        description="Where the company has an open CTA of this type and reason: `join` adds the comments to that one, "
        "as Gainsight's own rules do; `create` makes another.",
    )


class AddTimelineActivity(Inputs):
    """An entry in the company's Timeline."""

    author: Owner = Field("account owner", description="In whose name it stands; an active user in Gainsight.")
    subject: PlainText = Field(min_length=1, max_length=500)
    notes: HtmlText = Field(min_length=1, max_length=50_000, description="Simple HTML; line breaks are kept.")
    type: PlainText = Field("Update", description="The activity type, by its name in Gainsight.")


class UpdateCompany(Inputs):
    """Values for fields of the company."""

    fields: dict[str, FieldValue] = Field(
        min_length=1,
        description="Fields by their names in Data Management, each with its new value; nothing after the colon "
        "empties it. `{{ facts.seats }}` alone is the number itself, and leaves the field as it is where the fact is "
        "not known.",
    )
