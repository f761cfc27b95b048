from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tests.ledger.builders import NOON, a_firing, minutes, record


def test_a_run_is_unfinished_until_it_says_how_it_ended(ledger):
    run_id = ledger.start_run("expansion", as_of=NOON, now=NOON, flow_run_id="f1", holder="host/1/a")
    assert [(run.id, run.holder, run.status) for run in ledger.unfinished_runs()] == [(run_id, "host/1/a", "running")]
    ledger.finish_run(run_id, "completed", NOON + minutes(2), {"fired": 3})
    assert ledger.unfinished_runs() == []
    run = ledger.run(run_id)
    assert (run.status, run.finished_at, run.summary) == ("completed", NOON + minutes(2), {"fired": 3})


def test_a_run_that_has_ended_keeps_its_first_word(ledger):
    run_id = ledger.start_run("expansion", as_of=NOON, now=NOON)
    ledger.finish_run(run_id, "failed", NOON, {"why": "no network"})
    ledger.finish_run(run_id, "completed", NOON)
    assert ledger.run(run_id).status == "failed"


def test_runs_are_listed_newest_first_and_by_kind(ledger):
    ids = [ledger.start_run(kind, as_of=NOON, now=NOON) for kind in ("expansion", "pull", "expansion")]
    assert [run.id for run in ledger.runs(limit=2)] == [ids[2], ids[1]]
    assert [run.id for run in ledger.runs(kinds=["pull"])] == [ids[1]]
    assert ledger.run(999) is None


def test_moments_come_back_aware_in_utc_whatever_zone_they_came_in(ledger):
    india = timezone(timedelta(hours=5, minutes=30))
    as_of = datetime(2026, 3, 2, 17, 30, 0, 123456, tzinfo=india)
    run = ledger.run(ledger.start_run("expansion", as_of=as_of, now=NOON))
    assert run.as_of == as_of
    assert run.as_of.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(ledger):
    with pytest.raises(Exception, match="no time zone"):
        ledger.start_run("expansion", as_of=datetime(2026, 3, 2, 12), now=NOON)


@pytest.mark.parametrize("amount", ["3600", "0.1", "12345678901234567890.123456789", "1E+3", "-0.005"])
def test_amounts_come_back_exactly(ledger, amount):
    record(ledger, a_firing(worth=Decimal(amount)))
    assert ledger.firing("seat-limit", "acme").worth == Decimal(amount)


def test_a_cursor_is_kept_and_moved(ledger):
    assert ledger.cursor("mixpanel.export") is None
    ledger.set_cursor("mixpanel.export", "2026-03-01", NOON)
    ledger.set_cursor("mixpanel.export", "2026-03-02", NOON)
    ledger.set_cursor("files", "a.json", NOON)
    assert ledger.cursor("mixpanel.export") == "2026-03-02"
