"""Posts a card to a channel's workflow."""

from __future__ import annotations

import json
from typing import Any

from integrations.kit.budgets import Budget
from integrations.kit.http import Api
from integrations.kit.named import address_of
from integrations.kit.world import World
from integrations.teams.meanings import MEANINGS
from integrations.teams.settings import LIMIT, RETRY, TIMEOUT, Settings


class Client:
    """One client for all channels; each has a workflow, and each workflow an address and a limit of its own."""

    def __init__(self, settings: Settings, world: World) -> None:
        self._known = settings.known
        self._apis = {name: self._api(name, address, world) for name, address in self._known.items()}

    def post(self, channel: str, message: dict[str, Any]) -> None:
        """Raises a Failure."""
        address = address_of(channel, self._known, "Microsoft Teams", "TEAMS_CHANNELS")
        said = json.dumps(message, ensure_ascii=False).encode()
        self._apis[channel].hand_over(
            address, f"the channel `{channel}`", said, lambda: {"Content-Type": "application/json"}
        )

    @staticmethod
    def _api(name: str, address: str, world: World) -> Api:
        turn = Budget(f"Microsoft Teams, {name}", LIMIT, clock=world.clock, allowance=world.allowance)
        return Api(address, MEANINGS, RETRY, world, turn=turn, timeout=TIMEOUT)
