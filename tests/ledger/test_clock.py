"""The one clock of a ledger: whatever the machines say, leases and waits last as long as they were meant to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from expansion.ledger import verdicts
from expansion.ledger.agreement import ClocksDisagree, must_agree, must_be_past, skewed
from expansion.ledger.clock import LedgerClock
from expansion.ledger.store import open_ledger
from tests.databases import new_sqlite, wiped
from tests.ledger.builders import NOON, a_firing, claim, key_of, minutes, record
from tests.ledger.test_allowances import Machine

HOURS = timedelta(hours=2)


@pytest.fixture
def machine():
    return Machine()


@pytest.fixture
def on_sqlite(sqlite_template, tmp_path):
    ledger = open_ledger(new_sqlite(sqlite_template, tmp_path))
    yield ledger
    ledger.close()


@pytest.fixture
def on_postgres(postgres_ledger):
    ledger = open_ledger(wiped(postgres_ledger))
    yield ledger
    ledger.close()


def wall(machine):
    return datetime.fromtimestamp(machine.wall, UTC)


# --- PostgreSQL: the server's -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [HOURS, -HOURS, timedelta(days=365)])
def test_machines_whose_clocks_differ_read_the_same_time(on_postgres, by):
    right, wrong = Machine("a"), Machine("b", ticks=77.0)
    right.wall = datetime.now(UTC).timestamp()
    wrong.wall = right.wall + by.total_seconds()
    first, second = (LedgerClock(on_postgres.engine, each.instant) for each in (right, wrong))
    assert abs(first.now() - second.now()) < timedelta(seconds=5)
    assert abs(second.here() - second.now() - by) < timedelta(seconds=5)


def test_between_two_readings_the_machines_ticks_go_on_and_its_wall_clock_is_not_believed(on_postgres, machine):
    clock = LedgerClock(on_postgres.engine, machine.instant)
    before = clock.now()
    machine.now += 3
    machine.wall += 9_000
    assert clock.now() - before == timedelta(seconds=3)
    machine.now += 3
    assert clock.now() - before < timedelta(seconds=3)  # asked again: the server has not waited six seconds


def test_a_lease_taken_by_a_machine_that_is_ahead_is_not_over_for_one_that_is_not(on_postgres):
    ahead, right = Machine("a"), Machine("b")
    right.wall = datetime.now(UTC).timestamp()
    ahead.wall = right.wall + 7_200
    first, second = (LedgerClock(on_postgres.engine, each.instant) for each in (ahead, right))
    record(on_postgres, a_firing(steps=[{}]))
    assert claim(on_postgres, at=second.now())
    assert on_postgres.abandoned(first.now(), lambda holder: True) == []


# --- SQLite: the machine's, which may be set --------------------------------------------------------------------------


def test_without_a_change_the_machines_clock_counts(on_sqlite, machine):
    clock = LedgerClock(on_sqlite.engine, machine.instant)
    assert clock.now() == wall(machine)
    machine.sleep(100)
    assert clock.now() == wall(machine)


@pytest.mark.parametrize("by", [HOURS, -HOURS, timedelta(days=400)])
def test_a_clock_that_is_set_leaves_of_leases_and_waits_what_was_left(on_sqlite, machine, by):
    mine, other = (LedgerClock(on_sqlite.engine, machine.instant) for _ in range(2))
    now = mine.now()
    claimed, again, unsure = (a_firing(name, steps=[{"action": f"{name}.post"}]) for name in ("held", "due", "open"))
    record(on_sqlite, claimed, again, unsure, at=now)
    for name in ("held", "due", "open"):
        claim(on_sqlite, f"{name}.post", at=now)
    on_sqlite.resolve([verdicts.released(key_of("due"), now + minutes(2), "it may be on its way")], "me", now)
    on_sqlite.resolve([verdicts.unsure(key_of("open"), "nobody knows")], "me", now)
    machine.sleep(60)
    machine.wall += by.total_seconds()
    later = other.now()
    assert later == wall(machine)
    steps = {step.account_id: step for step in on_sqlite.steps()}
    assert steps["held"].lease_until - later == minutes(14)
    assert steps["due"].not_before - later == minutes(1)
    assert mine.now() == later
    assert {step.account_id: step for step in on_sqlite.steps()} == steps  # and not a second time


def test_a_step_that_waits_for_a_day_waits_for_that_day_whatever_the_clock_was(on_sqlite, machine):
    clock = LedgerClock(on_sqlite.engine, machine.instant)
    day = clock.now() + timedelta(days=3)
    record(on_sqlite, a_firing(steps=[{"state": "waiting", "input": None, "not_before": day}]), at=clock.now())
    machine.wall += 7_200
    clock.now()
    assert [step.not_before for step in on_sqlite.steps()] == [day]


def test_a_machine_that_was_started_again_moves_nothing(on_sqlite, machine):
    clock = LedgerClock(on_sqlite.engine, machine.instant)
    record(on_sqlite, a_firing(steps=[{}]), at=clock.now())
    claim(on_sqlite, at=clock.now())
    lease = on_sqlite.steps()[0].lease_until
    machine.ticker, machine.now = "after the start", 5.0
    machine.wall += 7_200
    assert LedgerClock(on_sqlite.engine, machine.instant).now() == wall(machine)
    assert on_sqlite.steps()[0].lease_until == lease


def test_who_only_looks_writes_nothing(on_sqlite, machine):
    clock = LedgerClock(on_sqlite.engine, machine.instant)
    clock.now()
    record(on_sqlite, a_firing(steps=[{}]), at=clock.now())
    claim(on_sqlite, at=clock.now())
    lease = on_sqlite.steps()[0].lease_until
    machine.wall += 7_200
    assert clock.seen() == wall(machine)
    assert on_sqlite.steps()[0].lease_until == lease


# --- too far apart ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "said", "stops"),
    [
        (29, None, False),
        (30, "this machine's clock is 30 seconds ahead of the ledger's database", False),
        (-31, "this machine's clock is 31 seconds behind the ledger's database", False),
        (299, "4 minutes ahead of", False),
        (300, "5 minutes ahead of", True),
        (-7_200, "2 hours behind", True),
        (31_536_000, "365 days ahead of", True),
    ],
)
def test_a_difference_is_told_from_thirty_seconds_and_stops_a_run_from_five_minutes(by, said, stops):
    here = NOON + timedelta(seconds=by)
    found = skewed(here, NOON)
    assert (found is None) if said is None else said in found
    if not stops:
        must_agree(here, NOON)
        return
    with pytest.raises(ClocksDisagree, match="nothing was written"):
        must_agree(here, NOON)


def test_the_sentence_says_both_clocks_and_what_to_do(snapshot):
    with pytest.raises(ClocksDisagree) as error:
        must_agree(NOON + HOURS, NOON)
    assert str(error.value) == snapshot


def test_what_lies_ahead_stops_a_run_and_what_lies_behind_does_not(snapshot):
    must_be_past(NOON, {"a run": NOON + minutes(4), "a pull of facts": NOON - minutes(4)})
    with pytest.raises(ClocksDisagree) as error:
        must_be_past(NOON, {"a run": NOON + timedelta(days=365), "a pull of facts": NOON})
    assert str(error.value) == snapshot


# --- putting back -----------------------------------------------------------------------------------------------------


def test_a_fresh_ledger_has_nothing_that_is_newest(ledger):
    assert ledger.newest() == {}


def test_what_a_run_a_year_ahead_left_is_put_back(ledger):
    ahead = NOON + timedelta(days=365)
    record(ledger, a_firing("old", steps=[{}]))
    waits = {"state": "waiting", "input": None, "not_before": ahead + timedelta(days=3)}
    record(ledger, a_firing("new", fired_at=ahead, steps=[{}, waits]), at=ahead)
    ledger.set_cursor("mixpanel.events", ahead.isoformat(), ahead)
    ledger.set_cursor("heap.events", NOON.isoformat(), NOON)
    claim(ledger, at=ahead)
    ledger.resolve([verdicts.released(key_of("new"), ahead + minutes(5), "busy")], "me", ahead)
    assert ledger.newest() == {"a run": ahead, "a pull or an evaluation": ahead}
    assert ledger.put_back(NOON, "dana") > 0
    assert ledger.newest() == {"a run": NOON, "a pull or an evaluation": NOON}
    assert (ledger.cursor("mixpanel.events"), ledger.cursor("heap.events")) == (None, NOON.isoformat())
    assert ledger.firing("seat-limit", "new").fired_at == NOON
    assert ledger.open_episodes("seat-limit")["new"].decided_at == NOON
    waits_until = {step.step_id: step.not_before for step in ledger.steps() if step.account_id == "new"}
    assert waits_until == {"step-0": NOON, "step-1": NOON + timedelta(days=3)}
    assert [step.lease_until for step in ledger.steps() if step.account_id == "old"] == [NOON]
    assert [line.outcome for line in ledger.audit() if line.what == "clock"] == ["put back"]
    assert ledger.put_back(NOON, "dana") == 0
