"""`python -m benchmarks.serve`: events a second, beside a bare server, in turn. JSON lines on stdout, talk on stderr.

`bare` syncs each body by itself, `shared` all that wait at a moment together, as the product does it; neither reads
what it writes. `--minutes` is for memory: the product alone, for so long.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.serve.load import EVENTS, KEY, Load, bodies

Line = dict[str, Any]
LEAST_RATIO, LEAST_RATE = 0.5, 3_000  # of the bare server's events a second; and at all
CONNECTIONS = 16


def main(words: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(words)
    sent = bodies(400)
    kinds = ("bare", "shared", "serve")
    rounds = [{kind: _round(kind, sent, asked.seconds) for kind in kinds} for _ in range(asked.rounds)]
    rates = {kind: round(median(one[kind]["events_a_second"] for one in rounds)) for kind in rounds[0]}
    ratio = {kind: round(median(_ratio(one, kind) for one in rounds), 2) for kind in ("bare", "shared")}
    line = {"bench": "serve", "events_a_call": EVENTS, "connections": CONNECTIONS, "events_a_second": rates}
    line |= {"ratio_to": ratio, "rounds": rounds, "cores": os.cpu_count()}
    line["goals"] = [
        _goal(f"at least {LEAST_RATE:,} events a second", rates["serve"], rates["serve"] >= LEAST_RATE),
        _goal(f"at least {LEAST_RATIO} of the bare server", ratio["bare"], ratio["bare"] >= LEAST_RATIO),
    ]
    print(json.dumps(line), flush=True)
    if asked.minutes:
        print(json.dumps(_memory(sent, asked.minutes)), flush=True)
    return 0


def _goal(what: str, found: float, met: bool) -> Line:
    print(f"{'met   ' if met else 'missed'} {what}: {found:,}", file=sys.stderr)
    return {"goal": what, "found": found, "met": met}


def _ratio(one: dict[str, Line], kind: str) -> float:
    return float(one["serve"]["events_a_second"] / one[kind]["events_a_second"])


def _round(kind: str, sent: list[bytes], seconds: float) -> Line:
    with _server(kind) as (port, process):
        before, load = _cpu(process.pid), Load(port, CONNECTIONS, sent)
        took = asyncio.run(load.run(seconds))
        cpu, events = _cpu(process.pid) - before, load.answered * EVENTS
        found = {"events_a_second": round(events / took), "p99_ms": round(load.p99_ms, 1), "refused": load.refused}
        found |= {"cpu_us_an_event": round(1e6 * cpu / max(events, 1), 1), "mb": _megabytes(process.pid)}
    print(f"{kind:<8} {found['events_a_second']:>8,} events a second", file=sys.stderr)
    return found


def _memory(sent: list[bytes], minutes: float) -> Line:
    """What the product holds at each tenth of so many minutes."""
    with _server("serve") as (port, process):
        held = [_megabytes(process.pid)]
        for _ in range(10):
            asyncio.run(Load(port, CONNECTIONS, sent).run(6 * minutes))
            held.append(_megabytes(process.pid))
    growth = held[-1] - held[1]
    return {"bench": "serve_memory", "minutes": minutes, "mb": held, "growth_mb": round(growth, 1)}


@contextmanager
def _server(kind: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with tempfile.TemporaryDirectory(prefix="expansion-bench-") as home:
        port = _free()
        here = {"SEGMENT_SERVE_KEYS": KEY, "EXPANSION_HOME": home, "EXPANSION_PLAYBOOKS": f"{home}/none"}
        ours = ["-m", "cli.main", "serve", "--no-react", "--port", str(port)]
        how = "shared" if kind == "shared" else "alone"
        words = ours if kind == "serve" else ["-m", "benchmarks.serve.bare", f"{home}/bodies", str(port), how]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen([sys.executable, *words], env={**os.environ, **here}, stdout=quiet, stderr=quiet)
        try:
            _wait(port)
            yield port, process
        finally:
            process.terminate()
            process.wait(60)


def _wait(port: int) -> None:
    """Until it answers: the product opens its port long before it has read all that it needs."""
    for _ in range(600):
        with suppress(OSError):
            connection = HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request("GET", "/health")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    raise SystemExit("the server did not start")


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def _cpu(pid: int) -> float:
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024, 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serve", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each server in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=0.0, help="for memory; the goal is about ten")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
