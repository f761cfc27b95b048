"""Calls Heap's server-side API: developers.heap.io/reference/add-account-properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expansion.contract import NoAccess
from integrations.heap.meanings import MEANINGS, told
from integrations.heap.settings import RETRY, TIMEOUT, Settings
from integrations.kit import http, values
from integrations.kit.world import World

_WHAT = "setting properties of an account"


class Client:
    """The one call that Heap takes about accounts; it has none that reads. No limit is published for it."""

    def __init__(self, settings: Settings, world: World) -> None:
        self.settings = settings
        self._http = http.Api(settings.api, MEANINGS, RETRY, world, told=told, timeout=TIMEOUT)

    def set_properties(self, account: str, properties: Mapping[str, Any]) -> None:
        """What is set twice is set once. What a good reply says is not documented."""
        if self.settings.app_id is None:
            raise NoAccess(f"Heap, {_WHAT}: set HEAP_APP_ID; see Account > Manage > Projects")
        body = {
            "app_id": self.settings.app_id,
            "account_id": account,
            "properties": {name: _written(value) for name, value in properties.items()},
        }
        self._http.post("/api/add_account_properties", _WHAT, body, plain=True, again=True)


def _written(value: Any) -> str | int | float:
    """Heap takes texts and numbers; its own example writes yes and no as `true` and `false`."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else values.text(value)
