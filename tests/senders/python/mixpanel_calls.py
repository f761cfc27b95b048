"""mixpanel, as its documentation has it: the group key is a property of each event. It sends at once, and in turn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mixpanel import Consumer
from mixpanel import Mixpanel as Client
from saying import ACCOUNT, main


class Mixpanel:
    def __init__(self, host: str, key: str) -> None:
        # By whole addresses: `api_host` is one of TLS alone.
        consumer = Consumer(events_url=f"{host}/track", people_url=f"{host}/engage", groups_url=f"{host}/groups")
        self._client = Client(key, consumer=consumer)

    def user(self, person: str, traits: Mapping[str, Any]) -> None:
        self._client.people_set(person, dict(traits))

    def account(self, person: Any, account: int, traits: Mapping[str, Any]) -> None:
        self._client.group_set("company", account, dict(traits))
        self._client.people_set(person, {"company": account})

    def event(self, person: Any, event: str, properties: Mapping[str, Any], at: datetime) -> None:
        self._client.track(person, event, {"company": ACCOUNT, "time": at.timestamp(), **properties})

    def close(self) -> None:
        pass


main(Mixpanel)
