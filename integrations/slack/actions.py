"""Slack: messages in a channel, and to a person; many for one place as one digest."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from expansion.contract import Refused
from integrations.kit.shapes import reads
from integrations.slack.channels import channels
from integrations.slack.client import Api
from integrations.slack.inputs import MessageOwner, PostMessage
from integrations.slack.people import People
from integrations.slack.posting import DIGEST_ABOVE, Place, Posts

_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{7,}")


@reads("Slack")
class PostMessageAction(Posts):
    """To a channel."""

    name = "slack.post_message"
    title = "Post a message in a Slack channel"
    input_model = PostMessage
    announces = True
    note = f"More than {DIGEST_ABOVE} messages for one channel become one digest, unless `digest: false`."

    def __init__(self, api: Api, now: Callable[[], datetime]) -> None:
        super().__init__(api, now)
        self._ids: dict[str, str] = {}

    def place(self, where: str) -> Place:
        return Place(where, f"#{where}")

    def channel_id(self, place: Place) -> str:
        channel = place.channel
        if _CHANNEL_ID.fullmatch(channel):
            return channel
        if channel not in self._ids:
            self._ids |= {c["name"]: c["id"] for c in channels(self._api)}
        if channel not in self._ids:
            raise Refused(f"Slack, #{channel}: no channel of that name that the bot can see")
        return self._ids[channel]

    def posted(self, place: Place, channel_id: str) -> None:
        self._ids[place.channel] = channel_id


@reads("Slack")
class MessageOwnerAction(Posts):
    """To one person, as the app: what is said stays between the two."""

    name = "slack.message_owner"
    title = "Send a direct message in Slack to the account's owner"
    input_model = MessageOwner
    note = (
        f"More than {DIGEST_ABOVE} messages for one person become one digest, unless `digest: false`. "
        "The address has to be that of a member of the workspace."
    )

    def __init__(self, api: Api, now: Callable[[], datetime], people: People) -> None:
        super().__init__(api, now)
        self._people = people

    def place(self, where: str) -> Place:
        return Place(self._people.conversation(where), "a direct message")
