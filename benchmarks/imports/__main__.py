"""`python -m benchmarks.imports`: what imports cost. JSON lines on stdout, talk and the goals on stderr."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.goals import table
from benchmarks.imports.files import FILES, File

Line = dict[str, Any]
MOST_RATIO = {
    "events.csv": 2.2,
    "events.jsonl": 2.5,
    "events.parquet": 2.0,
    "facts-5.csv": 5.0,
    "facts-20.csv": 5.0,
}  # CPU time, to DuckDB's table of the same file
MOST_MB = {"facts-5.csv": 400, "facts-20.csv": 400}
MOST_BAD = 1.1  # CPU time of the file with one bad row, to that without
MOST_DAILY = 8.0  # seconds of CPU time for 400 files
_LIMIT = 600  # seconds for one of them


def main(words: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(words)
    with tempfile.TemporaryDirectory(prefix="expansion-bench-") as name:
        folder = Path(name)
        made = [sys.executable, "-m", "benchmarks.imports.tables", name, str(asked.share)]
        subprocess.run(made, check=True, timeout=_LIMIT)
        lines = [measured(file, folder / file.name, asked.rounds) for file in FILES]
    for line in lines:
        print(json.dumps(line))
    goals = goals_line(lines)
    print(json.dumps(goals))
    print(table({**goals, "events": max(line["stored"] for line in lines)}), file=sys.stderr)
    return 0


def measured(file: File, path: Path, rounds: int) -> Line:
    """An import against DuckDB's table, in turn, each in a fresh process; medians of the rounds' ratios."""
    ours, tables = [], []
    for turn in range(rounds):
        tables += [_run("table", path)] if file.has_floor else []
        ours.append(_run("ours", path))
        print(f"{path.name:<16} {ours[-1]['seconds']:6.2f} s  round {turn + 1} of {rounds}", file=sys.stderr)
    line = {
        "bench": f"import {path.name}",
        "stored": ours[-1]["count"],
        "seconds": round(median(one["seconds"] for one in ours), 3),
        "cpu_seconds": round(median(one["cpu_seconds"] for one in ours), 3),
        "peak_mb": round(median(one["peak_mb"] for one in ours)),
    }
    return {**line, **_beside(ours, tables)} if tables else line


def _beside(ours: Sequence[Line], tables: Sequence[Line]) -> Line:
    pairs = list(zip(ours, tables, strict=True))
    return {
        "table_cpu_seconds": round(median(one["cpu_seconds"] for one in tables), 3),
        "ratio_to_table": round(median(one["seconds"] / other["seconds"] for one, other in pairs), 2),
        "cpu_ratio_to_table": round(median(one["cpu_seconds"] / other["cpu_seconds"] for one, other in pairs), 2),
    }


def _run(what: str, path: Path) -> Line:
    command = [sys.executable, "-m", "benchmarks.imports.worker", what, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LIMIT)
    if done.returncode:
        raise SystemExit(f"{path.name}: {what} failed\n{done.stderr}")
    found: Line = json.loads(done.stdout)
    return found


def goals_line(lines: Sequence[Line]) -> Line:
    """What should be, and what was."""
    by_name = {line["bench"].removeprefix("import "): line for line in lines}
    goals = [
        _goal(f"import {name} CPU <= {most:g} of a table", by_name[name]["cpu_ratio_to_table"], most)
        for name, most in MOST_RATIO.items()
    ]
    goals += [
        _goal(f"import {name} peak_mb <= {most}", by_name[name]["peak_mb"], most) for name, most in MOST_MB.items()
    ]
    bad = round(by_name["one-bad.csv"]["cpu_seconds"] / by_name["events.csv"]["cpu_seconds"], 2)
    goals.append(_goal(f"import one-bad.csv CPU <= {MOST_BAD} of events.csv", bad, MOST_BAD))
    goals.append(_goal(f"import daily CPU seconds <= {MOST_DAILY:g}", by_name["daily"]["cpu_seconds"], MOST_DAILY))
    met = [goal["met"] for goal in goals]
    return {
        "bench": "goals of imports",
        "met": met.count(True),
        "missed": met.count(False),
        "missing": 0,
        "goals": goals,
    }


def _goal(text: str, measured: float, most: float) -> Line:
    return {"goal": text, "measured": measured, "met": measured <= most}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the rows that the goals are for")
    parser.add_argument("--rounds", type=int, default=3)
    return parser


if __name__ == "__main__":
    sys.exit(main())
