"""`expansion diff`: two runs of a folder under git, as somebody asks the day after."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from jobs.decide import decide_and_record, evaluate, triggers_to_check
from jobs.place import Place
from tests.cli.conftest import AS_OF
from tests.cli.test_plan import COMMIT, commit, repo

pytestmark = pytest.mark.starts

__all__ = ["repo"]
MORNING = datetime.fromisoformat(AS_OF)


def a_run(days: int) -> int:
    """A run so many days later; its number."""
    place, as_of = Place(), MORNING + timedelta(days=days)
    pinned = {"git_revision": place.files.revision, "definitions_hash": place.definitions_hash}
    run_id = place.ledger.start_run("expansion", as_of=as_of, now=as_of, **pinned)
    asked = triggers_to_check(place.definitions)
    decide_and_record(place, run_id, evaluate(place, place.definitions, asked, as_of), as_of, lambda: as_of)
    place.ledger.finish_run(run_id, "completed", as_of, {"asked": [one.trigger for one in asked]})
    place.close()
    return run_id


@pytest.fixture
def two_runs(repo, change) -> tuple[int, int]:
    """Between them somebody lowers the threshold; a day later Northwind fires no second time."""
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    commit("live")
    first = a_run(0)
    change("triggers/export-limit.yaml", "at_least: 3 ", "at_least: 1 ")
    change("triggers/export-limit.yaml", "by_at_least: 2 people", "by_at_least: 1 people")
    commit("a lower threshold")
    return first, a_run(1)


def test_why_two_runs_differ(two_runs, run, snapshot):
    assert COMMIT.sub("<commit>", str(run("diff", *map(str, two_runs)))) == snapshot


def test_for_scripts(two_runs, run):
    told = run("diff", *map(str, two_runs), "--json").json
    assert [(one["account_id"], one["first"], one["second"], one["cause"]) for one in told["otherwise"]] == [
        ("a-100", "export-conversation", None, "ledger"),
        ("a-200", None, "export-conversation", "definitions"),
    ]
    assert all(re.fullmatch("[0-9a-f]{64}", told[side]["definitions_hash"]) for side in ("first", "second"))


def test_a_run_that_is_not_there(repo, run, snapshot):
    assert str(run("diff", "7", "8")) == snapshot


def test_a_run_with_edits_in_no_commit(repo, change, run, snapshot):
    change("triggers/export-limit.yaml", "over: 14 days", "over: 28 days")
    a_run(0)
    assert COMMIT.sub("<commit>", str(run("diff", "1", "1"))) == snapshot
