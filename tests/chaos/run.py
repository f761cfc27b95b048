"""One run of chaos: workers that end and begin again, then peace, then a person who looks; and the comparison."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx

from expansion.ledger.clock import LedgerClock
from expansion.ledger.store import Ledger, open_ledger
from expansion.records.ledger import StepRecord
from jobs.clock import instant
from tests.chaos.plan import SETTLE, Ending, Plan
from tests.chaos.truth import World, contradictions
from tests.chaos.work import firings, marks
from tests.chaos.worker import NO_ROOM, Orders, main

ROOT = Path(__file__).parents[2]
UNREST = 3.5  # seconds in which processes may end and systems misbehave
BOUND = 60.0  # seconds; a run that takes longer has not come to an end
_STALLED = SETTLE / 3  # a machine that stands still for so long proves nothing about what came too late

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.chaos.worker"])


@dataclass
class Outcome:
    """What came of one run."""

    plan: Plan
    wrong: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)  # after a person has looked
    taken: Counter[str] = field(default_factory=Counter)  # faults that were really played, by kind
    kills: int = 0
    stops: int = 0
    fulls: int = 0  # ended because their disk was full
    processes: int = 0
    requests: int = 0
    seconds: float = 0.0
    stalled: bool = False
    dump: str = ""


@dataclass
class Stage:
    """What a lane uses again for run after run: the stand-ins' process, and databases."""

    url: str
    folder: Path
    template: Path  # an empty SQLite ledger
    postgres: str | None = None  # an empty ledger that `_emptied` empties again
    broken: str | None = None
    peace: float = 15.0  # seconds in which all that is left has to come to its end

    def ledger(self, plan: Plan) -> str:
        home = self.home
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        if plan.database == "sqlite":
            shutil.copy(self.template, home / "ledger.db")
            return f"sqlite:///{home / 'ledger.db'}"
        assert self.postgres, "this lane has no PostgreSQL"
        return _emptied(self.postgres)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def ask(self, path: str, body: Any = None) -> dict[str, Any]:
        reply = httpx.post(f"{self.url}/_chaos/{path}", json=body or {}, timeout=30, trust_env=False)
        reply.raise_for_status()
        said: dict[str, Any] = reply.json()
        return said


def run(plan: Plan, stage: Stage) -> Outcome:
    """Play the plan."""
    began, outcome = time.monotonic(), Outcome(plan)
    url = stage.ledger(plan)
    ours = ("key_field", "key_property", "history")
    stage.ask("new", {"faults": [f.told() for f in plan.faults], **{name: getattr(plan, name) for name in ours}})
    ledger = open_ledger(url)
    try:
        _record(ledger, plan)
        orders = Orders(stage.url, url, stage.home, UNREST, settle=plan.settle, broken=stage.broken)
        _Unrest(plan, orders, outcome).play()
        said = _calm(stage)
        _peace(orders, stage.peace)
        outcome.states = Counter(step.state for step in ledger.steps())
        world = World.of(said := _calm(stage))
        outcome.wrong += _compare(plan, ledger, world)
        if not outcome.wrong:
            _a_person_looks(ledger, world)
            _peace(orders, stage.peace)
            world = World.of(said := _calm(stage))
            outcome.wrong += [f"after a person looked: {each}" for each in _compare(plan, ledger, world)]
            outcome.settled = Counter(step.state for step in ledger.steps())
            if open_ := [name for name in ("unsure", "due") if outcome.settled[name]]:
                outcome.wrong.append(f"still {' and '.join(open_)} after a person looked")
        outcome.taken = Counter(_kind(each) for each in said["taken"])
        outcome.requests = said["requests"]
        outcome.stalled = said["longest_stall"] > _STALLED
        outcome.wrong += _broke_off(stage.home)
        outcome.dump = _dump(ledger, world) if outcome.wrong else ""
    except TimeoutError as error:
        outcome.wrong.append(str(error))
        outcome.dump = _dump(ledger, World.of(stage.ask("calm")))
    finally:
        ledger.close()
        outcome.seconds = time.monotonic() - began
    return outcome


def _record(ledger: Ledger, plan: Plan) -> None:
    now = datetime.now(UTC)
    run_id = ledger.start_run("expansion", as_of=now, now=now)
    ledger.record(run_id, firings(plan), (), now)
    ledger.finish_run(run_id, "completed", now)
    LedgerClock(ledger.engine, instant).now()  # as every run does: on SQLite a clock that is set is known from then on


def _compare(plan: Plan, ledger: Ledger, world: World) -> list[str]:
    return contradictions(plan, ledger.steps(), [step.key for step in ledger.unsure_steps()], world)


# --- unrest -----------------------------------------------------------------------------------------------------------


@dataclass
class _Process:
    process: BaseProcess
    ending: Ending | None
    began: float
    wakes: float | None = None  # when a stopped one goes on
    ended: bool = False  # its ending by the clock has happened


class _Unrest:
    """Workers side by side; who dies is replaced, and who sleeps wakes up again."""

    def __init__(self, plan: Plan, orders: Orders, outcome: Outcome) -> None:
        self.plan, self.orders, self.outcome = plan, orders, outcome
        self.endings = list(plan.endings)
        self.began = time.monotonic()
        self.running: list[_Process] = []

    def play(self) -> None:
        try:
            self.running = [self._start() for _ in range(self.plan.workers)]
            while self.running:
                if time.monotonic() - self.began > BOUND:
                    raise TimeoutError(f"the workers did not come to an end within {BOUND:.0f} seconds")
                self.running = [now for each in self.running if (now := self._look_after(each))]
                time.sleep(0.005)
        finally:
            for each in self.running:
                each.process.kill()  # also one that sleeps
                each.process.join()

    def _start(self) -> _Process:
        self.outcome.processes += 1
        left = max(0.3, UNREST - (time.monotonic() - self.began))
        ending = self.endings.pop(0) if self.endings else None
        clock = self.plan.clock(self.outcome.processes - 1)
        process = _begin(_with(self.orders, ending=ending, seconds=left, clock=clock, began=self.began))
        return _Process(process, ending, time.monotonic())

    def _look_after(self, each: _Process) -> _Process | None:
        """The process that is in its place from now on."""
        if each.process.exitcode is not None:
            if each.process.exitcode == -signal.SIGKILL:
                self.outcome.kills += 1
                return self._start()
            if each.process.exitcode == NO_ROOM:
                self.outcome.fulls += 1
                return self._start()
            return None  # it came to its end; what it had to say is in a file
        ending = each.ending
        if ending is None:
            return each
        if each.wakes is None and ending.how == "stop" and _sleeps(each.process):
            self.outcome.stops += 1
            each.wakes = time.monotonic() + ending.asleep
        elif each.wakes and time.monotonic() >= each.wakes:
            _signal(each.process, signal.SIGCONT)
            each.ending = None
        elif ending.point is None and not each.ended and time.monotonic() - each.began >= ending.after:
            _signal(each.process, signal.SIGKILL if ending.how == "kill" else signal.SIGSTOP)
            each.ended = True
        return each


def _begin(orders: Orders) -> BaseProcess:
    process = _processes.Process(target=main, args=(orders,), daemon=True)
    process.start()
    return process


def _warm_up() -> None:
    """The fork server imports everything once, which takes seconds that no run should count."""
    process = _processes.Process(target=_nothing, daemon=True)
    process.start()
    process.join()


def _nothing() -> None:
    """What a process of the fork server can do that needs no time."""


def _with(orders: Orders, **changes: Any) -> Orders:
    return Orders(**{**vars(orders), **changes})


def _sleeps(process: BaseProcess) -> bool:
    try:
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False


def _signal(process: BaseProcess, number: signal.Signals) -> None:
    if process.pid is not None and process.exitcode is None:
        os.kill(process.pid, number)


# --- peace ------------------------------------------------------------------------------------------------------------


def _calm(stage: Stage) -> dict[str, Any]:
    """No more faults; and nothing is on its way any more, so that clocks may be put forward."""
    ends = time.monotonic() + 5
    while (said := stage.ask("calm"))["under_way"]:
        if time.monotonic() > ends:
            raise TimeoutError("the stand-ins did not come to rest")
        time.sleep(0.01)
    return said


def _peace(orders: Orders, seconds: float) -> None:
    """One worker, some days later."""
    process = _begin(_with(orders, later=timedelta(days=3), seconds=seconds))
    process.join(BOUND)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError("the last worker did not come to an end")


def _a_person_looks(ledger: Ledger, world: World) -> None:
    """Whoever is shown an unsure step finds out in the system whether it is there, and says so."""
    for step in ledger.unsure_steps():
        there = all(mark in world.done for mark in marks(step))
        verdict = "done" if there else "retry"
        assert ledger.settle(step.key, verdict, "dana", "looked", datetime.now(UTC))  # type: ignore[arg-type]


# --- what is left behind ----------------------------------------------------------------------------------------------


def _broke_off(home: Path) -> list[str]:
    said = home / "said"
    return [f"a worker broke off:\n{said.read_text()[-3000:]}"] if said.exists() else []


def _kind(taken: str) -> str:
    vendor, kind, status = taken.split()
    return f"{vendor} {kind if kind != 'status' else f'status {status}'}"


def _dump(ledger: Ledger, world: World) -> str:
    """Every step with its history, and what was done outside, in order."""
    lines: list[str] = []
    for step in sorted(ledger.steps(), key=lambda each: (each.firing_id, each.position)):
        lines.append(_told(step))
        for one in ledger.attempts(step.key):
            doubt = " (maybe)" if one.maybe_done else ""
            lines.append(f"    {one.at:%H:%M:%S.%f} {one.holder[-20:]} {one.outcome}{doubt} {one.detail or ''}")
    lines += ["", "faults played:", *world.taken, "", "done outside, in order:"]
    return "\n".join([*lines, *(" ".join(mark) for mark in world.done)])


def _told(step: StepRecord) -> str:
    return f"{step.account_id} {step.step_id} {step.action} {step.state} {step.key[:12]} {step.reason or ''}"


# --- the stage --------------------------------------------------------------------------------------------------------


@contextmanager
def stages(count: int, folder: Path, postgres: str | None, broken: str | None = None) -> Iterator[list[Stage]]:
    """So many lanes that can run side by side. `postgres`: a server's `postgres` database."""
    folder.mkdir(parents=True, exist_ok=True)
    template = folder / "template.db"
    _warm_up()
    open_ledger(f"sqlite:///{template}").close()
    towns = [_town() for _ in range(count)]
    try:
        yield [
            Stage(_address(town), folder / f"lane{n}", template, _database(postgres, n) if postgres else None, broken)
            for n, town in enumerate(towns)
        ]
    finally:
        for town in towns:
            town.communicate(timeout=20)  # closes its stdin, and it ends


def _town() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.chaos.town"]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _address(town: subprocess.Popen[str]) -> str:
    assert town.stdout
    return town.stdout.readline().strip()


def _database(server: str, number: int) -> str:
    import psycopg

    name = f"chaos_{os.getpid()}_{number}_{time.monotonic_ns()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    url = server.replace("/postgres?", f"/{name}?")
    open_ledger(url).close()
    return url


def _emptied(url: str) -> str:
    from tests.databases import wiped

    return wiped(url)
