"""`expansion run --dry-run`: what would fire and be sent, and that nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import AS_OF


def _dry(run, *arguments):
    return run("run", "--dry-run", "--as-of", AS_OF, *arguments)


def test_a_watching_trigger_shows_who_would_fire(folder, run, snapshot):
    assert str(_dry(run)) == snapshot


def test_a_live_trigger_shows_every_text_as_it_would_be_sent(folder, run, change, snapshot):
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    assert str(_dry(run)) == snapshot


def test_people_of_one_account_are_shown_with_the_conversation_they_are_joined_in(people, run, snapshot):
    path = people / "playbooks/triggers/export-person.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("at_least: 2", "at_least: 1"), encoding="utf-8")
    assert str(_dry(run, "--trigger", "export-person")) == snapshot


def test_an_account_whose_people_cannot_be_told_about_is_one(people, run):
    path = people / "playbooks/triggers/export-person.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("at_least: 2", "at_least: 1"), encoding="utf-8")
    assert "cannot tell for 1 account, export-person: no value of `plan`" in _dry(run).err


def test_for_scripts(folder, run, change):
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    said = _dry(run, "--json").json
    assert [firing["account_name"] for firing in said["firings"]] == ["Northwind Traders"]
    assert [step["action"] for step in said["steps"]] == ["salesforce.create_task", "slack.post_message"]
    assert said["steps"][0]["input"]["assign_to"] == "dana@acme.example"
    assert said["accounts"] == 4


def test_a_dry_run_leaves_no_ledger_behind(folder, run):
    before = sorted(path for path in Path(".expansion").iterdir())
    assert _dry(run).code == 0
    assert sorted(path for path in Path(".expansion").iterdir()) == before


def test_nothing_is_written_down(folder, run, change):
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    before = set(Path(".expansion/usage").rglob("*.parquet"))
    assert _dry(run, "--json").json == _dry(run, "--json").json
    assert set(Path(".expansion/usage").rglob("*.parquet")) == before
    assert run("ledger", "--json").json == []
    assert run("ledger", "--steps", "--json").json == []
    assert run("ledger", "--runs", "--json").json == []


def test_a_step_that_waits_says_until_when(folder, run, change):
    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    change("export-conversation.yaml", "  - id: ask-the-owner", "  - id: ask-the-owner\n    after: 3 days")
    assert "salesforce.create_task · waits until 2026-03-05 09:00 UTC" in _dry(run).out


def test_only_one_trigger(folder, run):
    assert _dry(run, "--trigger", "export-limit").code == 0


def test_a_trigger_that_is_not_there(folder, run):
    ran = _dry(run, "--trigger", "nope")
    assert ran.code == 1
    assert ran.err == "error: there is no trigger `nope`\n\nhint: there are: `export-limit`\n"


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "09:00"])
def test_a_moment_that_is_none(folder, run, text):
    ran = run("run", "--dry-run", "--as-of", text)
    assert ran.code == 2
    assert f"`{text}` is not a moment; write it like 2026-03-02 or 2026-03-02T09:00:00Z" in ran.err


def test_a_day_is_a_moment(folder, run):
    assert run("run", "--dry-run", "--as-of", "2026-03-02", "--json").json["as_of"].startswith("2026-03-02T00:00:00")


def test_a_source_that_went_silent_is_said(folder, run):
    ran = run("run", "--dry-run", "--as-of", "2026-04-02T09:00:00Z")
    assert ran.code == 0
    assert "cannot tell for 3 accounts, export-limit: " in ran.err
    assert "known only up to 2026-03-02" in ran.err
    untold = run("run", "--dry-run", "--as-of", "2026-04-02T09:00:00Z", "--json").json["untold"]
    of_limit = [one for one in untold if one["trigger"] == "export-limit"]
    assert len({one["account_id"] for one in of_limit}) == len(of_limit) == 3
    assert all("known only up to 2026-03-02" in one["cause"] and one["user_id"] is None for one in of_limit)


def test_now_only_what_is_due_is_evaluated_as_in_a_run(folder, run, change):
    from jobs.clock import utc_now
    from jobs.decide import note_evaluated
    from jobs.place import Place

    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    place = Place()
    note_evaluated(place, place.definitions, ["export-limit"], utc_now(), utc_now())
    place.close()
    said = run("run", "--dry-run")
    assert "not due yet, evaluated before: export-limit (`--trigger NAME` evaluates one now)" in said.err
    assert run("run", "--dry-run", "--json").json["not_due"] == ["export-limit"]
    assert run("run", "--dry-run", "--trigger", "export-limit", "--json").json["not_due"] == []


def test_what_earlier_runs_have_left_is_said(folder, run, change):
    from datetime import datetime

    from jobs.decide import decide_all, evaluate, record, triggers_to_check
    from jobs.place import Place

    change("triggers/export-limit.yaml", "status: watching", "status: live\nfirst_run: act")
    change("export-conversation.yaml", "  - id: tell-the-team", "  - id: tell-the-team\n    after: 3 days")
    at, place = datetime.fromisoformat(AS_OF), Place()
    evaluated = evaluate(place, place.definitions, triggers_to_check(place.definitions), at)
    run_id = place.ledger.start_run("expansion", as_of=at, now=at)
    record(place, run_id, decide_all(place, evaluated, at), at)
    place.close()
    assert "1 step of earlier runs would be sent, too: `expansion ledger --steps` lists them\n" in _dry(run).err
    later = run("run", "--dry-run", "--as-of", "2026-03-06T09:00:00Z")
    assert "1 step of earlier runs would be asked again, for their time of waiting is over\n" in later.err
    earlier = run("run", "--dry-run", "--as-of", "2026-03-06T09:00:00Z", "--json").json["of_earlier_runs"]
    assert earlier == {"due": 1, "waited": 1}
