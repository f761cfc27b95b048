"""`expansion check`: what people read when something is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path


def test_all_is_well(folder, run, snapshot):
    assert str(run("check")) == snapshot


def test_all_is_well_for_scripts(folder, run):
    said = run("check", "--json").json
    assert said["mistakes"] == []
    assert [case["passed"] for case in said["cases"]] == [True, True, True]
    assert said["cases"][0]["came_out"] == "fires"


def test_every_mistake_of_every_file_at_once(folder, run, change, snapshot):
    change("triggers/export-limit.yaml", "at_least: 3", "at_lest: 3")
    change("shared/facts.yaml", "fact: plan, is_one_of", "fact: plann, is_one_of")
    change("export-conversation.yaml", "do: slack.post_message", "do: slack.post")
    change("export-conversation.yaml", "{{ likely }}", "{{ likly }}")
    change("shared/policy.yaml", "likely: 15%", "likely: often")
    ran = run("check")
    assert ran.code == 1
    assert str(ran) == snapshot


def test_mistakes_for_scripts(folder, run, change):
    change("triggers/export-limit.yaml", "at_least: 3", "at_lest: 3")
    ran = run("check", "--json")
    (mistake,) = ran.json["mistakes"]
    assert ran.code == 1
    assert mistake["file"] == "playbooks/triggers/export-limit.yaml"
    assert mistake["hint"] == "did you mean `at_least`?"
    assert mistake["line"] > 0


def test_a_failed_case_shows_the_lines_that_decided(folder, run, change, snapshot):
    change("triggers/export-limit.yaml", "by_at_least: 2 people", "by_at_least: 1 people")
    ran = run("check")
    assert ran.code == 1
    assert str(ran) == snapshot


def test_a_case_that_is_right_for_the_wrong_reason_fails(folder, run, change, snapshot):
    change("cases/export-limit.yaml", "5 x Export Blocked by ana\n    expect: stays quiet\n    because: Export Blocked",
           "5 x Export Blocked by ana\n    expect: stays quiet\n    because: plan")  # fmt: skip
    ran = run("check")
    assert ran.code == 1
    assert str(ran) == snapshot


def test_a_live_trigger_without_a_case_is_worth_a_look(folder, run, change):
    change("triggers/export-limit.yaml", "status: watching", "status: live")
    (folder / "playbooks/cases/export-limit.yaml").unlink()
    ran = run("check")
    assert ran.code == 0
    assert "no case says what it should do" in ran.err


def test_growth_from_any_base_is_worth_a_look(folder, run, change):
    change("triggers/export-limit.yaml", "at_least: 3  ", "grew_at_least: 50%  ")
    ran = run("check")
    assert "`grew_at_least` counts from any base: from 1 to 2 is growth of 100%" in ran.err
    warning, twice_the_window = run("check", "--json").json["warnings"]
    assert warning["line"] == 10
    assert warning["hint"] == "add the least that is worth talking about, such as  from_at_least: 20"
    assert twice_the_window["message"].startswith("this looks back over 28 days")


def test_a_window_that_is_longer_than_what_is_stored_is_worth_a_look(folder, run, change, snapshot):
    change("triggers/export-limit.yaml", "over: 14 days  ", "over: 9 weeks  ")
    ran = run("check")
    assert ran.code == 0
    assert ran.err == snapshot
    (warning,) = run("check", "--json").json["warnings"]
    assert warning["file"] == "playbooks/triggers/export-limit.yaml"


def test_where_nothing_is_stored_no_window_is_too_long_and_no_store_is_made(folder, run, change):
    change("triggers/export-limit.yaml", "over: 14 days  ", "over: 9 weeks  ")
    shutil.rmtree(folder / ".expansion")
    ran = run("check", "--json")
    assert ran.code == 0
    assert ran.json["warnings"] == []
    assert not (folder / ".expansion").exists()


def test_a_damaged_store_stops_no_check(folder, run):
    (folder / ".expansion/usage/manifest.json").write_text("{")
    ran = run("check")
    assert ran.code == 0
    assert "is damaged" in ran.err


def test_wrong_yaml_stops_every_command_the_same_way(folder, run, change):
    change("triggers/export-limit.yaml", "at_least: 3", "at_lest: 3")
    for arguments in (["run", "--dry-run"], ["run"], ["explain", "export-limit", "a-100"], ["facts"], ["doctor"]):
        ran = run(*arguments)
        assert ran.code == 1, arguments
        assert "`at_lest` is not a word that belongs here" in ran.err, arguments
        assert ran.out == "", arguments


# --- what the first live run would do at once -------------------------------------------------------------------------


def test_live_triggers_that_act_at_once_are_a_warning_until_something_has_fired(run, monkeypatch):
    run("init", "mine")
    monkeypatch.chdir("mine")
    trigger = Path("playbooks/triggers/export-limit.yaml")
    text = trigger.read_text(encoding="utf-8")
    assert "first run" not in run("check").err
    live = text.replace("status: watching", "status: live")
    trigger.write_text(live, encoding="utf-8")
    assert "first run" not in run("check").err  # quiet by default
    trigger.write_text(f"{live}\nfirst_run: act\n", encoding="utf-8")
    said = run("check")
    assert said.code == 0
    assert "playbooks/triggers/export-limit.yaml: `export-limit` is live with `first_run: act`, and nothing" in said.err
    assert "hint: without `first_run: act`" in said.err
    assert [each["message"] for each in run("check", "--json").json["warnings"]] == [
        "`export-limit` is live with `first_run: act`, and nothing has fired yet: the first run acts on everybody for "
        "whom it is true already"
    ]
    assert not Path(".expansion").exists()  # looking makes nothing
