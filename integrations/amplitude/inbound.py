"""What Amplitude's libraries send, for `expansion serve`: their server URL alone points them here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic_settings import BaseSettings

from expansion.contract import Arrived, Failure, NoAccess, Refused
from integrations.amplitude.calls import Reader
from integrations.amplitude.settings import ServeSettings
from integrations.kit.inbound import MEGABYTE, Answer, Call, InboundBase, Most, said, status_of
from integrations.kit.pushed import each, keys_of, must_be_one_of
from integrations.kit.tolerant import loads
from integrations.kit.world import World

_FORMS = {"identify": "identification", "groupidentify": "identification"}


class Calls(InboundBase):
    """Amplitude's HTTP API, v2 and batch, and the forms of identify and groupidentify.

    The libraries look for `code` 200 in the body: that for Node sends again on other JSON, twelve times (1.5.73).
    """

    name: ClassVar[str] = "amplitude.calls"
    title: ClassVar[str] = "What Amplitude's libraries send to `expansion serve`"
    gives: ClassVar[frozenset[str]] = frozenset({"events", "facts", "people"})
    settings_model: ClassVar[type[BaseSettings]] = ServeSettings
    paths: ClassVar[tuple[str, ...]] = ("/2/httpapi", "/httpapi", "/batch", "/identify", "/groupidentify", "/")
    most: ClassVar[Most] = Most(24 * MEGABYTE, 32 * MEGABYTE)  # its batch API takes 20 MB

    def __init__(self, keys: tuple[str, ...], now: Callable[[], datetime]) -> None:
        self._keys, self._now = keys, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        keys = keys_of(settings.serve_keys)
        return cls(keys, world.now) if keys else None

    def is_mine(self, call: Call) -> bool:
        """PostHog's `/batch` has a list `batch`."""
        return "events" in call.sent or _form_of(call) is not None

    def verify(self, call: Call) -> None:
        given = call.form.get("api_key") if _form_of(call) else call.sent.get("api_key")
        if not call.body:
            raise Refused("the body is empty; look what is sent")
        must_be_one_of(self._keys, given, "Amplitude", "AMPLITUDE_SERVE_KEYS")

    def rows(self, call: Call) -> Iterator[Arrived]:
        reader = Reader(self.name, self.account, self._now())
        if (form := _form_of(call)) is not None:
            told = _listed(call.form.get(form, ""))
            kind = "$groupidentify" if call.path.endswith("/groupidentify") else "$identify"
            return each(self.name, [{"event_type": kind, **one} for one in told], reader.read)
        events = call.sent.get("events")
        if not isinstance(events, list):
            raise Refused("there is no list `events` in the body; look which library sends this")
        return each(self.name, events, reader.read)

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        uploaded = int(self._now().timestamp() * 1000)
        size = {"events_ingested": len(rows), "payload_size_bytes": len(call.raw), "server_upload_time": uploaded}
        return said(200, {"code": 200, **size})

    def no(self, call: Call, failure: Failure) -> Answer:
        # The library for Python stops at this text alone, and repeats any other 400 twelve times (1.3.0).
        wrong_key = isinstance(failure, NoAccess)
        status = 400 if wrong_key else status_of(failure, self.later)
        return said(status, {"code": status, "error": f"Invalid API key: {failure}" if wrong_key else str(failure)})


def _form_of(call: Call) -> str | None:
    """The field of a form that holds the calls, at the paths that take one."""
    field = _FORMS.get(call.path.rpartition("/")[2])
    return field if field is not None and call.body[:1] not in (b"{", b"[") else None


def _listed(text: str) -> list[Any]:
    try:
        found = loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused("`identification` is no JSON; look what is sent") from error
    many = found if isinstance(found, list) else [found]
    return [one for one in many if isinstance(one, dict)]
