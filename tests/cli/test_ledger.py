"""`expansion ledger` and `expansion unsure`, over a ledger that a run left behind."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from expansion.ledger import verdicts
from expansion.ledger.store import open_ledger
from tests.ledger.builders import NOON, a_firing, claim, key_of, record

URL = "sqlite:///.expansion/ledger.db"


@pytest.fixture(scope="module")
def _ledger(tmp_path_factory):
    """Acme: one step done, one unsure. Beta: left alone."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    ledger = open_ledger(f"sqlite:///{path}")
    reasons = {"reasons": ["seat_usage at least 80%: 92%"]}
    record(
        ledger,
        a_firing(steps=[{"step_id": "tell", "action": "slack.post_message"}, {"step_id": "ask"}], evidence=reasons),
        a_firing("beta", decision="suppressed", reason="A deal is open", playbook=None, evidence=reasons),
    )
    claim(ledger, "slack.post_message")
    ledger.resolve([verdicts.unsure(key_of(step_id="tell"), "Slack's answer was cut off")], "me", NOON)
    ledger.close()
    return path


@pytest.fixture
def ledger(folder, _ledger):
    shutil.copy(_ledger, ".expansion/ledger.db")


def test_firings_with_their_reasons(ledger, run, snapshot):
    assert str(run("ledger")) == snapshot


def test_the_steps_that_followed(ledger, run, snapshot):
    assert str(run("ledger", "--steps")) == snapshot


def test_the_runs_that_decided(ledger, run, snapshot):
    assert str(run("ledger", "--runs")) == snapshot


@pytest.fixture
def of_people(ledger):
    """The same, and two people of Cara's who are one conversation."""
    opened = open_ledger(URL)
    ana, bo = ({"user_id": user, "user_name": user.title(), "playbook": "call"} for user in ("ana", "bo"))
    reasons = {"reasons": ["Paywall Viewed at least 3 times: 5 times"]}
    record(
        opened,
        a_firing("cara", "paywall", steps=[{"action": "slack.post_message"}], evidence=reasons, **ana),
        a_firing("cara", "paywall", reason="joined with paywall for Ana", evidence=reasons, **bo | {"playbook": None}),
    )
    claim(opened, "slack.post_message")
    opened.resolve(
        [verdicts.unsure(key_of("cara", trigger="paywall", user="ana"), "Slack's answer was cut off")], "me", NOON
    )
    opened.close()


def test_where_there_are_people_they_are_named(of_people, run, snapshot):
    assert str(run("ledger")) == snapshot
    assert str(run("ledger", "--steps")) == snapshot
    assert str(run("unsure")) == snapshot


def test_one_person(of_people, run):
    (firing,) = run("ledger", "--user", "ana", "--json").json
    assert (firing["account_id"], firing["user_id"], firing["user_name"]) == ("cara", "ana", "Ana")
    assert [step["user_id"] for step in run("ledger", "--user", "ana", "--steps", "--json").json] == ["ana"]


def test_whose_step_is_settled_is_said(of_people, run):
    key = key_of("cara", trigger="paywall", user="ana")
    assert "what became of slack.post_message for Ana of Cara? say done" in run("unsure", key[:12]).err
    said = "slack.post_message for Ana of Cara: left out, and not sent again\n"
    assert run("unsure", key[:12], "skip").err == said


def test_one_account(ledger, run):
    assert [firing["account_id"] for firing in run("ledger", "--account", "beta", "--json").json] == ["beta"]


def test_an_account_is_listed_with_what_was_done_under_its_former_ids(ledger, run):
    (Path.cwd() / "moved.csv").write_text("former,now,since\nbeta,acme,2026-01-01\n")
    map_ = Path.cwd() / "map.yaml"
    map_.write_text("merges: {of: account, former: former, id: now, at: since}\n")
    run("import", "moved.csv", "--map", str(map_))
    for name in ("acme", "beta"):
        assert {one["account_id"] for one in run("ledger", "--account", name, "--json").json} == {"acme", "beta"}


def test_one_trigger(ledger, run):
    assert run("ledger", "--trigger", "seat-limit", "--json").json != []
    assert run("ledger", "--trigger", "export-limit", "--json").json == []


def test_at_most_so_many_rows(ledger, run):
    assert len(run("ledger", "--limit", "1", "--json").json) == 1


def test_an_empty_ledger_says_who_writes_there(folder, run):
    ran = run("ledger")
    assert (ran.code, ran.out) == (0, "")
    assert "`expansion run` writes here" in ran.err


@pytest.mark.parametrize("view", ["--steps", "--runs", "--clocks", "--answers", "--history"])
def test_each_list_says_what_would_be_in_it(folder, run, snapshot, view):
    assert str(run("ledger", view)) == snapshot


@pytest.mark.parametrize(
    "of",
    [
        ("--trigger", "export-limt"),
        ("--trigger", "export-limit", "--steps"),
        ("--account", "Acme"),
        ("--account", "acme", "--user", "zoe"),
    ],
)
def test_a_name_that_the_ledger_does_not_have_is_said(ledger, run, snapshot, of):
    assert str(run("ledger", *of)) == snapshot


@pytest.mark.parametrize("what", [("--steps", "--runs"), ("--history", "--steps"), ("--runs", "--trigger", "a")])
def test_two_lists_at_once_are_none(ledger, run, what):
    ran = run("ledger", *what)
    assert (ran.code, ran.out) == (2, "")
    assert "choose one" in ran.err or "leave out" in ran.err


@pytest.mark.parametrize(
    "what", [("ledger", "--limit", "-1"), ("audit", "--limit", "0"), ("reconcile", "--days", "-3")]
)
def test_less_than_one_is_no_number_of_rows_or_days(folder, run, what):
    ran = run(*what)
    assert ran.code == 2
    assert "is not in the range x>=1" in ran.err


def test_an_audit_without_such_a_line_says_of_what(ledger, run, snapshot):
    assert str(run("audit", "--step", "zz", "--system", "slck", "--what", "pause")) == snapshot


def test_nothing_that_could_be_compared_is_no_good_news(folder, run):
    ran = run("reconcile")
    assert (ran.code, ran.err) == (0, "nothing to compare: the last 60 days left nothing that could be looked at\n")


def test_nobody_is_not_forgotten(folder, run, snapshot):
    assert str(run("forget", " ", "--yes")) == snapshot


def test_unsure_steps_are_listed_with_what_to_do(ledger, run, snapshot):
    assert str(run("unsure")) == snapshot


def test_unsure_steps_for_scripts(ledger, run):
    (step,) = run("unsure", "--json").json
    assert key_of(step_id="tell").startswith(step["key"])


def test_settled_by_the_first_letters_of_the_key(ledger, run):
    key = key_of(step_id="tell")
    assert run("unsure", key[:6], "done", "--note", "it is in the channel").code == 0
    assert run("unsure", "--json").json == []
    (step,) = [step for step in run("ledger", "--steps", "--json").json if step["key"] == key]
    assert step["state"] == "done"


def test_sent_again_on_a_person_s_word(ledger, run):
    key = key_of(step_id="tell")
    run("unsure", key, "retry")
    (step,) = [step for step in run("ledger", "--steps", "--json").json if step["key"] == key]
    assert step["state"] == "due"


def test_a_key_that_no_unsure_step_has(ledger, run, snapshot):
    assert str(run("unsure", "zzz", "done")) == snapshot


def test_what_somebody_else_settled_meanwhile_is_not_said_to_be_changed(ledger, run, monkeypatch, snapshot):
    key = key_of(step_id="tell")
    opened = open_ledger(URL)
    before = opened.unsure_steps()
    opened.settle(key, "skip", "ed", "", NOON)
    opened.close()
    monkeypatch.setattr("expansion.ledger.store.Ledger.unsure_steps", lambda self: before)
    assert str(run("unsure", key[:12], "done")) == snapshot


def test_a_key_without_a_verdict_asks_for_it(ledger, run, snapshot):
    assert str(run("unsure", key_of(step_id="tell")[:12])) == snapshot


def test_a_verdict_that_is_none(ledger, run):
    ran = run("unsure", key_of(step_id="tell")[:12], "maybe")
    assert ran.code == 2
    assert "'done', 'retry', 'skip'" in ran.err


def test_nothing_is_unsure(folder, run):
    assert run("unsure").err == "no step is unsure\n"


def test_a_ledger_that_is_none(folder, run, snapshot):
    Path(".expansion/ledger.db").write_text("hello, this is no database at all", encoding="utf-8")
    assert str(run("ledger")) == snapshot


@pytest.mark.parametrize("url", ["here", "mysql://a:hush-hush@host/b", "postgresql://a:hush-hush@127.0.0.1:9/b"])
def test_a_ledger_that_cannot_be_reached_keeps_its_password(folder, run, monkeypatch, url):
    monkeypatch.setenv("EXPANSION_LEDGER_URL", url)
    ran = run("ledger")
    assert ran.code == 1
    assert "hint:" in ran.err
    assert "hush-hush" not in ran.err
