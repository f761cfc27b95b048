"""What authors write under `with:` of Pendo's actions."""

from __future__ import annotations

from pydantic import Field

from expansion.fields import FieldValue, Inputs, People, PlainText
from integrations.kit.nudges import Nudge


class SetAccountMetadata(Inputs):
    """A custom field of the account that the segment of a public guide asks for."""

    field: PlainText = Field(description="Name of a custom field of accounts, which has to be there in Pendo.")
    value: FieldValue = Field(description="The value the guide's segment asks for; `{{ facts.seats }}` is the number.")
    cleared: FieldValue = Field(
        "", description="What the field gets once the episode is over (`when_cleared: take_back`); empty text else."
    )

    def nudge(self) -> Nudge:
        return Nudge(self.field, self.value, self.cleared)


class AddToSegment(Inputs):
    """People and an uploaded segment of visitors that a public guide is shown to."""

    segment: PlainText = Field(description="Name of an uploaded segment of visitors; its id will do.")
    people: People = Field(description="A people group from facts.yaml, or `involved`.")
