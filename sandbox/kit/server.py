"""What all stand-ins share: stored state, faults on demand, a log of requests, and the server around them.

A stand-in is stateful, pages like the vendor, keeps its limits and its error bodies, and can be told to misbehave.
It is never kinder than the vendor. State is written through to one SQLite file, so that a second demo finds the first.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.kit.loopback import only_here


class State:
    """Documents by collection and id, in memory and in one SQLite file; and how often each thing was applied."""

    def __init__(self, path: Path | None = None) -> None:
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")  # survives a kill of this process, which is all a stand-in needs
        self._db.execute("CREATE TABLE IF NOT EXISTS doc (collection, id, body, PRIMARY KEY (collection, id))")
        self._lock = threading.RLock()
        self._docs: dict[str, dict[str, dict[str, Any]]] = {}
        for collection, key, body in self._db.execute("SELECT collection, id, body FROM doc ORDER BY rowid"):
            self._docs.setdefault(collection, {})[key] = json.loads(body)

    def put(self, collection: str, key: str, doc: dict[str, Any]) -> None:
        with self._lock:
            self._docs.setdefault(collection, {})[key] = doc
            self._db.execute("INSERT OR REPLACE INTO doc VALUES (?, ?, ?)", (collection, key, json.dumps(doc)))

    def get(self, collection: str, key: str) -> dict[str, Any] | None:
        return self._docs.get(collection, {}).get(key)

    def count(self, collection: str) -> int:
        return len(self._docs.get(collection, {}))

    def all(self, collection: str) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._docs.get(collection, {}).values())

    def items(self, collection: str) -> list[tuple[str, dict[str, Any]]]:
        with self._lock:
            return list(self._docs.get(collection, {}).items())

    def delete(self, collection: str, key: str) -> bool:
        with self._lock:
            self._db.execute("DELETE FROM doc WHERE collection = ? AND id = ?", (collection, key))
            return self._docs.get(collection, {}).pop(key, None) is not None

    @contextmanager
    def all_or_nothing(self, *collections: str) -> Iterator[None]:
        """Where what is inside raises, these collections are as they were."""
        before = {name: dict(self._docs.get(name, {})) for name in collections}
        try:
            yield
        except BaseException:
            for name, docs in before.items():
                for key in list(self._docs.get(name, {}).keys() - docs.keys()):
                    self.delete(name, key)
                for key, doc in docs.items():
                    if self._docs.get(name, {}).get(key) is not doc:
                        self.put(name, key, doc)
            raise

    def next_id(self, sequence: str) -> int:
        with self._lock:
            number = int((self.get("_sequence", sequence) or {"n": 0})["n"]) + 1
            self.put("_sequence", sequence, {"n": number})
            return number

    def applied(self, vendor: str, what: str, key: str) -> None:
        """Count one outside change, so that tests can ask: exactly once? `key` is ours where the request held it."""
        with self._lock:
            name = f"{vendor}|{what}|{key}"
            times = int((self.get("_applied", name) or {"times": 0})["times"]) + 1
            self.put("_applied", name, {"vendor": vendor, "what": what, "key": key, "times": times})


@dataclass(frozen=True)
class InboxItem:
    """One thing that a person would have received."""

    system: str  # "salesforce"
    what: str  # "task", "message", "enrolment", ...
    to: str  # who receives it: an owner, a channel, a contact
    title: str
    html: str  # already escaped and rendered as that system would show it
    at: str  # ISO time
    account: str | None = None
    key: str | None = None
    facts: dict[str, str] = field(default_factory=dict)  # shown as a small table: due date, priority, …


class StandIn:
    """One vendor's API. `routes()` are mounted under `/{name}`; the base URL a client gets ends with that."""

    name: str

    def __init__(self, state: State) -> None:
        self.state = state

    def routes(self) -> list[BaseRoute]:
        raise NotImplementedError

    def inbox(self) -> list[InboxItem]:
        return []

    def load(self, sample: dict[str, Any]) -> None:
        """Take this vendor's part of the sample data (accounts, contacts, events…); loading twice changes nothing."""


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


class _DroppableProtocol(H11Protocol):
    """Puts the transport within reach, so that a fault can cut the connection."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def build_app(state: State, stand_ins: list[StandIn], extra_routes: list[BaseRoute] | None = None) -> ASGIApp:
    """All stand-ins behind one port: `/{name}/…`, `/_control/…`, and what `extra_routes` adds (the inbox)."""
    faults = Faults()

    async def add_fault(request: Request) -> Response:
        faults.waiting.append(Fault(**await request.json()))
        return JSONResponse({"waiting": len(faults.waiting)})

    async def clear_faults(request: Request) -> Response:
        faults.waiting.clear()
        return JSONResponse({"waiting": 0})

    async def applied(request: Request) -> Response:
        return JSONResponse(state.all("_applied"))

    async def requests(request: Request) -> Response:
        return JSONResponse(faults.requests)

    async def items(request: Request) -> Response:
        return JSONResponse([asdict(item) for stand_in in stand_ins for item in stand_in.inbox()])

    async def load(request: Request) -> Response:
        sample = await request.json()
        for stand_in in stand_ins:
            stand_in.load(sample)
        return JSONResponse({"loaded": [s.name for s in stand_ins]})

    routes: list[BaseRoute] = [
        Route("/_control/faults", add_fault, methods=["POST"]),
        Route("/_control/faults", clear_faults, methods=["DELETE"]),
        Route("/_control/applied", applied),
        Route("/_control/requests", requests),
        Route("/_control/inbox", items),
        Route("/_control/load", load, methods=["POST"]),
        *(extra_routes or []),
        *(Mount(f"/{stand_in.name}", routes=stand_in.routes()) for stand_in in stand_ins),
    ]
    return Misbehaving(Starlette(routes=routes), faults)


class Server:
    """The stand-ins on a loopback port, in a thread of this process; for tests. `with Server(app) as url:`."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        config = uvicorn.Config(
            only_here(app),
            host="127.0.0.1",
            port=port,
            http=_DroppableProtocol,
            log_level="critical",
            lifespan="off",
            ws="none",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the stand-ins did not start within 20 seconds")
            time.sleep(0.01)
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)

    def wait(self) -> Iterator[None]:
        while self._thread.is_alive():
            yield
            time.sleep(0.2)


Handler = Callable[[Request], Awaitable[Response]]
