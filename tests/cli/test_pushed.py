"""What was pushed since the last run is seen by a dry run and by `explain`, as the next run will see it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from expansion.contract import EventRow
from expansion.usage.pushed.journal import Journal
from jobs.decide import decide_all, evaluate, triggers_to_check
from jobs.place import Place
from tests.cli.conftest import AS_OF, Run

USAGE = Path(".expansion/usage")
BLOCKED = [
    EventRow(f"pushed-{n}", "Export Blocked", f"2026-03-01T1{n}:00:00Z", "a-200", user, {})
    for n, user in enumerate(["kim", "lou", "kim", "lou"])
]


def _push() -> None:
    Journal(USAGE).append([*BLOCKED, BLOCKED[0]])  # one of them is sent twice


def _dry(run: Run) -> list[str]:
    said = run("run", "--dry-run", "--as-of", AS_OF, "--json").json
    return [firing["account_id"] for firing in said["firings"]]


def _run() -> list[str]:
    """As a run decides, after it has brought in what was pushed."""
    place = Place()
    try:
        at, definitions = datetime.fromisoformat(AS_OF), place.definitions
        evaluated = evaluate(place, definitions, triggers_to_check(definitions), at)
        return [firing.account_id for firing in decide_all(place, evaluated, at).firings]
    finally:
        place.close()


def _files() -> dict[str, bytes]:
    """What others can see of the store; each process has its own working copies below `scratch`."""
    paths = (path for path in USAGE.rglob("*") if path.is_file() and "scratch" not in path.parts)
    return {str(path): path.read_bytes() for path in paths}


def test_a_dry_run_fires_as_the_run_after_it(folder: Path, run: Run) -> None:
    before = _dry(run)
    _push()
    after = _dry(run)
    assert set(after) - set(before) == {"a-200"}
    assert _run() == after
    assert _dry(run) == after  # what was brought in counts once


def test_explain_shows_the_events_that_were_pushed(folder: Path, run: Run) -> None:
    quiet = run("explain", "export-limit", "a-200", "--as-of", AS_OF, "--json").json
    _push()
    fires = run("explain", "export-limit", "a-200", "--as-of", AS_OF, "--json").json
    assert (quiet["answer"], fires["answer"]) == ("no", "yes")
    _run()
    assert run("explain", "export-limit", "a-200", "--as-of", AS_OF, "--json").json == fires


def test_what_is_only_looked_at_stays_as_it_is(folder: Path, run: Run) -> None:
    _dry(run)  # makes the lock of those who read
    _push()
    before = _files()
    assert _dry(run)
    assert run("explain", "export-limit", "a-200", "--as-of", AS_OF).code == 0
    assert _files() == before


def test_a_journal_that_is_being_folded_is_seen(folder: Path, run: Run) -> None:
    _push()
    (USAGE / "journal.jsonl").rename(USAGE / "journal-folding.jsonl")
    Journal(USAGE).append([EventRow("pushed-later", "Export Blocked", "2026-03-01T19:00:00Z", "a-300", "max", {})])
    assert "a-200" in _dry(run)


def test_somebody_who_was_forgotten_is_not_seen_in_it(folder: Path, run: Run) -> None:
    _push()
    _run()
    assert run("forget", "kim", "--yes").out.startswith("forgotten")
    Journal(USAGE).append([EventRow("pushed-again", "Export Blocked", "2026-03-01T20:00:00Z", "a-200", "kim", {})])
    said = run("explain", "export-limit", "a-200", "--as-of", AS_OF, "--json")
    assert said.json["answer"] == "yes"
    assert "kim" not in said.out
