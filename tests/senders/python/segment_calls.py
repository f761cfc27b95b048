"""segment-analytics-python, as its documentation has it: a client, and `shutdown` at the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from saying import main
from segment.analytics import Client


class Segment:
    def __init__(self, host: str, key: str) -> None:
        self._client = Client(key, host=host)

    def user(self, person: str, traits: Mapping[str, Any]) -> None:
        self._client.identify(person, dict(traits))

    def account(self, person: Any, account: int, traits: Mapping[str, Any]) -> None:
        self._client.group(person, account, dict(traits))

    def event(self, person: Any, event: str, properties: Mapping[str, Any], at: datetime) -> None:
        self._client.track(person, event, dict(properties), timestamp=at)

    def close(self) -> None:
        self._client.flush()
        self._client.shutdown()


main(Segment)
