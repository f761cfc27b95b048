"""`python -m benchmarks.pulls`: what pulls cost. JSON lines on stdout, talk and the goals on stderr."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks.goals import table

Line = dict[str, Any]
SOURCES = ("postgres", "mixpanel")
MOST_RATIO, MOST_MB = 1.5, 400
_LIMIT = 3600  # seconds for one of them


def main(words: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(words)
    lines = [measured(source, asked.events, asked.rounds) for source in asked.only or SOURCES]
    for line in lines:
        print(json.dumps(line))
    goals = goals_line(lines)
    print(json.dumps(goals))
    print(table({**goals, "events": asked.events}), file=sys.stderr)
    return 0


def measured(source: str, events: int, rounds: int) -> Line:
    """A pull against downloading and parsing the same bytes, in turn, each in a fresh process."""
    floors, pulled = [], []
    with _serving(source, events) as address:
        for turn in range(rounds):
            floors.append(_run(f"{source} floor", address))
            pulled.append(_run(f"{source} pull", address))
            said = f"{floors[-1]['seconds']:6.1f} s, pulled {pulled[-1]['seconds']:6.1f} s"
            print(f"{source:<10} {said}  round {turn + 1} of {rounds}", file=sys.stderr)
    pairs = list(zip(pulled, floors, strict=True))
    return {
        "bench": f"pull {source}",
        "events": events,
        "stored": pulled[-1]["count"],
        "seconds": round(median(one["seconds"] for one in pulled), 2),
        "cpu_seconds": round(median(one["cpu_seconds"] for one in pulled), 2),
        "floor_seconds": round(median(one["seconds"] for one in floors), 2),
        "ratio_to_floor": round(median(one["seconds"] / other["seconds"] for one, other in pairs), 2),
        "peak_mb": round(max(one["peak_mb"] for one in pulled)),
    }


@contextmanager
def _serving(source: str, events: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.pulls.servers", source, str(events)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin and server.stdout, "both are pipes"
        if not (said := server.stdout.readline()):
            raise SystemExit(f"{source}: its server ended")
        yield json.loads(said)["address"]
        server.stdin.close()
        server.wait(_LIMIT)


def _run(what: str, address: str) -> Line:
    command = [sys.executable, "-m", "benchmarks.pulls.worker", what, address]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LIMIT)
    if done.returncode:
        raise SystemExit(f"{what} failed\n{done.stderr}")
    found: Line = json.loads(done.stdout)
    return found


def goals_line(lines: Sequence[Line]) -> Line:
    """What should be, and what was."""
    goals = [goal for line in lines for goal in _goals(line)]
    met = [goal["met"] for goal in goals]
    return {"bench": "goals of pulls", "met": met.count(True), "missed": met.count(False), "missing": 0, "goals": goals}


def _goals(line: Line) -> Iterator[Line]:
    for figure, most in (("ratio_to_floor", MOST_RATIO), ("peak_mb", MOST_MB)):
        yield {
            "goal": f"{line['bench']} {figure} <= {most:g}",
            "measured": line[figure],
            "met": line[figure] <= most,
        }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pulls", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, metavar="N", help="the goals are for 10 million")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[], choices=SOURCES)
    return parser


if __name__ == "__main__":
    sys.exit(main())
