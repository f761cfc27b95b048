"""What authors write under `with:` of Slack's actions."""

from __future__ import annotations

from pydantic import Field, field_validator

from expansion.fields import Inputs, MrkdwnText, Owner, PlainText

FIELDS = 10  # docs.slack.dev/reference/block-kit/blocks/section-block


class Said(Inputs):
    """What a message says, wherever it goes."""

    text: MrkdwnText = Field(description="What to say, in Slack's mrkdwn: *bold*, _italic_, <https://…|link>.")
    title: PlainText = Field("", description="A headline above the text, in large type.")
    fields: dict[str, MrkdwnText] = Field(
        {}, description="Numbers shown as a small table: {Seats: …, Worth: …}.", max_length=FIELDS
    )
    digest: bool = Field(True, description="Whether it may be put together with others for the same place.")
    buttons: bool = Field(
        False, description="Buttons to claim it, to snooze it for a day or a week, and to say whether it is useful."
    )
    updates: bool = Field(
        False, description="Say in its thread when somebody takes the task up, and when nobody has in time."
    )

    @property
    def where(self) -> str:
        """Where it goes, as the author says it."""
        raise NotImplementedError


class _InChannel(Inputs):
    channel: str = Field(description="Name of the channel, without the #; or its id, such as C024BE91L.")

    @field_validator("channel")
    @classmethod
    def _without_hash(cls, channel: str) -> str:
        if channel.startswith("#"):
            raise ValueError(f"write the channel without the #: `{channel.lstrip('#')}`")
        if not channel.strip():
            raise ValueError("the channel is empty; write its name without the #, such as `channel: expansion`")
        return channel


class _ToSomebody(Inputs):
    to: Owner = Field("account owner", description="`account owner`, or an e-mail address of the workspace.")


class PostMessage(Said, _InChannel):  # where it goes comes first in help and schema: pydantic begins with the last base
    """A message in a channel. Many at once for the same channel become one digest."""

    @property
    def where(self) -> str:
        return self.channel


class MessageOwner(Said, _ToSomebody):
    """A direct message to whoever owns the account. Many at once for the same person become one digest."""

    @property
    def where(self) -> str:
        return self.to
