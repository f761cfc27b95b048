"""posthog, as its documentation has it: the groups of an event are named with each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from posthog import Posthog
from saying import ACCOUNT, main


class PostHog:
    def __init__(self, host: str, key: str) -> None:
        self._client = Posthog(key, host=host)

    def user(self, person: str, traits: Mapping[str, Any]) -> None:
        self._client.set(distinct_id=person, properties=dict(traits))

    def account(self, person: Any, account: int, traits: Mapping[str, Any]) -> None:
        self._client.group_identify("company", account, dict(traits))

    def event(self, person: Any, event: str, properties: Mapping[str, Any], at: datetime) -> None:
        groups = {"company": ACCOUNT}
        self._client.capture(event, distinct_id=person, properties=dict(properties), groups=groups, timestamp=at)

    def close(self) -> None:
        self._client.shutdown()


main(PostHog)
