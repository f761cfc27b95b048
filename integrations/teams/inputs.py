"""What authors write under `with:` of a message in Teams."""

from __future__ import annotations

from pydantic import Field

from expansion.fields import Inputs, MrkdwnText, PlainText

FIELDS = 10


class PostMessage(Inputs):
    """A message in a channel, written as for Slack, so that a playbook may change from one to the other."""

    channel: str = Field(description="The name of a channel in TEAMS_CHANNELS.")
    text: MrkdwnText = Field(description="What to say: *bold*, _italic_, <https://…|link>, lines that begin with •.")
    title: PlainText = Field("", description="A headline above the text, in large type.")
    fields: dict[str, MrkdwnText] = Field(
        {}, description="Numbers shown as a small table: {Seats: …, Worth: …}.", max_length=FIELDS
    )
