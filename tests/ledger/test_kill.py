"""A process is killed at every point at which it could be, one after the other; the next run sorts it out."""

import itertools
import multiprocessing
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from expansion.contract import Done
from expansion.deliver.deliver import deliver
from expansion.deliver.judging import Patience
from expansion.deliver.office import Office
from expansion.deliver.recover import recover
from expansion.ledger.holders import Holder, is_alive
from expansion.ledger.store import open_ledger
from expansion.records.ledger import StepFilter
from tests.ledger.builders import a_firing, record
from tests.ledger.vendor import to_piece

pytestmark = pytest.mark.starts

CRM = "crm.create_task"


class FileVendor:
    """A system whose tasks are lines in a file, so that they outlive the process that made them."""

    name = CRM
    batch = 2

    def __init__(self, path: Path, repeatable: bool, tick=lambda: None) -> None:
        self.path, self.repeatable, self.tick = path, repeatable, tick

    def lines(self) -> list[str]:
        return self.path.read_text().split() if self.path.exists() else []

    def deliver(self, pieces):
        return [self._create(piece) for piece in pieces]

    def find(self, pieces):
        return [Done(piece.key) if piece.key in self.lines() else None for piece in pieces]

    def _create(self, piece):
        self.tick()
        if not (self.repeatable and piece.key in self.lines()):
            with self.path.open("a") as file:
                file.write(f"{piece.key}\n")
        self.tick()
        return Done(piece.key)


def now() -> datetime:
    return datetime.now(UTC)


def later() -> datetime:
    """When nothing of a call that broke off can still be on its way."""
    return now() + Patience().settle


def run(url: str, folder: Path, repeatable: bool, trigger: str, kill_at: int, now=now) -> None:
    """One run: record, recover, deliver. It kills itself at the given tick."""
    ticks = itertools.count(1)

    def tick(*_):
        if next(ticks) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    ledger = open_ledger(url)
    event.listen(ledger.engine, "commit", tick)  # just before every commit, which is just after the one before
    vendor = FileVendor(folder / "tasks", repeatable, tick)
    with Holder(folder) as holder:
        record(ledger, *(a_firing(name, trigger, [{}]) for name in ("acme", "bolt", "cara")), at=now())
        office = Office(ledger, {CRM: vendor}, to_piece, now, holder.name)
        recover(office, lambda name: is_alive(name, folder))
        deliver(office, CRM)
    tick()
    ledger.close()


@pytest.mark.parametrize("repeatable", [True, False])
def test_killed_at_any_point_every_step_still_happens_once(url, tmp_path, repeatable):
    # A server that forks: an interpreter for every point would take a minute, and a fork of this process would take
    # along what other tests have left in it.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    killed = 0
    for kill_at in itertools.count(1):
        process = context.Process(target=run, args=(url, tmp_path, repeatable, f"trigger-{kill_at}", kill_at))
        process.start()
        process.join(60)
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        killed += 1
        for when in (now, later):
            run(url, tmp_path, repeatable, f"trigger-{kill_at}", kill_at=0, now=when)
        assert_all_done_once(url, tmp_path, f"trigger-{kill_at}")
    assert killed > 15


def assert_all_done_once(url: str, folder: Path, trigger: str) -> None:
    ledger = open_ledger(url)
    steps = ledger.steps(StepFilter(trigger=trigger))
    ledger.close()
    assert [step.state for step in steps] == ["done"] * 3
    lines = FileVendor(folder / "tasks", True).lines()
    assert [lines.count(step.key) for step in steps] == [1, 1, 1]
