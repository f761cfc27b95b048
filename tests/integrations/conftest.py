"""The stand-ins on a real port, fresh for each test, with short words for making them misbehave."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from sandbox.kit.faults import Fault, Misbehaving
from sandbox.kit.server import Server, build_app
from sandbox.kit.stand_in import StandIn
from sandbox.kit.state import State

S = TypeVar("S", bound=StandIn)
T = TypeVar("T")

_MADE: dict[str, tuple[Any, str]] = {}  # what was returned, and what the stand-ins knew afterwards


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

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` does through the product for every test of this name, in a call for each person: done once, and
        known to the stand-ins of the next test, too.
        """
        if name not in _MADE:
            returned = make()
            _MADE[name] = returned, json.dumps(self.state._docs)
            return returned
        returned, known = _MADE[name]
        for collection, docs in json.loads(known).items():
            for key in [key for key, _ in self.state.items(collection) if key not in docs]:
                self.state.delete(collection, key)
            for key, doc in docs.items():
                self.state.put(collection, key, doc)
        return returned

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
