"""What authors write under `with:` of Appcues' actions."""

from __future__ import annotations

from pydantic import Field

from expansion.fields import FieldValue, Inputs, People, PlainText
from integrations.kit.nudges import Nudge


class _Property(Inputs):
    """A property that the targeting of a published flow asks for."""

    property: PlainText = Field(description="Name of the property that the flow's targeting asks for.")
    value: FieldValue = Field(description="The value it asks for; `{{ facts.seats }}` alone is the number.")
    cleared: FieldValue = Field(
        "", description="What the property gets once the episode is over (`when_cleared: take_back`); empty text else."
    )

    def nudge(self) -> Nudge:
        return Nudge(self.property, self.value, self.cleared)


class SetGroupProperty(_Property):
    """The property of the account's group: its id in Appcues is the account's id."""


class SetUserProperty(_Property):
    """The same property for people of the account, one by one."""

    people: People = Field(description="A people group from facts.yaml, or `involved`.")


class AddToSegment(Inputs):
    """People and a segment that a published flow is targeted at."""

    segment: PlainText = Field(description="Name of a segment of users in Studio, made by hand; its id will do.")
    people: People = Field(description="A people group from facts.yaml, or `involved`.")
