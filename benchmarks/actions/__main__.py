"""`python -m benchmarks.actions`: calls, rates and our own cost of delivering. JSON lines on stdout, talk on stderr."""

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

from benchmarks.actions import world
from benchmarks.goals import table

Line = dict[str, Any]
TASKS = ("salesforce.create_task", "hubspot.create_task")
MOST_CALLS = {"salesforce.create_task": 52, "hubspot.create_task": 220}  # for ten thousand
# The bare loop keeps no limit: with more, HubSpot refuses it (190 calls in ten seconds), and ours waits.
MOST_TIMED = {"salesforce.create_task": 10_000, "hubspot.create_task": 5_000}
# Against stand-ins that answer at once, all is overhead; so it is also measured where a call takes this many seconds.
A_CALL, TIMED_WITH_WAIT = 0.25, 5_000
MOST_COST, LEAST_RATE = 1.3, 0.9
WORKERS = (1, 3)


def main(words: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(words)
    lines: list[Line] = []
    for action in TASKS:
        for seconds in (0.0, A_CALL):
            lines.append(delivered(action, asked.tasks, asked.rounds, seconds))
            _print(lines[-1])
    for workers in WORKERS:
        for rate in (hubspot_rate, slack_rate):
            lines.append(rate(workers, asked.seconds))
            _print(lines[-1])
    goals = goals_line(lines)
    _print(goals)
    print(table({**goals, "events": goals["tasks"]}).replace(" events", " tasks", 1), file=sys.stderr)
    return 0


def delivered(action: str, tasks: int, rounds: int, a_call: float) -> Line:
    """The calls for so many tasks; and time against a bare loop, in turn, as medians of the rounds' ratios.

    `a_call`: how many seconds the stand-in leaves a call before it does the work.
    """
    few = min(tasks, TIMED_WITH_WAIT if a_call else MOST_TIMED[action])
    calls = _ours(action, tasks)[1] if few < tasks and not a_call else 0
    ours, bare = [], []
    for turn in range(rounds):
        took, seen = _ours(action, few, a_call)
        ours.append(took)
        calls = calls or seen
        bare.append(_bare(action, few, a_call))
        print(f"{action:<24} {took['seconds']:6.2f} s  round {turn + 1} of {rounds}", file=sys.stderr)
    pairs = list(zip(ours, bare, strict=True))
    each = {f"{who}_ms_per_action": _per_action(took, few) for who, took in (("our", ours), ("bare", bare))}
    return {
        "bench": f"deliver {action}" + (f" at {a_call:g} s a call" if a_call else ""),
        "tasks": few if a_call else tasks,
        "seconds_a_call": a_call,
        "calls": calls,
        "timed_tasks": few,
        "seconds": round(median(one["seconds"] for one in ours), 3),
        "cpu_seconds": round(median(one["cpu_seconds"] for one in ours), 3),
        **each,
        "ratio_to_bare": round(median(one["seconds"] / other["seconds"] for one, other in pairs), 2),
        "cpu_ratio_to_bare": round(median(one["cpu_seconds"] / other["cpu_seconds"] for one, other in pairs), 2),
    }


def _ours(action: str, tasks: int, a_call: float = 0.0) -> tuple[Line, int]:
    """What delivering them took, and how many requests the stand-in saw."""
    with tempfile.TemporaryDirectory(prefix="expansion-bench-") as name:
        ledger = f"sqlite:///{Path(name) / 'ledger.db'}"
        world.seed(ledger, action, tasks).close()
        with world.stand_ins(Path(name)) as url:
            system = action.partition(".")[0]
            world.slow_down(url, system, a_call)
            took = _run("all", action, url, ledger, tasks)
            _expect(tasks, took["done"], action)
            return took, len(world.requests_to(url, system))


def _bare(action: str, tasks: int, a_call: float) -> Line:
    with tempfile.TemporaryDirectory(prefix="expansion-bench-") as name, world.stand_ins(Path(name)) as url:
        world.slow_down(url, action.partition(".")[0], a_call)
        return _run("bare", action, url, "", tasks)


def hubspot_rate(workers: int, seconds: float) -> Line:
    """Calls that were let through in the second and third ten seconds, of the 190 that are allowed in each."""
    seen = _race("hubspot.create_task", workers, max(32.0, seconds), steps=900)
    first = min(one["at"] for one in seen)
    steady = [one for one in seen if first + 10 <= one["at"] < first + 30 and one["status"] != 429]
    return _rate_line("hubspot", workers, len(steady), 2 * 190, seen)


def slack_rate(workers: int, seconds: float) -> Line:
    """Messages from the first to the last, of one a second in each of three channels."""
    seen = [one for one in _race("slack.post_message", workers, seconds, steps=600) if "post" in one["path"]]
    span = max(one["at"] for one in seen) - min(one["at"] for one in seen)
    done = sum(one["status"] == 200 for one in seen) - world.CHANNELS  # the first of each channel begins the span
    return _rate_line("slack", workers, done, round(span * world.CHANNELS, 1), seen)


def goals_line(lines: Sequence[Line]) -> Line:
    """What should be, and what was."""
    goals: list[Line] = []
    for line in lines:
        if line["bench"].startswith("deliver"):
            ratios = ["ratio_to_bare"]
            if not line["seconds_a_call"]:  # calls and CPU time are the same however long a call takes
                most = MOST_CALLS[line["bench"].partition(" ")[2]] * line["tasks"] / 10_000
                goals.append(_goal(f"{line['bench']} calls <= {most:g}", line["calls"], line["calls"] <= most))
                ratios.append("cpu_ratio_to_bare")
            for name in ratios:
                goals.append(_goal(f"{line['bench']} {name} <= {MOST_COST}", line[name], line[name] <= MOST_COST))
        else:
            name = f"{line['bench']} with {line['workers']} workers"
            goals.append(_goal(f"{name} share of allowed >= {LEAST_RATE}", line["share"], line["share"] >= LEAST_RATE))
            goals.append(_goal(f"{name} refused for going too fast = 0", line["refused"], line["refused"] == 0))
    met = [goal["met"] for goal in goals]
    tasks = max((line["tasks"] for line in lines if "tasks" in line), default=0)
    counts = {"met": met.count(True), "missed": met.count(False), "missing": 0}
    return {"bench": "goals of actions", "tasks": tasks, **counts, "goals": goals}


def _race(action: str, workers: int, seconds: float, steps: int) -> list[Line]:
    """What the stand-in saw while so many workers shared one ledger and its budgets."""
    with tempfile.TemporaryDirectory(prefix="expansion-bench-") as name:
        folder = Path(name)
        ledger = f"sqlite:///{folder / 'ledger.db'}"
        world.seed(ledger, action, steps).close()
        with world.stand_ins(folder) as url:
            running = [_start("for", action, url, ledger, seconds) for _ in range(workers)]
            for one in running:
                _result(one)
            return world.requests_to(url, action.partition(".")[0])


def _rate_line(system: str, workers: int, calls: int, allowed: float, seen: Sequence[Line]) -> Line:
    refused = sum(one["status"] == 429 for one in seen)
    share = round(calls / allowed, 3)
    return {
        "bench": f"{system} rate", "workers": workers, "calls": calls, "allowed": allowed, "share": share,
        "refused": refused,
    }  # fmt: skip


def _run(how: str, action: str, url: str, ledger: str, number: float) -> Line:
    return _result(_start(how, action, url, ledger, number))


def _start(how: str, action: str, url: str, ledger: str, number: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.actions.worker", how, action, url, ledger, str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _result(process: subprocess.Popen[str]) -> Line:
    out, _ = process.communicate(timeout=600)
    if process.returncode:
        raise RuntimeError(f"a worker ended with {process.returncode}")
    found: Line = json.loads(out)
    return found


def _per_action(took: Sequence[Line], tasks: int) -> dict[str, float]:
    return {name: round(median(one[name] for one in took) / tasks * 1000, 3) for name in ("seconds", "cpu_seconds")}


def _goal(text: str, measured: float, met: bool) -> Line:
    return {"goal": text, "measured": measured, "met": met}


def _expect(wanted: int, found: int, action: str) -> None:
    if wanted != found:
        raise RuntimeError(f"{found:,} of {wanted:,} steps of {action} were done, so nothing was measured")


def _print(line: Line) -> None:
    print(json.dumps(line), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.actions", description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="medians are of so many rounds (3)")
    parser.add_argument("--seconds", type=float, default=20.0, metavar="S", help="how long messages are posted (20)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
