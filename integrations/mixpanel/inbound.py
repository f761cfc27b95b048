"""What Mixpanel's libraries send, for `expansion serve`: their API host alone points them here."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic_settings import BaseSettings

from expansion.contract import Arrived, Aside, Failure, Refused
from integrations.kit.inbound import Answer, Call, InboundBase, said, status_of
from integrations.kit.pushed import each, keys_of, must_be_one_of, shown
from integrations.kit.tolerant import loads
from integrations.kit.world import World
from integrations.mixpanel.calls import Reader, token_of
from integrations.mixpanel.settings import ServeSettings


class Calls(InboundBase):
    """Mixpanel's ingestion API. Its libraries read the body of an answer, and not its status: the one for Python asks
    for JSON (`verbose=1`), the one for Node takes exactly `1` for a yes (5.4.1 and 0.24.0, measured)."""

    name: ClassVar[str] = "mixpanel.calls"
    title: ClassVar[str] = "What Mixpanel's libraries send to `expansion serve`"
    gives: ClassVar[frozenset[str]] = frozenset({"events", "facts", "people"})
    settings_model: ClassVar[type[BaseSettings]] = ServeSettings
    paths: ClassVar[tuple[str, ...]] = ("/track", "/import", "/engage", "/groups")
    methods: ClassVar[frozenset[str]] = frozenset({"GET", "POST"})  # the one for Node asks by GET

    def __init__(self, keys: tuple[str, ...], now: Callable[[], datetime]) -> None:
        self._keys, self._now = keys, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        keys = keys_of(settings.serve_keys)
        return cls(keys, world.now) if keys else None

    def is_mine(self, call: Call) -> bool:
        return "batch" not in call.sent and "api_key" not in call.sent

    def verify(self, call: Call) -> None:
        sent = _items(call)
        must_be_one_of(self._keys, token_of(sent[0]) if sent else None, "Mixpanel", "MIXPANEL_SERVE_KEYS")

    def rows(self, call: Call) -> Iterator[Arrived]:
        reader = Reader(self.name, self.account, self._now())
        kinds = {"engage": reader.person, "groups": reader.group}
        read = kinds.get(call.path.rpartition("/")[2], reader.event)
        ours = [one for one in _items(call) if self._is_ours(one)]
        yield from each(self.name, ours, read)
        others = [one for one in _items(call) if not self._is_ours(one)]
        yield from (Aside(self.name, "its token is another one than MIXPANEL_SERVE_KEYS", shown(one)) for one in others)

    def _is_ours(self, one: Any) -> bool:
        token = token_of(one)
        given = token.encode("utf-8", "replace") if isinstance(token, str) else b""
        return any(hmac.compare_digest(given, key.encode()) for key in self._keys)

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        if _is_verbose(call):
            return said(200, {"status": 1, "error": None})
        if _is_plain_json(call):
            return said(200, {"code": 200, "num_records_imported": len(rows), "status": "OK"})
        return Answer(200, b"1", "text/plain; charset=utf-8")

    def no(self, call: Call, failure: Failure) -> Answer:
        status = status_of(failure, self.later)
        if _is_verbose(call):
            return said(status, {"status": 0, "error": str(failure)})
        if _is_plain_json(call):
            return said(status, {"code": status, "error": str(failure), "status": "Bad Request"})
        return Answer(status, str(failure).encode(), "text/plain; charset=utf-8")  # Node hands it to the callback


def _items(call: Call) -> list[Any]:
    """A list, one object, or an object a line."""
    try:
        sent = call.data
    except Refused:
        sent = _lines(call.body)
    return sent if isinstance(sent, list) else [sent]


def _lines(body: bytes) -> list[Any]:
    lines = [line for line in body.split(b"\n") if line.strip()]
    if len(lines) < 2 or not body.lstrip().startswith(b"{"):
        raise Refused("this is no JSON; look at what is sent, and whether a proxy changes it")
    return [_line(line) for line in lines]


def _line(line: bytes) -> Any:
    try:
        return loads(line)
    except (ValueError, RecursionError):
        return line.decode("utf-8", "replace")  # set aside as what it is


def _is_verbose(call: Call) -> bool:
    try:
        return call.form.get("verbose") == "1" or "verbose=1" in call.query.split("&")
    except Refused:
        return False


def _is_plain_json(call: Call) -> bool:
    return call.raw[:1] in (b"{", b"[", b"\x1f")
