"""`expansion serve` as a process over a folder, which may be killed; and a relay before it that loses an answer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any

KEY = "a-key-of-the-tests"
STARTS_WITHIN = 60.0
SYSTEMS = ("segment", "rudderstack", "posthog", "amplitude", "mixpanel")
STARTER = Path(__file__).parents[2] / "cli" / "starter" / "playbooks"
# Mixpanel's account is a property; of the others the group.
_EVENTS = "events:\n" + "".join(
    f"  - {{from: {system}.calls{', account: company' if system == 'mixpanel' else ''}}}\n" for system in SYSTEMS
)


@dataclass
class Serving:
    """A receiver of its own for one library; it listens at the same port after it was killed."""

    folder: Path
    port: int = 0
    _process: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        shutil.copytree(STARTER, self.folder / "playbooks")
        facts = self.folder / "playbooks" / "shared" / "facts.yaml"
        facts.write_text(facts.read_text(encoding="utf-8").replace("events:\n", _EVENTS, 1), encoding="utf-8")

    def __enter__(self) -> Serving:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(20)

    @property
    def usage(self) -> Path:
        return self.folder / "home" / "usage"

    def start(self) -> None:
        self.port = self.port or free_port()
        keys = {f"{system.upper()}_SERVE_KEYS": KEY for system in SYSTEMS}
        homes = {"EXPANSION_HOME": str(self.folder / "home"), "PREFECT_HOME": str(self.folder / "prefect")}
        with (self.folder / "said.txt").open("a", encoding="utf-8") as said:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).with_name("expansion")), "serve", "--port", str(self.port)],
                cwd=self.folder,
                env={**os.environ, **keys, **homes},
                stdout=said,
                stderr=said,
                text=True,
            )
        until = time.monotonic() + STARTS_WITHIN
        while not self._is_up():
            assert time.monotonic() < until and self._process.poll() is None, self.said
            time.sleep(0.05)

    def kill(self) -> None:
        """As when the power goes."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(20)

    @property
    def said(self) -> str:
        return (self.folder / "said.txt").read_text(encoding="utf-8")

    def _is_up(self) -> bool:
        try:
            return ask(self.port, "GET", "/health", b"", {})[0] == 200
        except OSError:
            return False


@dataclass
class Relay:
    """Stands before a receiver as a proxy does. The first call reaches it and is answered; then it is killed, whoever
    called hears nothing but that the connection is cut, and calls wait here until it is started again."""

    before: Serving
    calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> str:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self.take))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        with self._lock:  # then the receiver is up again
            self._server.shutdown()
        self._server.server_close()

    def take(self, cut: Callable[[], None], *asked: Any) -> tuple[int, bytes, str] | None:
        with self._lock:
            self.calls += 1
            answer = ask(self.before.port, *asked)
            if self.calls > 1:
                return answer
            assert answer[0] == 200, answer
            self.before.kill()
            cut()  # at once: on a slow machine a library would else give up by itself, and some do another thing then
            self.before.start()
            return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, take: Callable[..., tuple[int, bytes, str] | None], *given: Any) -> None:
        self._take = take
        super().__init__(*given)

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        answer = self._take(self._cut, self.command, self.path, body, dict(self.headers))
        if answer is None:
            return
        status, said, kind = answer
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(SHUT_RDWR)

    do_GET = do_POST = _any  # noqa: N815  as the base class calls them

    def handle(self) -> None:
        """A sender that ends takes its connection with it."""
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def ask(port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, str]:
    """One call, handed on as it came."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "connection")}
        connection.request(method, path, body or None, kept)
        reply = connection.getresponse()
        return reply.status, reply.read(), reply.headers.get("content-type", "")
    finally:
        connection.close()


def free_port() -> int:
    """A port that nobody has just now."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return server.server_port
