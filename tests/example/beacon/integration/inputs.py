"""What authors write under `with:` of Beacon's action."""

from __future__ import annotations

from pydantic import Field

from expansion.fields import Inputs, PlainText


class PostNote(Inputs):
    """A note on the account that the trigger fired for."""

    title: PlainText = Field(description="What the note is about, in a line.")
    text: PlainText = Field(description="The note itself.")
