"""What RudderStack's libraries send, for `expansion serve`: their data plane URL alone points them here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic_settings import BaseSettings

from expansion.contract import Arrived
from integrations.kit.inbound import MEGABYTE, Answer, Call, InboundBase, Most
from integrations.kit.pushed import basic_user, keys_of, must_be_one_of
from integrations.kit.segment_calls import PATHS
from integrations.kit.segment_calls import Calls as Spec
from integrations.kit.world import World
from integrations.rudderstack.settings import Settings


class Calls(InboundBase):
    """RudderStack's HTTP API, which is Segment's with keys of its own."""

    name: ClassVar[str] = "rudderstack.calls"
    title: ClassVar[str] = "What RudderStack's libraries send to `expansion serve`"
    gives: ClassVar[frozenset[str]] = frozenset({"events", "facts", "people"})
    settings_model: ClassVar[type[BaseSettings]] = Settings
    paths: ClassVar[tuple[str, ...]] = PATHS
    most: ClassVar[Most] = Most(8 * MEGABYTE, 16 * MEGABYTE)  # the libraries send 4 MB, unpacked; a 413 loses a batch
    later: ClassVar[tuple[int, int]] = (429, 1)  # the one for Node obeys Retry-After, the one for Python repeats anyway

    def __init__(self, keys: tuple[str, ...], now: Callable[[], datetime]) -> None:
        self._keys, self._now = keys, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        keys = keys_of(settings.serve_keys)
        return cls(keys, world.now) if keys else None

    def verify(self, call: Call) -> None:
        must_be_one_of(self._keys, basic_user(call.headers), "RudderStack", "RUDDERSTACK_SERVE_KEYS")

    def rows(self, call: Call) -> Iterator[Arrived]:
        # The library for Node sends `timestamp` only where the caller gave one.
        return Spec(self.name, ("timestamp", "originalTimestamp"), self.account, self._now).rows(call)

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        # Exactly 200: rudder-sdk-python sends again on any other 2xx, eleven times (2.1.9, measured).
        return Answer(200, b"OK", "text/plain; charset=utf-8")
