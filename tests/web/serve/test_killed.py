"""`expansion serve` as a process, killed without warning while senders send: what was answered is there, each once."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.store import UsageStore

pytestmark = pytest.mark.starts
KEY, SEED = "write-key-1", 7
KILLS, SENDERS = 2, 3


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextmanager
def serving(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "SEGMENT_SERVE_KEYS": KEY, "EXPANSION_HOME": str(home)}
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)


def is_up(port: int, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        time.sleep(0.05)
    return False


class Sender(threading.Thread):
    """Sends batches of events with ids of its own, and each again until it is answered, as libraries do."""

    def __init__(self, name: str, port: int, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.port, self.stop, self.answered, self.random = port, stop, set[str](), random.Random(f"{SEED} {name}")

    def run(self) -> None:
        turn = 0
        while not self.stop.is_set():
            ids = [f"{self.name}-{turn}-{n}" for n in range(self.random.randint(1, 40))]
            while not self.stop.is_set():
                with suppress(OSError, http.client.HTTPException):
                    if self._send(ids) == 200:
                        self.answered.update(ids)
                        break
                time.sleep(0.02)
            turn += 1

    def _send(self, ids: list[str]) -> int:
        common = {"type": "track", "event": "Login", "userId": "ana", "context": {"groupId": "acme"}}
        batch = [{**common, "messageId": one, "timestamp": "2026-03-02T10:00:00Z"} for one in ids]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"authorization": "Basic " + b64encode(f"{KEY}:".encode()).decode()}
        connection.request("POST", "/v1/batch", json.dumps({"batch": batch}), headers)
        return connection.getresponse().status


def brought_in(usage: Path) -> list[str]:
    """The ids of all events; twice, as a fold that was killed is finished before what came since."""
    store = UsageStore(usage)
    for _ in range(2):
        Journal(store.root).fold(store)
    found = store.connect().execute(f"SELECT event_id FROM {store.events_of(store.manifest().segments)}").fetchall()
    return [one for (one,) in found]


def test_nothing_that_was_answered_is_lost_or_counted_twice(tmp_path: Path) -> None:
    port, stop = free_port(), threading.Event()
    senders = [Sender(f"s{n}", port, stop) for n in range(SENDERS)]
    for turn in range(KILLS):
        with serving(tmp_path, port) as process:
            assert is_up(port)
            if not turn:
                [sender.start() for sender in senders]
            time.sleep(1.0 + random.Random(SEED + turn).random())
            process.send_signal(signal.SIGKILL)
            process.wait(30)
    stop.set()
    [sender.join(60) for sender in senders]
    answered = set().union(*(sender.answered for sender in senders))
    stored = [one.removeprefix("segment:") for one in brought_in(tmp_path / "usage")]
    assert len(answered) > 100, "the senders were busy"
    assert answered <= set(stored)
    assert len(stored) == len(set(stored))


def test_a_call_under_way_is_answered_before_it_ends(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as process:
        assert is_up(port)
        login = {"type": "track", "event": "Login", "messageId": "1", "context": {"groupId": "acme"}}
        body = json.dumps({"batch": [login], "writeKey": KEY}).encode()
        with socket.create_connection(("127.0.0.1", port), timeout=20) as half:
            half.sendall(b"POST /v1/batch HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body[:10])
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            half.sendall(body[10:])
            assert half.recv(1000).startswith(b"HTTP/1.1 200")
        assert process.wait(30) == 0
    assert brought_in(tmp_path / "usage") == ["segment:1"]  # what reacts may have brought it in before


def test_who_calls_while_it_starts_waits_and_is_answered(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=20).close()
                break
            time.sleep(0.01)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/health")  # at once: the port is open long before the rest is read
        assert connection.getresponse().status == 200
