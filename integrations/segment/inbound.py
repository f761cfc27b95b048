"""What Segment's libraries send, for `expansion serve`: their host setting alone points them here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic_settings import BaseSettings

from expansion.contract import Arrived
from integrations.kit.inbound import MEGABYTE, Answer, Call, InboundBase, Most, said
from integrations.kit.pushed import basic_user, keys_of, must_be_one_of
from integrations.kit.segment_calls import PATHS
from integrations.kit.segment_calls import Calls as Spec
from integrations.kit.world import World
from integrations.segment.settings import ServeSettings


class Calls(InboundBase):
    """Segment's HTTP API: `/v1/batch` of the libraries, and each call by itself."""

    name: ClassVar[str] = "segment.calls"
    title: ClassVar[str] = "What Segment's libraries send to `expansion serve`"
    gives: ClassVar[frozenset[str]] = frozenset({"events", "facts", "people"})
    settings_model: ClassVar[type[BaseSettings]] = ServeSettings
    paths: ClassVar[tuple[str, ...]] = PATHS
    most: ClassVar[Most] = Most(4 * MEGABYTE, 8 * MEGABYTE)  # the libraries send 500 KB; a 413 loses a batch for ever
    later: ClassVar[tuple[int, int]] = (429, 2)  # they obey Retry-After on a 429, and merge what waits

    def __init__(self, keys: tuple[str, ...], now: Callable[[], datetime]) -> None:
        self._keys, self._now = keys, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        keys = keys_of(settings.serve_keys)
        return cls(keys, world.now) if keys else None

    def verify(self, call: Call) -> None:
        # analytics-python 2.3.6 sends the key in the body alone, 2.4.0 in both places (measured).
        given = basic_user(call.headers) or call.sent.get("writeKey")
        must_be_one_of(self._keys, given, "Segment", "SEGMENT_SERVE_KEYS")

    def rows(self, call: Call) -> Iterator[Arrived]:
        return Spec(self.name, ("timestamp", "originalTimestamp"), self.account, self._now).rows(call)

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        # Exactly 200: 2.3.6 sends again on any other 2xx, eleven times.
        return said(200, {"success": True})
