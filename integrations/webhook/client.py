"""Posts a message to an address of ours, signed anew for each try."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.kit.budgets import Budget
from integrations.kit.http import Api
from integrations.kit.named import address_of
from integrations.kit.world import World
from integrations.webhook.meanings import MEANINGS
from integrations.webhook.settings import LIMIT, RETRY, TIMEOUT, Settings
from integrations.webhook.signing import headers, key_of


@dataclass(frozen=True)
class Message:
    """What is sent: `id` is the same on every attempt, and receivers tell repeats by it."""

    to: str
    id: str
    body: bytes


class Client:
    """One client for all receivers; each is an address of its own."""

    def __init__(self, settings: Settings, world: World) -> None:
        self._known, self._now = settings.known, world.now
        self._key = key_of(settings.secret.get_secret_value())
        turn = Budget("Webhook", LIMIT, clock=world.clock, allowance=world.allowance)
        self._apis = {
            name: Api(address, MEANINGS, RETRY, world, turn=turn, timeout=TIMEOUT)
            for name, address in self._known.items()
        }

    def send(self, message: Message, *, again: bool) -> None:
        """Raises a Failure."""
        address = address_of(message.to, self._known, "Webhook", "WEBHOOK_ENDPOINTS")
        self._apis[message.to].hand_over(
            address, f"sending to `{message.to}`", message.body, lambda: self._headers(message), again=again
        )

    def _headers(self, message: Message) -> dict[str, str]:
        at = int(self._now().timestamp())
        return {"Content-Type": "application/json", **headers(self._key, message.id, at, message.body)}
