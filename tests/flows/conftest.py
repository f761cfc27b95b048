"""Prefect's test server, once; the stand-ins on a real port and a place for each test."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from integrations.kit.world import World
from jobs.place import Place
from jobs.pull import pull_one, pulls
from sandbox.all import stand_ins
from sandbox.kit.faults import Fault, Misbehaving
from sandbox.kit.server import Server, build_app
from sandbox.kit.state import State
from sandbox.settings import settings
from tests import world

_SERVER = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
    # As in cli/demo_processes.py: one writer at a time on SQLite.
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "NO_PROXY": "127.0.0.1",
}


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Takes some ten seconds to start, so only tests of flows ask for it."""
    home = {"PREFECT_HOME": str(tmp_path_factory.mktemp("prefect"))}
    before = dict(os.environ)
    os.environ.update(_SERVER | home)  # read when Prefect is imported, and by its server

    import prefect.settings as known
    from prefect.settings import temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    # A flow's heartbeat would hold it up for a second at its end.
    with (
        prefect_test_harness(server_startup_timeout=120),
        temporary_settings({known.PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def port() -> Iterator[tuple[str, Server]]:
    """One port for the whole session; each test puts its own stand-ins behind it."""
    server = Server()
    with server as url:
        yield url, server


@dataclass
class Outside:
    """The systems as a test sees them."""

    app: Misbehaving
    state: State

    def fault(self, vendor: str, kind: str, **how: Any) -> None:
        """`fault("mixpanel", "status", status=500, path="export", times=99)`; see sandbox.kit.server."""
        self.app.faults.waiting.append(Fault(vendor, kind, **how))  # type: ignore[arg-type]

    def recover(self) -> None:
        self.app.faults.waiting.clear()

    def applied(self, what: str) -> dict[str, int]:
        """How often each key was really applied."""
        return {each["key"]: each["times"] for each in self.state.all("_applied") if each["what"] == what}

    def asked(self, method: str, path: str) -> int:
        """How many such requests there were."""
        return sum(one["method"] == method and path in one["path"] for one in self.app.faults.requests)


@pytest.fixture
def outside(
    port: tuple[str, Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pulled: Path, no_waiting: None
) -> Outside:
    """Fresh stand-ins, a home that was pulled before, and the world's playbooks, named in the environment."""
    url, server = port
    state = State()
    members = stand_ins(state)
    for member in members:
        member.load(world.sample())
    server.app = build_app(state, members)
    shutil.copytree(pulled, tmp_path / "home")
    _face(monkeypatch, url, tmp_path)
    return Outside(server.app, state)


@pytest.fixture(scope="session")
def pulled(port: tuple[str, Server], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home after a first pull of everything; a ledger that knows nothing."""
    url, server = port
    folder = tmp_path_factory.mktemp("pulled")
    members = stand_ins(State())
    for member in members:
        member.load(world.sample())
    server.app = build_app(members[0].state, members)
    with pytest.MonkeyPatch.context() as patch:
        _face(patch, url, folder)
        place = Place()
        found = [pull_one(place, one, world.AS_OF) for one in pulls(place)]
        place.close()
    assert [one.problem for one in found if one.problem] == []
    return folder / "home"


def _face(monkeypatch: pytest.MonkeyPatch, url: str, folder: Path) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("EXPANSION_PLAYBOOKS", str(world.write_playbooks(folder / "playbooks")))
    monkeypatch.setenv("EXPANSION_HOME", str(folder / "home"))
    monkeypatch.setenv("EXPANSION_RETRY_WAITS", "[0.2]")
    monkeypatch.setenv("EXPANSION_SETTLE_SECONDS", "0")  # these stand-ins carry nothing out late
    monkeypatch.setenv("EXPANSION_FIRST_PULL_DAYS", "30")
    for name, value in settings(url).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system tries a call again almost at once."""
    monkeypatch.setattr("jobs.systems.World", partial(World, sleep=lambda seconds: time.sleep(min(seconds, 0.4))))
