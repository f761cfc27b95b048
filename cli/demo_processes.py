"""Processes that the demo starts on this machine, and ends: the stand-ins and a Prefect server, both on loopback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cli.prefect_env import SERVER
from expansion.text.for_people import ForPeople

_PATIENCE = 120.0  # seconds: a cold Prefect server on a slow disk takes most of a minute


class CannotStart(ForPeople):
    """A local process did not come up; the message says where its output is."""


@dataclass
class StandIns:
    """The running stand-ins."""

    url: str
    sample: Path

    def environment(self) -> dict[str, str]:
        """Settings that face the stand-ins. Those of real systems in the environment or in `.env` do not count."""
        from sandbox.settings import settings

        return settings(self.url)

    def as_of(self) -> str:
        """The moment of the sample data, ISO."""
        return str(json.loads(self.sample.read_text())["as_of"])

    def save_inbox(self, path: Path, *, up: bool) -> Path:
        """Write the inbox page as a file that needs nothing else. `up`: whether its links will go on to work."""
        from sandbox.all import STAND_INS
        from sandbox.kit.inbox import render_inbox
        from sandbox.kit.stand_in import InboxItem

        with urllib.request.urlopen(f"{self.url}/_control/inbox", timeout=30) as reply:  # noqa: S310  loopback
            items = [InboxItem(**item) for item in json.loads(reply.read())]
        path.write_text(render_inbox(items, STAND_INS, note=self._note(up), up=up), encoding="utf-8")
        return path

    def _note(self, up: bool) -> str:
        day = datetime.fromisoformat(self.as_of())
        sent = f"The sample data end on {day.day} {day:%B %Y}; the times on the cards are when this machine sent them."
        links = "Links to the stand-ins work until the demo ends." if up else "Their links ended with the demo."
        return f"{sent} {links}"


@contextmanager
def start_stand_ins(folder: Path) -> Iterator[StandIns]:
    """The stand-ins as a process of their own, with the sample data and what arrived before."""
    sample = folder / "sample.json"
    if not sample.is_file():
        _write_sample(sample)
    ready = folder / "stand-ins.url"
    ready.unlink(missing_ok=True)
    command = ["-m", "sandbox", "--state", str(folder / "stand-ins.db"), "--sample", str(sample)]
    with process([*command, "--ready-file", str(ready)], folder / "stand-ins.log") as running:
        until(ready.is_file, running, folder / "stand-ins.log", "the stand-ins")
        yield StandIns(ready.read_text().strip(), sample)


def _write_sample(path: Path) -> None:
    from sandbox.all import make_sample
    from sandbox.sample import AS_OF

    half = path.with_suffix(".half")
    half.write_text(json.dumps({"as_of": AS_OF.isoformat(), **make_sample()}), encoding="utf-8")
    half.replace(path)


@dataclass
class PrefectServer:
    """A Prefect server that is starting."""

    url: str
    home: str
    process: subprocess.Popen[bytes]
    log: Path

    def ready(self) -> str:
        """Wait until it answers; its API's address."""
        until(lambda: healthy(f"{self.url}/api/health"), self.process, self.log, "the Prefect server")
        return f"{self.url}/api"


@contextmanager
def start_prefect(folder: Path, port: int | None) -> Iterator[PrefectServer]:
    """A Prefect server with its database in the folder; on `port` if that is free, else on any."""
    port = port if port is not None and _free(port) else any_port()
    home = folder / "prefect"
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PREFECT_HOME": str(home.resolve()),
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        # Without it the page asks the server on 4200, whoever that is (measured).
        "PREFECT_SERVER_UI_API_URL": f"{url}/api",
        "PREFECT_UI_URL": url,  # where messages of automations say to look
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        **SERVER,
    }
    log = folder / "prefect.log"
    command = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with process(command, log, environment) as running:
        yield PrefectServer(url, environment["PREFECT_HOME"], running, log)


@contextmanager
def process(
    arguments: list[str], log: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process whose output goes to a file; ended when we are done."""
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603  our own arguments
            [sys.executable, *arguments],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # Ctrl-C is for the demo, which then ends them in order
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until(ready: object, process: subprocess.Popen[bytes], log: Path, what: str) -> None:
    assert callable(ready), "asked over and over"
    deadline = time.monotonic() + _PATIENCE
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise CannotStart(f"{what} did not start; the end of {log} says why")
        time.sleep(0.1)


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310  loopback
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
