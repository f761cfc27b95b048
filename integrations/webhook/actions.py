"""One message for each step. No receiver can be asked whether it has it: what broke off is for a person, unless all
receivers tell repeats by the id.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC
from typing import Any, ClassVar, cast

from expansion.contract import Done, Failure, Piece, Reply
from integrations.kit.declare import ActionBase
from integrations.webhook.client import Client, Message
from integrations.webhook.inputs import SendWebhook

TYPE, VERSION = "expansion.step", 1


class Send(ActionBase):
    """Sends; the receiver's yes is all there is to know of it."""

    name: ClassVar[str] = "webhook.send"
    title: ClassVar[str] = "Send a signed webhook"
    input_model = SendWebhook
    batch = 50  # not a limit of anybody's: how many pieces a task reports on together
    note: ClassVar[str | None] = "Zapier, n8n and Make take it at a webhook trigger."

    def __init__(self, client: Client) -> None:
        self._client = client

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        return [self._reply(piece) for piece in pieces]

    def _reply(self, piece: Piece) -> Reply:
        wanted = cast(SendWebhook, piece.input)
        try:
            self._client.send(Message(wanted.to, piece.key, body(piece)), again=self.repeatable)
        except Failure as failure:
            return failure
        return Done(f"{wanted.to}:{piece.key}")


class SendAgain(Send):
    """Where every receiver drops a message whose id it has had."""

    repeatable = True


def body(piece: Piece) -> bytes:
    """The message, the same byte for byte on every attempt."""
    wanted = cast(SendWebhook, piece.input)
    data: dict[str, Any] = {
        "key": piece.key,
        "account": {"id": piece.account.account_id, "name": piece.account.name, **_ids(piece)},
        "trigger": {"name": piece.trigger, "title": piece.trigger_title or piece.trigger},
        "playbook": {"name": piece.playbook, "title": piece.playbook_title or piece.playbook},
        "text": wanted.text,
        "fields": wanted.fields,
    }
    fired_at = piece.fired_at.astimezone(UTC).isoformat()
    said = {"type": TYPE, "version": VERSION, "timestamp": fired_at, "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _ids(piece: Piece) -> dict[str, Any]:
    """What the account is called in other systems, by system."""
    return {"ids": dict(piece.account.remote_ids)} if piece.account.remote_ids else {}
