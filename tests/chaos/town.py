"""The stand-ins in a process of their own, made anew for every run; and what they know of it afterwards.

`python -m tests.chaos.town`: says its address on stdout, and ends when its stdin does.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.all import stand_ins
from sandbox.kit.faults import Fault
from sandbox.kit.server import Server, build_app
from sandbox.kit.state import State
from tests import world
from tests.systems import system, systems


class Recording(State):
    """Keeps the order in which things were done."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[str, str, str]] = []

    def applied(self, vendor: str, what: str, key: str) -> None:
        self.done.append((vendor, what, key))
        super().applied(vendor, what, key)


class Town:
    """ASGI: `/_chaos/…` is ours, all else goes to the stand-ins of the run."""

    def __init__(self) -> None:
        self.app: Any = None
        self.state = Recording()
        self.taken: list[str] = []
        self.under_way = 0
        self.requests = 0
        self.longest_stall = 0.0
        self._watch: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._watch = self._watch or asyncio.ensure_future(self._watching())
        if scope["path"].startswith("/_chaos/"):
            answer = await self._control(Request(scope, receive))
            await answer(scope, receive, send)
            return
        self.under_way += 1
        self.requests += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.under_way -= 1

    async def _control(self, request: Request) -> Response:
        match request.url.path:
            case "/_chaos/new":
                self._begin(await request.json())
            case "/_chaos/calm":
                self.app.faults.waiting.clear()
        return JSONResponse(self._truth())

    def _begin(self, plan: dict[str, Any]) -> None:
        self.state, self.taken, self.requests, self.longest_stall = Recording(), [], 0, 0.0
        members = stand_ins(self.state)
        for member in members:
            member.load(_sample())
            system(member.name).arrange(member, plan)
        self.app = build_app(self.state, members)
        faults = self.app.faults
        faults.waiting += [Fault(**one) for one in plan["faults"]]
        take = faults.take

        def noting(method: str, vendor: str, path: str) -> Fault | None:
            fault: Fault | None = take(method, vendor, path)
            if fault:
                self.taken.append(f"{fault.vendor} {fault.kind} {fault.status}")
            return fault

        faults.take = noting

    def _truth(self) -> dict[str, Any]:
        return {
            "done": self.state.done,
            "taken": self.taken,
            "under_way": self.under_way,
            "requests": self.requests,
            "longest_stall": self.longest_stall,
            "accounts": self.state.all("salesforce.Account"),
            "companies": self.state.all("hubspot.companies"),
            "tasks": self.state.all("hubspot.tasks"),
        }

    async def _watching(self) -> None:
        """How long this process did not get to run: a stall as long as the settling time proves nothing."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.02)
            self.longest_stall = max(self.longest_stall, time.monotonic() - before - 0.02)


def _sample() -> dict[str, Any]:
    return world.sample() | {one.name: one.in_chaos() for one in systems() if one.in_chaos}


def main() -> None:
    with Server(Town()) as url:
        print(url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
