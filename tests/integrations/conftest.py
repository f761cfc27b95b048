"""The stand-ins on a real port, fresh for each test, with short words for making them misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from sandbox.kit.server import Fault, Misbehaving, Server, StandIn, State, build_app

S = TypeVar("S", bound=StandIn)


class Switch:
    """One port for the whole session; each test puts its own stand-ins behind it."""

    def __init__(self) -> None:
        self.app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@dataclass
class StandIns:
    """What a test holds: `url` of the server, and the vendors' addresses by name below it."""

    url: str
    app: Misbehaving
    state: State
    members: list[StandIn]

    def base_url(self, vendor: str) -> str:
        return f"{self.url}/{vendor}"

    def get(self, kind: type[S]) -> S:
        return next(one for one in self.members if isinstance(one, kind))

    def fault(self, vendor: str, kind: str, **how: Any) -> None:
        """`fault("salesforce", "status", status=503, method="PATCH", path="composite")`; see sandbox.kit.server."""
        self.app.faults.waiting.append(Fault(vendor, kind, **how))  # type: ignore[arg-type]

    def applied(self, what: str | None = None) -> dict[str, int]:
        """How often each key was really applied: {key: times}."""
        return {d["key"]: d["times"] for d in self.state.all("_applied") if what in (None, d["what"])}

    def requests(self, method: str | None = None, path: str = "") -> list[dict[str, Any]]:
        """The requests seen so far whose path holds `path`."""
        seen = self.app.faults.requests
        return [r for r in seen if method in (None, r["method"]) and path in r["path"]]


@pytest.fixture(scope="session")
def _port() -> Iterator[tuple[str, Switch]]:
    switch = Switch()
    with Server(switch) as url:
        yield url, switch


@pytest.fixture
def stand_ins(_port: tuple[str, Switch]) -> Callable[..., StandIns]:
    """`stand_ins(Salesforce)`, or `stand_ins(lambda state: HubSpot(state, …), sample={…})`: fresh state each time."""
    url, switch = _port

    def start(*makers: Callable[[State], StandIn], sample: dict[str, Any] | None = None) -> StandIns:
        state = State()
        members = [make(state) for make in makers]
        for member in members:
            member.load(sample or {})
        app = build_app(state, members)
        switch.app = app
        return StandIns(url, app, state, members)  # type: ignore[arg-type]

    return start
