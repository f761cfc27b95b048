"""rudder-sdk-python, as its documentation has it: set up as a module, flushed at the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import rudderstack.analytics as rudder
from saying import main


class RudderStack:
    def __init__(self, host: str, key: str) -> None:
        rudder.write_key, rudder.dataPlaneUrl = key, host
        rudder.host = host  # what stands behind `dataPlaneUrl`, which is no property of a module

    def user(self, person: str, traits: Mapping[str, Any]) -> None:
        rudder.identify(person, dict(traits))

    def account(self, person: Any, account: int, traits: Mapping[str, Any]) -> None:
        rudder.group(person, account, dict(traits))

    def event(self, person: Any, event: str, properties: Mapping[str, Any], at: datetime) -> None:
        rudder.track(person, event, dict(properties), timestamp=at)

    def close(self) -> None:
        rudder.shutdown()


main(RudderStack)
