"""SMTP in front of the stand-ins: each command of a session becomes one request of theirs, and its answer the reply.

So mail goes through the same faults, the same log of requests and the same counting as HTTP. A ready server
(aiosmtpd) answers by itself, and could play none of them. `EHLO acme.example` is the request `EHLO /email/smtp` with
the argument as its body; what is known of the session lies in `scope["state"]["session"]`. After a 354 the lines up to
the dot are the request `TEXT`.
"""

from __future__ import annotations

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message

WORDED = b"x-smtp"  # a reply with this header is what goes over the wire, as it is
_PATH = "/email/smtp"
_LONGEST = 64 * 2**20  # bytes of a line or text that are read at all
_SHUTTING_DOWN = b"421 4.3.2 Service shutting down and closing transmission channel\r\n"
_OF_BROWSERS = (b"GET", b"POST", b"PUT", b"OPTIONS")  # a page that somebody looks at must not send mail here
_GO_AHEAD, _CLOSES, _SECURES = b"354", (b"421", b"221"), b"220"


def beside(url: str) -> str:
    """Where the stand-ins that answer HTTP at `url` take mail: at the next port."""
    return f"smtp://127.0.0.1:{(urlsplit(url).port or 0) + 1}"


class Mail:
    """Takes connections for an ASGI app. With a certificate's `context` it offers STARTTLS, or speaks TLS at once."""

    def __init__(self, app: ASGIApp, context: ssl.SSLContext | None = None) -> None:
        self._app, self._context = app, context

    async def __call__(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            await self._session(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # who hung up hears no more
        finally:
            writer.close()

    async def _session(self, reader: StreamReader, writer: StreamWriter) -> None:
        session: dict[str, Any] = {"tls": "offered" if self._context else ""}
        code = await self._ask("CONNECT", b"", session, writer)
        while code not in _CLOSES and not writer.is_closing():
            if code == _GO_AHEAD:
                code = await self._ask("TEXT", await _text(reader), session, writer)
                continue
            verb, _, said = (await reader.readuntil(b"\r\n")).rstrip(b"\r\n").partition(b" ")
            if verb.upper() in _OF_BROWSERS:
                return
            code = await self._ask(verb.decode("ascii", "replace").upper(), said, session, writer)
            if verb.upper() == b"STARTTLS" and code == _SECURES and self._context:
                await writer.start_tls(self._context)
                session.clear()

    async def _ask(self, verb: str, said: bytes, session: dict[str, Any], writer: StreamWriter) -> bytes:
        """Have the app answer; the code of its reply."""
        wire = _Wire(writer)
        arrived = iter([{"type": "http.request", "body": said, "more_body": False}])

        async def receive() -> Message:
            return next(arrived, {"type": "http.disconnect"})

        await self._app(_scope(verb, session, writer), receive, wire.send)
        return wire.sent[:3]


class _Wire:
    """Turns an answer into the lines of a reply, as it comes."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._status, self._worded, self._kind = 0, False, b""
        self.sent = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = dict(message["headers"])
            self._status, self._worded = message["status"], WORDED in headers
            self._kind = headers.get(b"content-type", b"")
            return
        if self._writer.is_closing():
            return
        part = message.get("body", b"")
        line = part if self._worded or not part else self._of_a_fault(part)
        self.sent += line
        self._writer.write(line)
        await self._writer.drain()

    def _of_a_fault(self, body: bytes) -> bytes:
        """A fault knows HTTP's statuses: one without words means a server that is down; a page is sent as it is."""
        if b"json" in self._kind:
            return _SHUTTING_DOWN
        return body + b"\r\n" if self._status == 200 else b"%d %s\r\n" % (self._status, body)


async def _text(reader: StreamReader) -> bytes:
    """The lines up to the dot, without the dots that were doubled."""
    lines: list[bytes] = []
    while (line := await reader.readuntil(b"\r\n")) != b".\r\n":
        lines.append(line.removeprefix(b"."))
    return b"".join(lines)


def _scope(verb: str, session: dict[str, Any], writer: StreamWriter) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": verb,
        "scheme": "smtp",
        "path": _PATH,
        "raw_path": _PATH.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
        "state": {"transport": writer.transport, "session": session},
    }


async def serve(app: ASGIApp, sock: Any = None, context: ssl.SSLContext | None = None, **how: Any) -> asyncio.Server:
    """Take connections, on this socket or at an address."""
    where = {"sock": sock} if sock is not None else how
    return await asyncio.start_server(Mail(app, context), limit=_LONGEST, **where)
