"""Who comes into a segment of Heap, and who leaves it, for `expansion serve`: about every four hours.

A person's field with the segment's name is true or false, and accounts are in the segment by their people. By Heap's
webhook specification of partner apps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, Self

from pydantic_settings import BaseSettings

from expansion.contract import Arrived, Aside, NoAccess, Refused
from expansion.usage.forms.cells import is_nothing
from integrations.heap.settings import SegmentsSettings
from integrations.kit.inbound import Answer, Call, InboundBase, said
from integrations.kit.pushed import Told, each, one_id
from integrations.kit.signed import is_signed, moment_near, secret_of
from integrations.kit.world import World

PAST, FUTURE = 60.0, 1.0  # seconds, as in Heap's own sample
_WRONG = (
    "Heap: the signature does not fit; set HEAP_WEBHOOK_SECRET to the secret of this webhook, and let no proxy change "
    "the body"
)
_OLD = "Heap: the call is more than a minute old, or from the future; check this machine's clock"


class Segments(InboundBase):
    """The webhook `segment.users.sync`."""

    name: ClassVar[str] = "heap.segments"
    title: ClassVar[str] = "Who is in which segment, as Heap sends it to `expansion serve`"
    gives: ClassVar[frozenset[str]] = frozenset({"people", "cohorts"})
    settings_model: ClassVar[type[BaseSettings]] = SegmentsSettings
    paths: ClassVar[tuple[str, ...]] = ("/heap/segments",)

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._secret, self._now = secret, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        secret = secret_of(settings.webhook_secret)
        return cls(secret, world.now) if secret else None

    def verify(self, call: Call) -> None:
        told = _told(call)
        stamp = told.get("ts", "")
        message = stamp.encode("utf-8", "replace") + call.raw
        if not is_signed(self._secret, message, told.get("hmac", ""), by="sha256", form="base64"):
            raise NoAccess(_WRONG)
        if not moment_near(stamp, self._now(), past=PAST, future=FUTURE):
            raise NoAccess(_OLD)

    def rows(self, call: Call) -> Iterator[Arrived]:
        """A person each. What comes twice says the same, and an older page does not outdo a newer one."""
        data = call.sent.get("data")
        segment = data.get("segment") if isinstance(data, dict) else None
        name = segment.get("name") if isinstance(segment, dict) else None
        if not isinstance(data, dict) or not isinstance(name, str) or is_nothing(name):
            raise Refused("Heap: there is no `data.segment.name` in the body; look what is sent")
        at = datetime.fromtimestamp(int(_told(call)["ts"][:15]) / 1000, UTC)
        told = Told(self.name, at, self._now())
        left, joined = (self._people(told, data, name, part) for part in ("remove", "add"))
        yield from (*left, *joined, told.cohort(name, joined=joined, left=left))

    def _people(self, told: Told, data: Mapping[str, Any], name: str, part: str) -> list[Arrived]:
        people = data.get(part) or []
        if not isinstance(people, list):
            return [Aside(self.name, f"its `{part}` is no list")]
        return list(each(self.name, people, partial(_row, told, name, part == "add")))

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        return said(200, {})


def _row(told: Told, name: str, is_in: bool, one: Mapping[str, Any]) -> Iterator[Arrived]:
    return told.person(one_id(one.get("id"), "id"), [], {name: is_in})


def _told(call: Call) -> Mapping[str, str]:
    """The parts of the header: `ts:1500000000000,hmac:…`."""
    parts = (part.strip().partition(":") for part in call.headers.get("heap-hash", "").split(","))
    return {key: value for key, _, value in parts}
