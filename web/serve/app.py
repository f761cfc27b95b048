"""The service: reads a call, finds its door, has its rows on disk, and answers as its sender reads answers.

It knows no vendor. It bounds size and time, never redirects (several libraries follow with an empty GET, and take the
200 for success), and never cuts a call that it has begun to answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from expansion.contract import Arrived, Disposition, Failure, TryLater
from expansion.usage.pushed.journal_lines import lines_of
from integrations.kit.inbound import Answer, Call, InboundBase, Most, TooLarge, said
from web.serve.commit import Commit
from web.serve.doors import Doors, tidy
from web.serve.tally import Tally

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Listener = Callable[[Sequence[Arrived]], None]

log = logging.getLogger("expansion.serve")

IN_LINE = 128 * 1024  # bytes that are read on the loop; more costs the others time, and goes to a thread
# Libraries wait 10 to 15 seconds, and repeat what they gave up on; so all is said well before.
ANSWER = 5.0
BODY = 30.0  # seconds for a body to come


class Gone(Exception):
    """Whoever called has hung up before the body was there."""


def _nobody(rows: Sequence[Arrived]) -> None:
    """Nobody listens."""


@dataclass
class Service:
    """An ASGI application. `completed` makes rows whole before they are stored (accounts of people, for instance);
    `on_stored` is told of rows that are on disk, and must not take time; `on_answers` writes down what people say."""

    doors: Doors
    commit: Commit
    completed: Callable[[Sequence[Arrived]], Sequence[Arrived]] = tuple
    on_stored: Listener = _nobody
    on_answers: Callable[[Sequence[Disposition]], None] = _nobody
    tally: Tally = field(default_factory=Tally)
    answer_within: float = ANSWER

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        assert message["type"] == "lifespan.shutdown"
        await self.commit.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except Gone:
            return
        except TimeoutError:  # of a body that does not come
            answer = said(408, {"code": 408, "message": "the body did not come in time"}, connection="close")
        headers = {"content-type": answer.content_type, "content-length": str(len(answer.body)), **answer.headers}
        named = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": named})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path, method = tidy(scope["path"]), scope["method"]
        if path == "/health" and method in ("GET", "HEAD"):
            return said(200, {"status": "ok", "taken": self.tally.counts()})
        doors = self.doors.at(path)
        if not doors or not any(method in door.methods for door in doors):
            await _drained(receive)
            return _no_door(method) if doors else _nothing_here()
        most = Most(max(door.most.packed for door in doors), max(door.most.unpacked for door in doors))
        raw = await _body(receive, most.packed)
        if raw is None:
            return self._no(doors[0], _call(scope, path, b"", most), TooLarge("more was sent at once than is taken"))
        return await self._called(_call(scope, path, raw, most))

    async def _called(self, call: Call) -> Answer:
        """What becomes of a call. Whatever goes wrong, a sender hears something it understands, and in time."""
        try:
            async with asyncio.timeout(min(self.answer_within, self.doors.at(call.path)[0].patience)):
                return await self._taken(call)
        except TimeoutError:
            return self._no(self.doors.at(call.path)[0], call, TryLater("serve: the disk takes too long"))

    async def _taken(self, call: Call) -> Answer:
        if self.commit.is_full:
            return self._no(self.doors.at(call.path)[0], call, TryLater("serve: more comes than can be written down"))
        large = len(call.raw) > IN_LINE
        read = await asyncio.to_thread(self._read, call) if large else self._read(call)
        if isinstance(read, Answer):
            return read
        door, rows, lines = read
        try:
            if answers := [row for row in rows if isinstance(row, Disposition)]:
                await asyncio.to_thread(self._answered, door, answers)
            await self.commit.add(lines)
        except TryLater as failure:
            return self._no(door, call, failure)
        self.tally.took(door.name, rows)
        self._tell([row for row in rows if not isinstance(row, Disposition)])
        return door.yes(call, rows)

    def _read(self, call: Call) -> Answer | tuple[InboundBase, Sequence[Arrived], bytes]:
        """The rows of a call with the lines that will be written; or the answer to one that is refused."""
        door = self.doors.at(call.path)[0]
        try:
            door, failure = self.doors.of_call(call)
            if failure is not None:
                return self._no(door, call, failure)
            rows = self.completed(list(door.rows(call)))
            return door, rows, lines_of(row for row in rows if not isinstance(row, Disposition))
        except Failure as failure:
            return self._no(door, call, failure)
        except Exception as error:  # a fault of ours; the sender keeps what it has, and sends it again
            log.error("%s: %s while a call was read; nothing of it was taken", door.name, type(error).__name__)
            self.tally.failed(door.name)
            return self._no(door, call, TryLater("serve: a fault of this program; nothing was taken"))

    def _no(self, door: InboundBase, call: Call, failure: Failure) -> Answer:
        self.tally.refused(door.name, failure)
        return door.no(call, failure)

    def _answered(self, door: InboundBase, answers: Sequence[Disposition]) -> None:
        """In the ledger; TryLater where that takes nothing: whoever clicked sees that it did not work."""
        try:
            self.on_answers(answers)
        except Exception as error:
            log.error("%s: %s while answers were written down", door.name, type(error).__name__)
            raise TryLater("serve: the ledger takes nothing just now; nothing was taken") from error

    def _tell(self, rows: Sequence[Arrived]) -> None:
        try:
            self.on_stored(rows)
        except Exception as error:  # whoever listens stops nothing: the next run sees these rows
            log.error("%s in who listens to what was stored", type(error).__name__)


def _call(scope: Scope, path: str, raw: bytes, most: Most) -> Call:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    query = scope.get("query_string", b"").decode("latin-1")
    return Call(scope["method"], path, query, headers, raw, most, scope["path"])


async def _body(receive: Receive, most: int) -> bytes | None:
    """The whole body, as it came; None where it is longer than `most`. Then it is read to its end all the same, as a
    sender that still writes reads no answer."""
    parts: list[bytes] = []
    size = 0
    async with asyncio.timeout(BODY):
        async for part in _parts(receive):
            size += len(part)
            if size <= most:
                parts.append(part)
            else:
                parts.clear()
    return b"".join(parts) if size <= most else None


async def _drained(receive: Receive) -> None:
    async for _ in _parts(receive):
        pass


async def _parts(receive: Receive) -> Any:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


def _nothing_here() -> Answer:
    text = "nothing is taken at this path, or its door has no key; `expansion serve` says which doors are open"
    return said(404, {"code": 404, "message": text})


def _no_door(method: str) -> Answer:
    return said(405, {"code": 405, "message": f"not by {method}"})
