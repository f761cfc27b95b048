"""All stand-ins behind one port of this machine, and mail behind the next: the app around them, and its server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.kit.faults import DroppableProtocol, Fault, Faults, Misbehaving
from sandbox.kit.loopback import only_here
from sandbox.kit.smtp import serve
from sandbox.kit.stand_in import StandIn
from sandbox.kit.state import State


def build_app(state: State, stand_ins: Sequence[StandIn], extra_routes: Sequence[BaseRoute] = ()) -> Misbehaving:
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
        *extra_routes,
        *(Mount(f"/{stand_in.name}", routes=stand_in.routes()) for stand_in in stand_ins),
    ]
    return Misbehaving(Starlette(routes=routes), faults)


_TRIES = 50  # to find two ports side by side


class Server:
    """The stand-ins on a loopback port, in a thread of this process; for tests. `with Server(app) as url:`. They take
    mail at the port after it.

    `app` may be another one from then on: a port serves many tests, each with stand-ins of its own.
    """

    def __init__(self, app: ASGIApp | None = None, port: int = 0) -> None:
        self.app = app
        config = uvicorn.Config(
            only_here(self._answer),
            http=DroppableProtocol,
            log_level="critical",
            lifespan="off",
            ws="none",
        )
        self._port = port
        self._server = _WebAndMail(config, self._answer)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> str:
        self._web, self._server.mail = two_ports(self._port)
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the stand-ins did not start within 20 seconds")
            time.sleep(0.01)
        return f"http://127.0.0.1:{self._web.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)

    def _run(self) -> None:
        self._server.run([self._web])

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None, "no stand-ins were put behind this port"
        await self.app(scope, receive, send)


class _WebAndMail(uvicorn.Server):
    """One loop for both, so that a stand-in is in no two threads at once."""

    mail: socket.socket  # where mail is taken, bound already

    def __init__(self, config: uvicorn.Config, app: ASGIApp) -> None:
        super().__init__(config)
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._takes_mail = await serve(self._app, self.mail)
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._takes_mail.close()
        await super().shutdown(sockets)


def two_ports(first: int = 0) -> tuple[socket.socket, socket.socket]:
    """A port of this machine and the one after it; any that are free for 0. Raises OSError where one is taken."""
    for left in reversed(range(_TRIES if first == 0 else 1)):
        one = _bound(first)
        try:
            return one, _bound(one.getsockname()[1] + 1)
        except (OSError, OverflowError):
            one.close()
            if left == 0:
                raise
    raise AssertionError("the last try returns or raises")


def _bound(port: int) -> socket.socket:
    sock = socket.socket()
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
    except BaseException:
        sock.close()
        raise
    return sock
