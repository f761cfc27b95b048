"""`expansion approve`: a flood is looked at, then let go or declined."""

from __future__ import annotations

from datetime import datetime

import pytest

from expansion.ledger.store import open_ledger
from jobs.clock import moment, utc_now
from jobs.decide import decide_and_record, evaluate, triggers_to_check
from jobs.place import Place
from tests.cli.conftest import AS_OF

URL = "sqlite:///.expansion/ledger.db"
APPROVAL = "approval:\n  - {reason: A large deal goes past Dana, worth_at_least: 1_000}\nsuppress:"


@pytest.fixture
def waits(folder, change):
    """Northwind's firing waits for approval, after a run without Prefect."""
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    change("shared/policy.yaml", "suppress:", APPROVAL)
    at = moment(datetime.fromisoformat(AS_OF))
    place = Place()
    run_id = place.ledger.start_run("expansion", as_of=at, now=utc_now())
    decide_and_record(
        place, run_id, evaluate(place, place.definitions, triggers_to_check(place.definitions), at), at, utc_now
    )
    place.ledger.finish_run(run_id, "completed", utc_now())
    place.close()
    return folder


def _approve(run, *arguments):
    return run("approve", *arguments, "--by", "dana", "--note", "the board knows", "--as-of", AS_OF)


def steps():
    ledger = open_ledger(URL)
    found = ledger.steps()
    ledger.close()
    return found


def test_nothing_waits(folder, run):
    assert run("approve").err == "nothing waits for a person\n"


def test_what_waits_is_listed(waits, run, snapshot):
    assert str(run("approve")) == snapshot
    (row,) = run("approve", "--json").json
    assert (row["account_id"], row["trigger"]) == ("a-100", "export-limit")
    assert steps() == []


@pytest.mark.parametrize("which", [("--all",), ("--trigger", "export-limit"), ("--account", "a-100")])
def test_let_go_its_steps_are_written_once(waits, run, snapshot, which):
    assert str(_approve(run, *which)) == snapshot
    assert [step.action for step in steps()] == ["salesforce.create_task", "slack.post_message"]
    again = _approve(run, *which)
    assert again.code == (0 if which == ("--all",) else 1)
    assert "waits for a person\n" in again.err
    assert len(steps()) == 2
    assert run("ledger", "--runs", "--json").json[0]["kind"] == "approval"


def test_the_history_says_who(waits, run):
    _approve(run, "--all")
    (firing,) = run("ledger", "--history", "--json").json
    assert firing["reason"] == "starts playbook export-conversation; let go by dana: the board knows"
    assert [each["decision"] for each in firing["before"]] == ["approval"]


def test_declined_nothing_is_sent(waits, run, snapshot):
    assert str(_approve(run, "--all", "--decline")) == snapshot
    assert steps() == []
    assert run("ledger", "--json").json[0]["reason"] == "declined by dana: the board knows"
    assert run("approve", "--json").json == []


def test_where_the_trigger_is_no_longer_true_it_says_so(waits, run, change, snapshot):
    change("triggers/export-limit.yaml", "by_at_least: 2 people", "by_at_least: 9 people")
    assert str(_approve(run, "--all")) == snapshot
    assert steps() == []
    assert len(run("approve", "--json").json) == 1


def test_where_it_cannot_be_told_nothing_is_sent(waits, run):
    ran = run("approve", "--all", "--by", "dana", "--as-of", "2026-04-02T09:00:00Z", "--json")
    assert "it cannot be told whether its trigger is still true" in ran.json[0]["left"]
    assert steps() == []


@pytest.mark.parametrize(
    "which",
    [
        ("--trigger", "export-limt"),
        ("--account", "northwind traders"),
        ("--account", "Northwind"),
        ("--trigger", "export-limit", "--account", "a-1"),
    ],
)
def test_what_does_not_wait_is_named_with_where_to_look(waits, run, snapshot, which):
    assert str(_approve(run, *which)) == snapshot


def test_a_no_to_nothing_in_particular_is_asked_back(waits, run, snapshot):
    """It would print the list, and look as if all had been declined."""
    assert str(_approve(run, "--decline")) == snapshot


def test_all_of_nothing_is_no_mistake(folder, run):
    ran = run("approve", "--all")
    assert (ran.code, ran.out, ran.err) == (0, "", "nothing waits for a person\n")
    assert run("approve", "--all", "--json").json == []


def test_all_and_one_is_a_contradiction(waits, run):
    assert "`--all` is everything that waits" in run("approve", "--all", "--account", "a-100").err
