"""Segment's webhook destination, for `expansion serve`: what its sources gather, and audiences as traits and events.

segment.com/docs/connections/destinations/catalog/actions-webhook
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic_settings import BaseSettings

from expansion.contract import Arrived, NoAccess, Refused
from integrations.kit.inbound import MEGABYTE, Answer, Call, InboundBase, Most, said
from integrations.kit.segment_calls import Calls as Spec
from integrations.kit.signed import HEADER, first_of_list, has_secret, is_signed, secret_of
from integrations.kit.world import World
from integrations.segment.settings import WebhookSettings

_WRONG = (
    "Segment: the signature does not fit; set SEGMENT_WEBHOOK_SECRET to the shared secret of the destination, and let "
    "no proxy change the body"
)
_MANY = (
    "Segment: of a list of events only the first is signed; turn batching off in the destination, or set "
    f"SEGMENT_WEBHOOK_HEADER_SECRET and let the destination send it in the header {HEADER}"
)


class Webhook(InboundBase):
    """One event in a call, or a list. The answer has to come within five seconds."""

    name: ClassVar[str] = "segment.webhook"
    title: ClassVar[str] = "What Segment's webhook destination sends to `expansion serve`"
    gives: ClassVar[frozenset[str]] = frozenset({"events", "facts", "people"})
    settings_model: ClassVar[type[BaseSettings]] = WebhookSettings
    paths: ClassVar[tuple[str, ...]] = ("/segment/webhook",)
    methods: ClassVar[frozenset[str]] = frozenset({"POST", "PUT", "PATCH"})
    most: ClassVar[Most] = Most(16 * MEGABYTE, 16 * MEGABYTE)  # up to 4,000 events
    patience: ClassVar[float] = 4.0

    def __init__(self, secret: str, header: str | None, now: Callable[[], datetime]) -> None:
        self._secret, self._header, self._now = secret, header, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        secret = secret_of(settings.webhook_secret)
        return cls(secret, secret_of(settings.webhook_header_secret), world.now) if secret else None

    def verify(self, call: Call) -> None:
        is_list = call.raw.lstrip()[:1] == b"["
        signed = first_of_list(call.raw) if is_list else call.raw
        if not is_signed(self._secret, signed, call.headers.get("x-signature", ""), by="sha1", form="hex"):
            raise NoAccess(_WRONG)
        if self._header is not None and not has_secret(call.headers, self._header):
            raise NoAccess(f"Segment: the header {HEADER} is not SEGMENT_WEBHOOK_HEADER_SECRET; mend the destination")
        if is_list and self._header is None:
            raise Refused(_MANY)

    def rows(self, call: Call) -> Iterator[Arrived]:
        sent = call.json
        spec = Spec(self.name, ("timestamp", "originalTimestamp"), self.account, self._now)
        return spec.of(sent if isinstance(sent, list) else [sent])

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        return said(200, {"success": True})
