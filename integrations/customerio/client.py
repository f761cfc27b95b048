"""Calls Customer.io's Track API: docs.customer.io/integrations/api/track."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.customerio.meanings import MEANINGS, told
from integrations.customerio.settings import LIMIT, RETRY, TIMEOUT, Settings
from integrations.kit import http
from integrations.kit.budgets import Budget
from integrations.kit.world import World


class Client:
    """One call that writes, and one that asks where the account lives."""

    def __init__(self, settings: Settings, world: World) -> None:
        self._settings = settings
        place = f"{settings.api} {settings.site_id}"
        self._http = http.Api(
            settings.api,
            MEANINGS,
            RETRY,
            world,
            told=told,
            turn=Budget("Customer.io", LIMIT, clock=world.clock, allowance=world.allowance, place=place),
            auth=(settings.site_id, settings.api_key.get_secret_value()),
            timeout=TIMEOUT,
        )

    def region(self) -> dict[str, Any]:
        """In which region the account lives, as it is told to who has its keys."""
        return self._http.get("/api/v1/accounts/region", "reading the account's region")

    def set_attributes(self, account: str, attributes: Mapping[str, Any]) -> None:
        """Of the object that stands for the account; there is one from then on. What is set twice is set once."""
        entity = {
            "type": "object",
            "action": "identify",
            "identifiers": {"object_type_id": self._settings.object_type_id, "object_id": account},
            "attributes": dict(attributes),
        }
        self._http.post("/api/v2/entity", "setting attributes of an object", entity, again=True)
