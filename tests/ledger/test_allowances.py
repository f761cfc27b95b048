"""Budgets that workers share: by the rows, by the clock, and with real processes that are killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from expansion.contract import NotItsTurn
from expansion.ledger.allowances import Allowances, open_allowances
from expansion.limits import Instant, Limit
from integrations.kit.budgets import Budget, Places
from jobs.clock import instant
from tests.databases import new_sqlite
from tests.test_limits import assert_within

PAGE = "a page of the vendor"
A_SECOND = [Limit(2, 1, PAGE)]
IN_TEN = [Limit(190, 10, PAGE)]


class Machine:
    """A machine's clocks, which move when somebody sleeps; the wall clock may be set."""

    def __init__(self, ticker: str = "a", ticks: float = 100.0) -> None:
        self.ticker, self.now, self.wall = ticker, ticks, 1.8e9
        self.slept: list[float] = []

    def instant(self) -> Instant:
        return Instant(self.wall, self.now, self.ticker)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.wall += seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def workers(url: str, machine: Machine) -> Iterator[list[Allowances]]:
    """Two processes of one machine, as far as the database can tell."""
    both = [open_allowances(url, machine.instant) for _ in range(2)]
    yield both
    for one in both:
        one.close()


def budgets(workers: list[Allowances], machine: Machine, *limits: Limit, **more) -> list[Budget]:
    return [Budget("CRM", *limits, clock=machine, allowance=one, place="acme", **more) for one in workers]


# --- what is shared ---------------------------------------------------------------------------------------------------


def test_what_one_takes_the_other_has_not(workers, machine):
    one, other = workers
    assert one.take("crm", A_SECOND, 1).calls == 1
    assert other.take("crm", A_SECOND, 1).calls == 1
    assert one.take("crm", A_SECOND, 1).wait == pytest.approx(1.0)
    assert other.take("another", A_SECOND, 1).calls == 1
    assert other.left("crm", A_SECOND) == 0
    machine.sleep(1.0)
    assert other.left("crm", A_SECOND) == 2


def test_a_stop_said_to_one_stops_the_other_and_drops_its_own_block(workers, machine):
    one, other = budgets(workers, machine, *IN_TEN)
    for _ in range(3):
        one.take()
    one.hold(30)
    other.take()
    assert machine.slept == [pytest.approx(30, abs=0.1)]
    one.take()
    assert len(machine.slept) == 1


def test_two_workers_keep_one_channel_to_one_message_a_second(workers, machine):
    calls = []
    for budget in budgets(workers, machine, Limit(1, 1, PAGE, spread=0.08)) * 3:
        budget.take()
        calls.append(machine.now)
    assert_within(calls, [Limit(1, 1, PAGE)])
    assert calls[-1] - calls[0] == pytest.approx(5 * 1.08, abs=0.02)


def test_a_month_a_day_and_a_minute_are_kept_across_workers_and_restarts(sqlite_template, tmp_path, machine):
    """Amplitude's 500 downloads a month, Gainsight's 100 a minute and 50,000 a day. PostgreSQL has its own clock."""
    url = new_sqlite(sqlite_template, tmp_path)
    month, gainsight = Limit(500, 31 * 86_400, PAGE), [Limit(100, 60, PAGE), Limit(50_000, 86_400, PAGE)]
    for number in range(10):
        machine.ticker, machine.now = f"boot {number}", 10.0 * number  # started again: the ticks begin anew
        worker = open_allowances(url, machine.instant)
        amplitude, downloads = Budget("Amplitude", month, clock=machine, allowance=worker), 0
        try:
            while downloads < 51:
                amplitude.take()
                downloads += 1
        except NotItsTurn as later:
            assert number == 9
            assert later.wait == pytest.approx(31 * 86_400 - 9 * 86_400, abs=400_000)
        assert downloads == (51 if number < 9 else 500 - 9 * 51)
        assert sum(worker.take("Gainsight", gainsight, 1).calls for _ in range(150)) == 100
        machine.wall += 86_400
        worker.close()


def test_five_at_once_over_all_workers(workers, machine):
    places = [
        Places("Mixpanel", 5, of="queries", lasts=180, patience=10, clock=machine, allowance=one) for one in workers
    ]
    inside = [places[number % 2].one() for number in range(5)]
    for one in inside:
        one.__enter__()
    with pytest.raises(NotItsTurn, match="Mixpanel: 5 queries are running already, and none has ended for 10 seconds"):
        places[0].one().__enter__()
    inside[0].__exit__(None, None, None)
    with places[1].one():
        pass
    machine.sleep(200)  # the other four were killed
    with places[1].one():
        pass


# --- blocks -----------------------------------------------------------------------------------------------------------


def test_a_busy_worker_asks_the_database_once_for_several_calls(workers, machine, monkeypatch):
    asked = []
    take = Allowances.take
    monkeypatch.setattr(Allowances, "take", lambda self, *words: asked.append(words) or take(self, *words))
    budget, _ = budgets(workers, machine, *IN_TEN)
    for _ in range(100):
        budget.take()
        machine.sleep(0.02)
    assert len(asked) < 30
    asked.clear()
    for _ in range(20):  # now each call takes longer than a block lasts, so that the rest of one would be lost
        budget.take()
        machine.sleep(0.5)
    assert [wanted for _, _, wanted in asked[1:]] == [1] * (len(asked) - 1)


def test_calls_of_a_block_lapse(workers, machine):
    """Whoever shares the budget counts on their not being made late."""
    one, other = budgets(workers, machine, *IN_TEN)
    one.take()
    one.take()  # at once after the other: a block
    assert one._in_hand.left() > 0
    machine.sleep(0.31)
    assert one._in_hand.left() == 0
    assert other.left() == 190 - 1 - 5


def test_a_wait_beyond_the_patience_is_said_before_anything_is_sent(workers, machine):
    one, other = budgets(workers, machine, Limit(1, 3600, PAGE), patience=60)
    one.take()
    with pytest.raises(NotItsTurn, match="CRM: the limit leaves no call for 3600 seconds") as caught:
        other.take()
    assert caught.value.wait == pytest.approx(3600)
    assert not caught.value.maybe_done
    assert machine.slept == []


# --- clocks -----------------------------------------------------------------------------------------------------------


def test_a_wall_clock_that_jumps_changes_nothing_on_one_machine(workers, machine):
    one, other = workers
    assert [one.take("crm", A_SECOND, 1).calls for _ in range(2)] == [1, 1]
    machine.wall += 86_400
    assert other.take("crm", A_SECOND, 1).wait == pytest.approx(1.0)
    machine.wall -= 2 * 86_400
    assert other.take("crm", A_SECOND, 1).wait == pytest.approx(1.0)
    machine.sleep(1.0)
    assert other.take("crm", A_SECOND, 1).calls == 1


def test_two_machines_measure_by_the_clock_of_the_database_server(postgres_ledger):
    """Their own clocks are a day apart, and neither matters."""
    here, there = Machine("a"), Machine("b", ticks=9000.0)
    there.wall += 86_400
    one, other = (open_allowances(postgres_ledger, machine.instant) for machine in (here, there))
    limits = [Limit(2, 0.5, PAGE)]
    taken = [worker.take("two machines", limits, 1) for worker in (one, other, one, other)]
    assert [some.calls for some in taken] == [1, 1, 0, 0]
    assert 0 < taken[3].wait <= 0.5
    time.sleep(0.5)
    assert [worker.take("two machines", limits, 1).calls for worker in (one, other)] == [1, 1]
    one.close()
    other.close()


def test_a_row_is_small_and_says_what_was_taken(workers, machine):
    for _ in range(300):
        workers[0].take("crm", [*IN_TEN, Limit(250_000, 86_400, PAGE)], 5)
        machine.sleep(0.02)
    with workers[0].reading() as connection:
        [state] = connection.scalars(text("SELECT state FROM budgets"))
    assert len(state) < 5_000
    assert sum(calls for _, _, calls in json.loads(state)["windows"]["taken"]["86400"]) <= 190


# --- real processes ---------------------------------------------------------------------------------------------------

# The spread: a process that is not given a core for a moment makes its call a moment late.
REAL = [Limit(30, 2, PAGE, spread=0.2), Limit(50, 4, PAGE, spread=0.2)]


def call_without_end(url: str, log: Path) -> None:
    """A worker that does nothing but call, and writes down when."""
    worker = open_allowances(url, instant)
    budget = Budget("CRM", *REAL, allowance=worker)
    with log.open("a") as file:
        while True:
            budget.take()
            file.write(f"{time.monotonic()}\n")
            file.flush()


@pytest.mark.starts
def test_three_processes_one_of_them_killed_never_exceed_a_window(url, tmp_path):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    logs = [tmp_path / f"{number}.log" for number in range(4)]
    running = [context.Process(target=call_without_end, args=(url, log), daemon=True) for log in logs]
    try:
        for process in running[:3]:
            process.start()
        _until(lambda: all(log.exists() and log.read_text() for log in logs[:3]))
        began = time.monotonic()
        time.sleep(1.0)
        os.kill(running[0].pid, signal.SIGKILL)
        running[3].start()  # and another one begins
        time.sleep(max(0.0, began + 4.3 - time.monotonic()))
    finally:
        for process in running:
            if process.pid:
                process.kill()
                process.join()
    calls = [float(line) for log in logs for line in log.read_text().split("\n")[:-1]]
    assert_within(calls, REAL)
    steady = [at for at in calls if began - 0.5 <= at < began + 4.2]
    assert len(steady) >= 0.8 * 50  # a machine with other work to do is late at times


def _until(true) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "the workers did not start"
        time.sleep(0.02)
