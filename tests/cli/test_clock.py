"""Clocks that disagree: a run says so and writes nothing, and what one run left that was ahead is put back."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from expansion.ledger.agreement import ClocksDisagree
from expansion.ledger.newest import OlderLedger
from flows.run import Run as FlowRun
from jobs import clock
from jobs.place import Place
from tests.ledger.builders import a_firing, record

YEAR = timedelta(days=365)


@pytest.fixture
def left_ahead(folder) -> Path:
    """What a run left whose machine was a year ahead."""
    place = Place()
    ahead = place.now() + YEAR
    place.ledger.set_cursor("mixpanel.events", ahead.isoformat(), ahead)
    record(place.ledger, a_firing("a-100", trigger="export-limit", fired_at=ahead), at=ahead)
    place.close()
    return folder


def test_clocks_that_agree_are_told_and_end_well(folder, run):
    ran = run("clock")
    assert ran.code == 0
    assert "this machine" in ran.out
    assert "the ledger" in ran.out
    assert len({line.index(" 20") for line in ran.out.splitlines()}) == 1  # moments stand below each other
    assert run("clock", "--json").json["wrong"] is None


def test_what_lies_ahead_is_told_and_by_the_doctor_too(left_ahead, run):
    ran = run("clock")
    assert ran.code == 1
    assert "hold what lies ahead: a run of " in ran.err
    assert "expansion clock --put-back" in ran.err
    line = next(line for line in run("doctor", "--json").json if line["system"] == "clock")
    assert (line["ok"], line["mark"]) == (False, "problem")
    assert "--put-back" in line["remedy"]


def test_a_run_whose_clock_contradicts_what_is_written_writes_nothing(left_ahead):
    place = Place()
    with pytest.raises(ClocksDisagree, match="lies ahead"):
        FlowRun(place, None).start("expansion")
    assert [one.id for one in place.ledger.runs()] == [1]
    place.close()


def test_nobody_approves_by_a_clock_that_contradicts_what_is_written(left_ahead, run):
    place = Place()
    held = a_firing("a-200", trigger="export-limit", decision="approval", playbook=None)
    record(place.ledger, held, at=place.now())
    place.close()
    ran = run("approve", "--all", "--decline")
    assert ran.code == 1
    assert "lies ahead" in ran.err


def test_what_one_run_left_is_put_back_and_the_next_run_goes_on(left_ahead, run):
    ran = run("clock", "--put-back", "--yes")
    assert ran.code == 0
    assert "put back: " in ran.err
    assert len(run("audit", "--what", "clock", "--json").json) == 1
    place = Place()
    FlowRun(place, None).start("expansion")
    assert place.ledger.cursor("mixpanel.events") is None
    assert place.ledger.firing("export-limit", "a-100").fired_at <= place.now()
    place.close()
    assert "nothing lies ahead" in run("clock", "--put-back", "--yes").err


def test_a_clock_that_fell_behind_is_the_one_that_is_wrong(folder, monkeypatch):
    place = Place()
    record(place.ledger, at=place.now())
    monkeypatch.setattr(clock, "_wall", lambda: time.time() - 3_600)
    with pytest.raises(ClocksDisagree, match="if the clock is wrong, set it"):
        FlowRun(place, None).start("expansion")
    place.close()


def test_a_run_that_is_asked_for_a_day_in_the_past_is_for_that_day(folder):
    place = Place()
    asked = place.now() - YEAR
    run = FlowRun(place, asked)
    run.start("expansion")
    assert run.as_of == asked
    assert place.ledger.run(run.id).as_of == asked
    place.close()


def test_a_run_over_an_older_ledger_writes_nothing(folder):
    place = Place()
    FlowRun(place, None).start("expansion")
    FlowRun(place, None).start("expansion")
    place.close()
    for path in Path(".expansion").glob("ledger.db*"):
        path.unlink()
    place = Place()
    with pytest.raises(OlderLedger, match="knows no run, and run 2 was made here on"):
        FlowRun(place, None).start("expansion")
    assert place.ledger.runs() == []
    Path(".expansion/newest-run.json").unlink()
    FlowRun(place, None).start("expansion")
    place.close()
