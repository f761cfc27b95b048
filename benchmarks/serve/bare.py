"""The least that a receiver can do: each body is appended to a file and synced before its answer. Nothing is read."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Bare:
    """`shared`: all that wait at a moment share a write and a sync, as the product does it."""

    def __init__(self, path: str, *, shared: bool) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._shared = shared
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if body:
            await (self._together(body) if self._shared else self._alone(body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    async def _alone(self, body: bytes) -> None:
        os.write(self._file, body)
        os.fsync(self._file)

    async def _together(self, body: bytes) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((body, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting, []
            await asyncio.to_thread(self._put, b"".join(body for body, _ in some))
            for _, done in some:
                done.set_result(None)

    def _put(self, bodies: bytes) -> None:
        os.write(self._file, bodies)
        os.fsync(self._file)


def main(path: str, port: str, how: str) -> None:
    """Serve until it is ended."""
    server = Bare(path, shared=how == "shared")
    uvicorn.run(server, host="127.0.0.1", port=int(port), log_config=None, access_log=False, lifespan="off")


if __name__ == "__main__":
    main(*sys.argv[1:])
