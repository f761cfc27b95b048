"""`expansion plan`, in a folder under git, as somebody reads it before a pull request is merged."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from expansion.contract import Done
from expansion.ledger import verdicts
from expansion.ledger.store import open_ledger
from expansion.measure.replay import replay
from expansion.plan.affected import mean_the_same
from jobs.backtest import days, ends_of_days
from jobs.decide import triggers_to_check
from jobs.place import Place
from jobs.plan_past import past
from jobs.revisions import compared_with
from tests.cli.conftest import AS_OF
from tests.ledger.builders import NOON, a_firing, claim, key_of, record

pytestmark = pytest.mark.starts

WHO = ("-c", "user.name=gtm", "-c", "user.email=gtm@acme.example", "-c", "commit.gpgsign=false")
COMMIT = re.compile(r"\b[0-9a-f]{12}\b")


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *WHO, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(message: str = "as it is") -> str:
    git("add", "playbooks")
    git("commit", "--quiet", "--allow-empty", "--message", message)
    return git("rev-parse", "HEAD")[:12]


@pytest.fixture
def repo(folder, monkeypatch) -> Path:
    """The starter under git, on main, all of it committed; a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    git("init", "--quiet", "--initial-branch", "main")
    commit()
    return folder


@pytest.fixture
def plan(run):
    """The same, with commits called as people call them in the snapshot."""

    def plan(*arguments: str) -> str:
        return COMMIT.sub("<commit>", str(run("plan", "--as-of", AS_OF, *arguments)))

    return plan


def test_a_lower_threshold_says_who_newly_fires(repo, change, plan, snapshot):
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    commit()
    change("triggers/export-limit.yaml", "at_least: 3 ", "at_least: 1 ")
    change("triggers/export-limit.yaml", "by_at_least: 2 people", "by_at_least: 1 people")
    assert plan() == snapshot


def test_comments_and_order_are_no_change(repo, change, plan, snapshot):
    change("triggers/export-limit.yaml", "check: daily", "# as often as the report\ncheck:   daily")
    assert plan() == snapshot


def test_going_live_sends_nothing_for_what_is_true_already(repo, change, plan, snapshot):
    change("triggers/export-limit.yaml", "status: watching", "status: live")
    assert plan() == snapshot


def test_other_money_other_suppressions_and_a_playbook_that_says_more(repo, change, plan, snapshot):
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    commit()
    change("shared/policy.yaml", "at_least: 3_000", "at_least: 6_000")
    change("shared/policy.yaml", "less_than: 500", "less_than: 20_000")
    change("export-conversation.yaml", "channel: expansion ", "channel: exports ")
    assert plan() == snapshot


def test_what_becomes_of_accounts_inside_a_playbook(repo, change, plan, snapshot):
    """Northwind's episode would end by the edit: its step that waits is not sent, its task is closed."""
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    commit()
    steps = [{"step_id": "ask", "when_cleared": "close"}, {"step_id": "remind", "state": "waiting"}]
    ledger = open_ledger("sqlite:///.expansion/ledger.db")
    firing = a_firing("a-100", "export-limit", steps=steps, playbook="export-conversation")
    record(ledger, firing)
    claim(ledger)
    key = key_of("a-100", "ask", trigger="export-limit")
    ledger.resolve([verdicts.done(key, Done("00T1"))], "me", NOON)
    ledger.close()
    change("triggers/export-limit.yaml", "at_least: 3 ", "at_least: 9 ")
    change("export-conversation.yaml", "due: in 2 working days", "due: in 1 working day")
    assert plan() == snapshot


def test_a_trigger_that_is_taken_away_leaves_its_steps(repo, plan, snapshot):
    ledger = open_ledger("sqlite:///.expansion/ledger.db")
    record(ledger, a_firing("a-100", "export-limit", steps=[{"step_id": "remind", "state": "waiting"}]))
    ledger.close()
    Path("playbooks/triggers/export-limit.yaml").unlink()
    Path("playbooks/cases/export-limit.yaml").unlink()
    assert plan() == snapshot


def test_for_a_pull_request(repo, change, plan, snapshot):
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    change("triggers/export-limit.yaml", "title: Several people", "title: Several <b>people")
    assert plan("--format", "markdown") == snapshot


def test_a_branch_is_compared_with_where_it_left_main(repo, change, plan):
    git("checkout", "--quiet", "-b", "fewer-seats")
    change("triggers/export-limit.yaml", "over: 14 days", "over: 28 days")
    commit()
    git("checkout", "--quiet", "main")
    commit("something else on main")
    git("checkout", "--quiet", "fewer-seats")
    said = plan()
    assert "against the commit at which this branch left main" in " ".join(said.split())
    assert "over 14 days -> 28 days" in said


def test_on_main_the_last_edit_is_compared_with_what_was_before_it(repo, change, plan):
    change("triggers/export-limit.yaml", "over: 14 days", "over: 28 days")
    commit("an edit")
    commit("nothing in the folder")
    said = plan()
    assert "against the commit before the last change" in " ".join(said.split())
    assert "over 14 days -> 28 days" in said


def test_against_a_revision_by_name(repo, change, plan):
    git("tag", "v1")
    change("triggers/export-limit.yaml", "over: 14 days", "over: 28 days")
    commit()
    assert "against revision v1 (<commit>)" in " ".join(plan("--against", "v1").split())


def test_against_what_is_deployed(repo, change, plan):
    ledger = open_ledger("sqlite:///.expansion/ledger.db")
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    ledger.start_run("expansion", as_of=at, now=at, git_revision=f"{commit()}+changes")
    ledger.close()
    change("triggers/export-limit.yaml", "over: 14 days", "over: 28 days")
    said = " ".join(plan("--against", "deployed").split())
    assert "against what is deployed, the run of 1 March 2026, 09:00 UTC (<commit>)" in said
    assert "was made with edits that are in no commit; compared is the commit below them, <commit>" in said


def test_every_field_for_scripts(repo, change, run, snapshot):
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    told = run("plan", "--as-of", AS_OF, "--json").json
    (fires,) = told["triggers"][0].pop("differs")
    assert fires["differs"] == ["only watched -> export-conversation"]
    for side in ("before", "after"):
        assert re.fullmatch("[0-9a-f]{64}", told[side].pop("definitions_hash"))
        told[side].pop("git_revision")
    assert told == snapshot


# --- what cannot be compared ------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_under_git(folder, plan, snapshot):
    assert plan() == snapshot


def test_a_single_commit_without_changes(repo, plan, snapshot):
    assert plan() == snapshot


def test_a_revision_that_does_not_exist(repo, plan, snapshot):
    assert plan("--against", "v99") == snapshot


def test_nothing_is_deployed_yet(repo, plan, snapshot):
    assert plan("--against", "deployed") == snapshot


def test_a_revision_whose_definitions_hold_mistakes(repo, change, plan, snapshot):
    change("triggers/export-limit.yaml", "over: 14 days", "over: 14 moons")
    commit("it cannot be loaded")
    change("triggers/export-limit.yaml", "over: 14 moons", "over: 14 days")
    assert plan() == snapshot


def test_an_edit_that_cannot_be_loaded(repo, change, plan, snapshot):
    change("triggers/export-limit.yaml", "over: 14 days", "over: 14 moons")
    assert plan() == snapshot


def test_a_plan_leaves_nothing_behind(repo, change, plan):
    before = stored()
    change("triggers/export-limit.yaml", "over: 14 days", "over: 28 days")
    plan()
    assert stored() == before


def stored() -> dict[Path, bytes]:
    """Everything that is kept; locks hold nothing, and readers take one."""
    files = (path for path in Path(".expansion").rglob("*") if path.is_file() and path.suffix != ".lock")
    return {path: path.read_bytes() for path in files}


def test_nothing_is_stored_here(repo, change, plan):
    """As on a machine for CI that has no store: no figure without saying so."""
    shutil.rmtree(".expansion")
    change("triggers/export-limit.yaml", "status: watching", "status: live")
    said = " ".join(plan().split())
    assert "nothing is stored yet, so no account could be asked" in said


# --- the last days ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["the same", "others"])
def test_the_days_are_those_that_each_version_would_have_played_alone(repo, change, words):
    """However history is read, each day is as an evaluator of it says: also where a fact changed."""
    change("triggers/export-limit.yaml", "at_least: 3 ", "at_least: 1 ")
    change("triggers/export-limit.yaml", "by_at_least: 2 people", "by_at_least: 1 people")
    if words == "others":
        change("shared/facts.yaml", "title: Plan}", "title: The plan}")
    place = Place(looking=True)
    old, new = compared_with(place, None).definitions, place.definitions
    assert mean_the_same(old.workspace, new.workspace) is (words == "the same")
    found = past(place, old, new, datetime.fromisoformat(AS_OF), 10)
    assert found is not None
    moments = ends_of_days(found.first - timedelta(days=1), found.last, new.zone)
    for side, version in (("before", old), ("after", new)):
        asked = triggers_to_check(version)
        alone = replay(asked, version.workspace.policy, days(place, version, asked, moments)).of("export-limit")
        counted = [getattr(week, side) for one in found.triggers for week in one.weeks]
        assert sum(counted) == len(alone) == getattr(found.triggers[0], side)
    assert found.triggers[0].after > found.triggers[0].before >= 0


def test_history_is_left_out_on_request(repo, change, plan):
    change("triggers/export-limit.yaml", "over: 14 days", "over: 28 days")
    assert "day by day" in plan()
    assert "day by day" not in plan("--no-history")


def test_a_store_without_a_day_before_this_one_says_so(repo, change, run):
    change("triggers/export-limit.yaml", "over: 14 days", "over: 28 days")
    ran = run("plan", "--as-of", "2026-02-16T12:00:00Z")
    assert "no whole day before this one is stored" in ran.out
