"""`python -m sandbox`: all stand-ins and the inbox page on a loopback port, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox.all import stand_ins
from sandbox.kit.inbox import inbox_routes
from sandbox.kit.server import Server, build_app, two_ports
from sandbox.kit.stand_in import StandIn
from sandbox.kit.state import State

_LOOPBACK = ("127.0.0.1", "localhost")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 after a clean end; 2 for something that cannot be started."""
    options = _parser().parse_args(arguments)
    try:
        _ask_for(options.port)
        state = State(options.state)
        members = stand_ins(state)
        _load(members, options.sample)
        return _serve(members, state, options.port, options.ready_file)
    except (OSError, ValueError, RuntimeError, sqlite3.Error) as error:
        print(f"the stand-ins cannot start: {error}", file=sys.stderr)
        print("\nhint: look at --port, --state (can it be written?) and --sample (is it there?)", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Local stand-ins of the vendors' APIs.")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port (default)")
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="this machine only: 127.0.0.1")
    parser.add_argument("--state", type=Path, help="SQLite file that keeps what arrived; without it, nothing is kept")
    parser.add_argument("--sample", type=Path, help="JSON file with the sample data; loading it twice changes nothing")
    parser.add_argument("--ready-file", type=Path, help="gets the address once requests are answered")
    return parser


def _loopback(host: str) -> str:
    """The stand-ins take any token and hold sample persons: they are for this machine alone."""
    if host not in _LOOPBACK:
        raise argparse.ArgumentTypeError(
            f"{host} can be reached from elsewhere; the stand-ins listen on 127.0.0.1 only"
        )
    return host


def _ask_for(port: int) -> None:
    """Said here, where it can be said in a sentence, and not in the server's thread."""
    try:
        for probe in two_ports(port):
            probe.close()
    except (OSError, OverflowError) as error:
        both = f"port {port}, or {port + 1} for mail, is taken or not allowed"
        raise OSError(f"{both}; leave --port out for any free ones") from error


def _load(members: Sequence[StandIn], sample: Path | None) -> None:
    if sample is None:
        return
    try:
        data: dict[str, Any] = json.loads(sample.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{sample} is not JSON: {error}") from error
    for member in members:
        member.load(data)


def _serve(members: list[StandIn], state: State, port: int, ready_file: Path | None) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Server(build_app(state, members, inbox_routes(members)), port) as url:
        _announce(members, url)
        _write_ready(ready_file, url)
        try:
            stop.wait()
        finally:
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)  # an address that nobody answers any more
    print("stand-ins ended", file=sys.stderr)
    return 0


def _announce(members: Sequence[StandIn], url: str) -> None:
    print(f"inbox: {url}/inbox")
    for member in members:
        print(f"{member.name}: {url}/{member.name}")
    print("Ctrl-C ends the stand-ins", file=sys.stderr)
    sys.stdout.flush()


def _write_ready(ready_file: Path | None, url: str) -> None:
    """In one step: who waits for the file never reads half an address."""
    if ready_file is None:
        return
    half = ready_file.with_name(f"{ready_file.name}.half")
    half.write_text(f"{url}\n", encoding="utf-8")
    half.replace(ready_file)


if __name__ == "__main__":
    sys.exit(main())
