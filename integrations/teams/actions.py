"""Messages in a channel. A workflow takes them without an id and tells nobody what it has posted: what broke off is for
a person to look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from expansion.contract import Done, Failure, Piece, Reply
from integrations.kit.declare import ActionBase
from integrations.teams.card import message
from integrations.teams.client import Client
from integrations.teams.inputs import PostMessage


class PostMessageAction(ActionBase):
    """Posts by the workflow of a channel."""

    name: ClassVar[str] = "teams.post_message"
    title: ClassVar[str] = "Post a message in a channel of Microsoft Teams"
    input_model = PostMessage
    announces = True
    batch = 50  # not a limit of Microsoft's: how many pieces a task reports on together

    def __init__(self, client: Client) -> None:
        self._client = client

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        return [self._reply(piece) for piece in pieces]

    def _reply(self, piece: Piece) -> Reply:
        wanted = cast(PostMessage, piece.input)
        try:
            self._client.post(wanted.channel, message(piece, wanted))
        except Failure as failure:
            return failure
        return Done(f"{wanted.channel}:{piece.key}", note="handed to the workflow, which posts it")
