"""What PostHog's libraries send, for `expansion serve`: their host setting alone points them here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic_settings import BaseSettings

from expansion.contract import Arrived, Refused
from integrations.kit.inbound import Answer, Call, InboundBase, said
from integrations.kit.pushed import each, keys_of, must_be_one_of
from integrations.kit.world import World
from integrations.posthog.events import Reader
from integrations.posthog.settings import Settings


class Calls(InboundBase):
    """PostHog's capture API: `/batch/` of the libraries, and one event at a time.

    The usual limits: 5 MB are sent, and 13 MB with events of language models (measured, 7.91.1).
    """

    name: ClassVar[str] = "posthog.calls"
    title: ClassVar[str] = "What PostHog's libraries send to `expansion serve`"
    gives: ClassVar[frozenset[str]] = frozenset({"events", "facts", "people"})
    settings_model: ClassVar[type[BaseSettings]] = Settings
    paths: ClassVar[tuple[str, ...]] = ("/batch", "/capture", "/e", "/i/v0/e", "/track", "/engage")
    later: ClassVar[tuple[int, int]] = (429, 2)  # the library for Python waits as it is told, up to 30 s

    def __init__(self, keys: tuple[str, ...], now: Callable[[], datetime]) -> None:
        self._keys, self._now = keys, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        keys = keys_of(settings.serve_keys)
        return cls(keys, world.now) if keys else None

    def is_mine(self, call: Call) -> bool:
        """Amplitude's `/batch` has `events`, Mixpanel's `/track` a token inside each event alone."""
        if call.path.endswith(("/capture", "/e")):
            return True
        return "events" not in call.sent and ("batch" in call.sent or "api_key" in call.sent)

    def verify(self, call: Call) -> None:
        must_be_one_of(self._keys, _key(call), "PostHog", "POSTHOG_SERVE_KEYS")

    def rows(self, call: Call) -> Iterator[Arrived]:
        return each(self.name, _events(call.data), Reader(self.name, self.account, self._now()).read)

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        # Exactly 200: the library for Python sends again on 202 and 204 (7.91.1, measured).
        return said(200, {"status": 1})


def _events(sent: Any) -> list[Any]:
    if isinstance(sent, dict) and isinstance(sent.get("batch"), list):
        return list(sent["batch"])
    if isinstance(sent, list):
        return sent
    if isinstance(sent, dict) and "event" in sent:
        return [sent]
    raise Refused("there is no list `batch` in the body, and no `event`; look which library sends this")


def _key(call: Call) -> Any:
    """Beside the events, or in the first of them as posthog-js has it."""
    first = call.data[0] if isinstance(call.data, list) and call.data else call.data
    told: Mapping[str, Any] = first if isinstance(first, dict) else {}
    properties = told.get("properties")
    inside = properties.get("token") if isinstance(properties, dict) else None
    return told.get("api_key") or told.get("token") or inside
