"""All stand-ins behind one port of this machine: the app around them, and the server that it runs in."""

from __future__ import annotations

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


class Server:
    """The stand-ins on a loopback port, in a thread of this process; for tests. `with Server(app) as url:`.

    `app` may be another one from then on: a port serves many tests, each with stand-ins of its own.
    """

    def __init__(self, app: ASGIApp | None = None, port: int = 0) -> None:
        self.app = app
        config = uvicorn.Config(
            only_here(self._answer),
            host="127.0.0.1",
            port=port,
            http=DroppableProtocol,
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

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None, "no stand-ins were put behind this port"
        await self.app(scope, receive, send)
