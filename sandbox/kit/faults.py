"""Misbehaving on demand: answers that are not a yes, slow ones, half ones, none; and a log of every request."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

FaultKind = Literal["status", "slow", "trickle", "trickle_headers", "cut_before", "cut_after", "truncate"]


@dataclass
class Fault:
    """How to misbehave, the next `times` requests that fit.

    status: answer `status` with `headers` and `body`, nothing applied. slow: wait `seconds` first, then do the work,
    also for a caller who has hung up. trickle: do the work, then send the reply byte by byte, one every twentieth of
    a second; trickle_headers: a reply whose headers come like that, for up to `seconds`. cut_before: drop the
    connection, nothing applied. cut_after: do the work, then drop the connection. truncate: do the work, answer half.
    """

    vendor: str
    kind: FaultKind
    method: str | None = None
    path: str | None = None  # a part of the path
    times: int = 1
    after: int = 0  # let so many fitting requests pass first
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    seconds: float = 0.0


class Faults:
    """The faults waiting to happen, and every request seen."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self.requests: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def take(self, method: str, vendor: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self.waiting:
                fits = fault.vendor == vendor and (fault.method or method) == method and (fault.path or "") in path
                if not fits:
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None


_DRIP = 0.05  # seconds between two bytes of a reply that trickles


class Misbehaving:
    """ASGI middleware that logs every request and plays the faults."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app, self.faults = app, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        vendor = path.strip("/").split("/")[0]
        if scope["type"] != "http" or vendor in ("_control", "inbox", ""):
            await self.app(scope, receive, send)
            return
        entry = {"at": time.time(), "method": scope["method"], "vendor": vendor, "path": path, "status": None}
        self.faults.requests.append(entry)
        fault = self.faults.take(scope["method"], vendor, path)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        if fault is None:
            await self.app(scope, receive, noting)
            return
        await self._play(fault, scope, receive, noting)

    async def _play(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.kind:
            case "status":
                await _answer(fault)(scope, receive, send)
            case "slow":
                arrived = await _arrived(receive)
                await asyncio.sleep(fault.seconds)
                await self.app(scope, arrived, send)
            case "trickle":
                await _trickle(await self._whole(scope, receive), scope, send)
            case "trickle_headers":
                await self.app(scope, receive, _swallow)
                await _trickle_headers(scope, fault.seconds)
            case "cut_before":
                _drop(scope)
            case "cut_after":
                await self.app(scope, receive, _swallow)
                _drop(scope)
            case "truncate":
                start, body = await self._whole(scope, receive)
                await send(start)  # with the content-length of the whole
                await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
                await asyncio.sleep(0.05)
                _drop(scope)

    async def _whole(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        """The reply: how it starts, and its body."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, keep)
        return messages[0], b"".join(m.get("body", b"") for m in messages if m["type"] == "http.response.body")


async def _trickle(reply: tuple[Message, bytes], scope: Scope, send: Send) -> None:
    start, body = reply
    await send(start)
    for byte in body:
        if scope["state"]["transport"].is_closing():
            return
        await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        await asyncio.sleep(_DRIP)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _trickle_headers(scope: Scope, seconds: float) -> None:
    transport, end = scope["state"]["transport"], time.monotonic() + seconds
    transport.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not transport.is_closing() and time.monotonic() < end:
        transport.write(b"a")
        await asyncio.sleep(_DRIP)
    transport.abort()


def _answer(fault: Fault) -> Response:
    if isinstance(fault.body, str):
        return PlainTextResponse(fault.body, fault.status, fault.headers)
    return JSONResponse(fault.body if fault.body is not None else {}, fault.status, fault.headers)


async def _arrived(receive: Receive) -> Receive:
    """The request as it has come in: a system that has it carries it out, whether or not the caller has hung up."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return again


async def _swallow(message: Message) -> None:
    """Takes a reply that nobody will see."""


def _drop(scope: Scope) -> None:
    scope["state"]["transport"].abort()


class DroppableProtocol(H11Protocol):
    """Puts the transport within reach, so that a fault can cut the connection."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}
