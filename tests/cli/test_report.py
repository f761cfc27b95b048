"""`expansion report`: a page for people, figures for scripts, and nothing else written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from expansion.ledger.store import open_ledger
from tests.cli.conftest import AS_OF
from tests.ledger.builders import NOON, a_firing, record

URL = "sqlite:///.expansion/ledger.db"
PAGE = Path("expansion-report.html")


@pytest.fixture
def fired(folder) -> Path:
    """Two firings of the starter's trigger, one of them held out."""
    ledger = open_ledger(URL)
    record(
        ledger,
        a_firing("a-100", "export-limit", steps=[{"state": "due"}]),
        a_firing("a-200", "export-limit", decision="held_out", playbook=None),
    )
    ledger.close()
    return folder


def test_the_page_is_written_and_the_headline_said(fired, run, snapshot):
    ran = run("report", "--as-of", "2026-03-02T13:00")
    assert str(ran).replace(str(fired.resolve()), "FOLDER") == snapshot
    assert "1 of 2 firings acted on" in PAGE.read_text(encoding="utf-8")


def test_it_names_owners_so_nobody_else_may_read_it(fired, run):
    run("report", "--out", "page.html")
    assert stat.S_IMODE(Path("page.html").stat().st_mode) == 0o600


def test_what_fired_before_since_or_after_as_of_is_not_in_it(fired, run):
    def firings(*bounds: str) -> int:
        (headline, *_) = run("report", *bounds, "--json").json["sections"]
        return sum(row["firings"] for row in headline["figures"][0]["rows"]) if headline["figures"] else 0

    at = NOON.isoformat()
    assert firings("--since", "2026-03-01", "--as-of", at) == 2, "the moment itself is among them"
    assert firings("--since", at, "--as-of", "2026-03-03") == 2
    assert firings("--since", "2026-03-02T12:00:01", "--as-of", "2026-03-03") == 0
    assert firings("--since", "2026-03-01", "--as-of", "2026-03-02T11:59:59") == 0


def test_a_report_that_ends_before_it_begins_says_what_to_give(fired, run):
    ran = run("report", "--since", "2026-03-03", "--as-of", AS_OF)
    assert ran.code == 1
    assert "hint: give an earlier `--since`, or a later `--as-of`" in ran.err
    assert not PAGE.exists()


def test_a_folder_that_is_not_there_is_no_traceback(fired, run):
    ran = run("report", "--out", "nowhere/page.html")
    assert ran.code == 1
    assert ran.err.startswith("error: the page cannot be written to `nowhere/page.html`: No such file")


def test_shares_are_numbers_and_money_has_its_currency(fired, run):
    report = run("report", "--as-of", "2026-03-02T13:00", "--json").json
    acted = report["sections"][0]["figures"][0]["rows"][0]
    assert acted == {
        "what_became_of_it": "acted on", "firings": 1, "accounts": 1,
        "worth_a_year": {"amounts": [{"worth": 3600, "currency": "USD"}], "accounts_of_unknown_worth": 0},
    }  # fmt: skip
    (funnel,) = [one for one in report["sections"] if one["section"] == "funnel"]
    assert funnel["figures"][0]["rows"][0]["asked_about"] == 4


def test_looking_makes_no_ledger_and_an_empty_one_is_a_page_that_says_so(folder, run):
    before = sorted(Path(".expansion").iterdir())
    ran = run("report", "--as-of", AS_OF)
    assert ran.code == 0
    assert sorted(Path(".expansion").iterdir()) == before
    assert "Nothing fired in this time" in PAGE.read_text(encoding="utf-8")


@pytest.mark.starts
def test_a_report_imports_no_library_of_measuring_and_no_prefect_artifacts():
    import subprocess
    import sys

    code = (
        "import sys, cli.report, jobs.reporting.report, web.report.page\n"
        "sys.exit(bool({'scipy', 'sklearn', 'matplotlib', 'prefect'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize("history", [False, True])
def test_history_is_played_only_where_that_is_asked_for(fired, run, history):
    told = run("report", "--as-of", AS_OF, "--json", *(["--history"] if history else [])).json
    missing = {one["section"]: one["missing"] or "" for one in told["sections"]}
    assert ("--history" in missing["backtest"]) is not history
    assert ("--history" in missing["calibration"]) is not history


def test_the_page_names_no_command_that_is_not_there(fired, run):
    import re

    from cli.main import COMMANDS

    run("report")
    named = re.findall(r"<code>expansion (\w+)", PAGE.read_text(encoding="utf-8"))
    assert named
    assert set(named) <= set(COMMANDS)
