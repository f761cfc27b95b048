"""The product as processes: a Prefect server once, stand-ins on a real port, `expansion` started from outside."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from cli.demo_processes import start_prefect
from expansion.ledger.store import open_ledger
from expansion.records.ledger import StepRecord
from sandbox.all import stand_ins
from sandbox.kit.faults import Fault, Misbehaving
from sandbox.kit.server import Server, build_app
from sandbox.kit.state import State
from sandbox.settings import settings
from tests import world
from tests.e2e import job
from tests.systems import settings_of_ours

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def clean() -> dict[str, str]:
    """The environment without settings of ours: nothing of the machine's own reaches a run of the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(settings_of_ours())}
    return kept | {"NO_PROXY": "127.0.0.1", "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A Prefect server, and the settings that make a process use it."""
    with start_prefect(tmp_path_factory.mktemp("prefect"), port=None) as server:
        yield {"PREFECT_API_URL": server.ready(), "PREFECT_HOME": server.home}


@dataclass
class Town:
    """One world: its stand-ins, its folder, the environment of a run in it."""

    folder: Path
    environment: Mapping[str, str]
    state: State
    app: Misbehaving

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def fault(self, vendor: str, kind: str, **how: object) -> None:
        self.app.faults.waiting.append(Fault(vendor, kind, **how))  # type: ignore[arg-type]

    def asked(self, path: str) -> int:
        """How many requests had this in their path."""
        return sum(path in one["path"] for one in self.app.faults.requests)

    def applied(self, what: str) -> dict[str, int]:
        """How often each key was really applied."""
        return {each["key"]: each["times"] for each in self.state.all("_applied") if each["what"] == what}

    def made(self) -> int:
        """How many things were really done outside."""
        return sum(each["times"] for each in self.state.all("_applied"))

    def in_ledger(self, table: str) -> int:
        """How many rows there are, seen from outside while somebody else writes."""
        if not (self.home / "ledger.db").is_file():
            return 0
        try:
            with sqlite3.connect(f"file:{self.home / 'ledger.db'}?mode=ro", uri=True) as db:
                return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        except sqlite3.OperationalError:  # not there yet, or being made
            return 0

    def steps(self) -> list[StepRecord]:
        ledger = open_ledger(f"sqlite:///{self.home / 'ledger.db'}")
        try:
            assert ledger.unfinished_runs() == []
            return ledger.steps()
        finally:
            ledger.close()

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start Python with these arguments; what it says goes to a file."""
        with (self.folder / "said").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, *command],
                cwd=self.folder,
                env={**self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    def job(self) -> Running:
        """Start the job without Prefect."""
        return job.start(self.folder, self.environment)

    def said(self) -> str:
        return (self.folder / "said").read_text()


RUN = ("-m", "cli.main", "run", "--pull", "--as-of", world.AS_OF.isoformat())


@pytest.fixture(scope="module")
def port() -> Iterator[tuple[str, Server]]:
    server = Server()
    with server as url:
        yield url, server


@pytest.fixture
def town(port: tuple[str, Server], clean: dict[str, str], tmp_path: Path) -> Callable[..., Town]:
    """`town()`: fresh stand-ins and an empty home; the one before is gone then."""
    url, server = port

    def found(**environment: str) -> Town:
        folder = tmp_path / "town"
        shutil.rmtree(folder, ignore_errors=True)
        state = State()
        members = stand_ins(state)
        for member in members:
            member.load(world.sample())
        server.app = app = build_app(state, members)
        ours = {
            "EXPANSION_PLAYBOOKS": str(world.write_playbooks(folder / "playbooks")),
            "EXPANSION_HOME": str(folder / "home"),
            "EXPANSION_FIRST_PULL_DAYS": "30",
            "EXPANSION_RETRY_WAITS": "[0.5]",
            "EXPANSION_SETTLE_SECONDS": "0",  # what is on its way at a kill has arrived before the next process runs
        }
        return Town(folder, {**clean, **ours, **settings(url), **environment}, state, app)

    return found


class Running(Protocol):
    """A process, by whatever means it was started."""

    def kill(self) -> None: ...


def ended(process: Running) -> bool:
    return (process.poll() if isinstance(process, subprocess.Popen) else process.exitcode) is not None  # type: ignore[attr-defined]


def kill_when(process: Running, when: Callable[[], bool], patience: float = 90) -> bool:
    """kill -9 as soon as it is so; False if the process came to its end before."""
    deadline = time.monotonic() + patience
    while not ended(process):
        if when():
            process.kill()
            finish(process)
            return True
        assert time.monotonic() < deadline, "it neither came so far nor ended"
        time.sleep(0.002)
    return False


def finish(process: Running, patience: float = 90) -> int:
    """Its exit code, once it has ended."""
    if isinstance(process, subprocess.Popen):
        return process.wait(patience)
    process.join(patience)  # type: ignore[attr-defined]
    return process.exitcode  # type: ignore[attr-defined]
