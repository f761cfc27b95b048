"""The stand-ins on a real port, fresh for each test, with short words for making them misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from sandbox.kit.faults import Fault, Misbehaving
from sandbox.kit.server import Server, build_app
from sandbox.kit.stand_in import StandIn
from sandbox.kit.state import State

S = TypeVar("S", bound=StandIn)


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
def _port() -> Iterator[tuple[str, Server]]:
    """One port for the whole session; each test puts its own stand-ins behind it."""
    server = Server()
    with server as url:
        yield url, server


@pytest.fixture
def stand_ins(_port: tuple[str, Server]) -> Callable[..., StandIns]:
    """`stand_ins(Salesforce)`, or `stand_ins(lambda state: HubSpot(state, …), sample={…})`: fresh state each time."""
    url, server = _port

    def start(*makers: Callable[[State], StandIn], sample: dict[str, Any] | None = None) -> StandIns:
        state = State()
        members = [make(state) for make in makers]
        for member in members:
            member.load(sample or {})
        app = build_app(state, members)
        server.app = app
        return StandIns(url, app, state, members)

    return start
