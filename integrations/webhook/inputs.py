"""What authors write under `with:` of a webhook."""

from __future__ import annotations

from pydantic import Field

from expansion.fields import FieldValue, Inputs, PlainText


class SendWebhook(Inputs):
    """A message to one of the addresses in WEBHOOK_ENDPOINTS."""

    to: str = Field("default", description="The name of an address in WEBHOOK_ENDPOINTS.")
    text: PlainText = Field("", description="What a person who reads it should know.")
    fields: dict[str, FieldValue] = Field(
        {},
        description="Values by name, each as what it is: `{seats: '{{ facts.seats_used }}'}` is a number.",
        max_length=50,
    )
