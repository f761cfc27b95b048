"""amplitude-analytics, as its documentation has it: a person's group is set once, events repeat nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from amplitude import Amplitude as Client
from amplitude import BaseEvent, Config, EventOptions, Identify
from saying import main

logging.getLogger("amplitude").setLevel(logging.CRITICAL)


class Amplitude:
    def __init__(self, host: str, key: str) -> None:
        self._client = Client(key, Config(server_url=f"{host}/2/httpapi"))

    def user(self, person: str, traits: Mapping[str, Any]) -> None:
        self._client.identify(_set(traits), EventOptions(user_id=person))

    def account(self, person: Any, account: int, traits: Mapping[str, Any]) -> None:
        # Its type takes a text or a list of texts; a number is dropped, and nothing said.
        self._client.set_group("company", str(account), EventOptions(user_id=person))
        self._client.group_identify("company", str(account), _set(traits))

    def event(self, person: Any, event: str, properties: Mapping[str, Any], at: datetime) -> None:
        milliseconds = int(at.timestamp() * 1000)
        self._client.track(BaseEvent(event, user_id=person, event_properties=dict(properties), time=milliseconds))

    def close(self) -> None:
        for sent in self._client.flush() or []:
            with suppress(OSError):  # of a cut connection; its callback hears nothing of it
                sent.result(30)
        self._client.shutdown()


def _set(traits: Mapping[str, Any]) -> Identify:
    identify = Identify()
    for name, value in traits.items():
        identify.set(name, value)
    return identify


main(Amplitude)
