"""`expansion pause` and `expansion resume`."""

from __future__ import annotations

import pytest

from expansion.ledger.store import open_ledger
from tests.cli.conftest import AS_OF

URL = "sqlite:///.expansion/ledger.db"


def _pause(run, *arguments):
    return run("pause", *arguments, "--by", "dana", "--note", "the price list changes")


def test_a_trigger_is_paused_and_goes_on(folder, run, snapshot):
    assert str(_pause(run, "trigger", "export-limit")) == snapshot
    (paused,) = run("pause", "--json").json
    assert (paused["kind"], paused["name"], paused["by"]) == ("trigger", "export-limit", "dana")
    assert paused["note"] == "the price list changes"
    assert str(run("resume", "trigger", "export-limit")) == snapshot
    assert run("pause").err == "nothing is paused\n"


def test_a_second_time_says_that_it_is_paused(folder, run, snapshot):
    _pause(run, "playbook", "export-conversation")
    assert str(_pause(run, "playbook", "export-conversation")) == snapshot


def test_a_whole_integration(folder, run):
    assert _pause(run, "integration", "slack").code == 0
    assert [each.name for each in open_ledger(URL).pauses()] == ["slack"]


@pytest.mark.parametrize(
    "what",
    [("trigger", "export-limt"), ("playbook", "zzz"), ("integration", "salesfroce"), ("trigger",), ("step", "a")],
)
def test_what_is_not_there(folder, run, snapshot, what):
    assert str(_pause(run, *what)) == snapshot


def test_what_is_not_paused_goes_on_already(folder, run, snapshot):
    ran = run("resume", "trigger", "export-limit")
    assert ran.code == 0
    assert str(ran) == snapshot


def test_what_is_not_there_cannot_go_on(folder, run, snapshot):
    assert str(run("resume", "trigger", "export-limt")) == snapshot


def test_what_is_paused_goes_on_also_after_its_file_is_gone(folder, run):
    _pause(run, "trigger", "export-limit")
    (folder / "playbooks/triggers/export-limit.yaml").unlink()
    assert run("resume", "trigger", "export-limit").code == 0
    assert run("pause", "--json").json == []


def test_it_works_while_the_definitions_are_wrong(folder, run, change):
    change("shared/policy.yaml", "time_zone:", "time_zoned:")
    assert _pause(run, "trigger", "export-limit").code == 0
    assert len(run("pause", "--json").json) == 1


def test_the_ledger_and_a_dry_run_say_what_is_paused(folder, run, change):
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    _pause(run, "trigger", "export-limit")
    dry = run("run", "--dry-run", "--as-of", AS_OF)
    assert "paused: trigger export-limit is paused by dana since " in dry.err
    assert "trigger export-limit is paused by dana" in " ".join(dry.out.split())
    assert run("run", "--dry-run", "--as-of", AS_OF, "--json").json["steps"] == []
    assert "paused: trigger export-limit is paused by dana since " in run("ledger").err
