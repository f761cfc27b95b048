"""`expansion doctor`: every system asked, and what to do about each problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from expansion.ledger import verdicts
from integrations.kit.declare import Finding
from sandbox.all import sandbox_app
from sandbox.kit.server import Server
from sandbox.kit.state import State
from sandbox.settings import settings
from tests.ledger.builders import NOON, a_firing, claim, key_of, record


@pytest.fixture(scope="module")
def stand_ins():
    with Server(sandbox_app(State())) as url:
        yield url


@pytest.fixture
def connected(stand_ins, monkeypatch):
    for name, value in settings(stand_ins).items():
        monkeypatch.setenv(name, value)


def test_missing_settings_are_named_with_where_to_find_them(folder, run, snapshot):
    ran = run("doctor")
    assert ran.code == 1
    assert str(ran) == snapshot


def test_for_scripts(folder, run):
    findings = run("doctor", "--json").json
    assert [finding["system"] for finding in findings] == ["ledger", "clock", "usage store", "salesforce", "slack"]
    assert [finding["ok"] for finding in findings] == [True, True, True, False, False]


def test_only_systems_that_the_playbooks_name_are_asked(folder, run, change):
    change("export-conversation.yaml", "do: salesforce.create_task", "do: hubspot.create_task")
    systems = [finding["system"] for finding in run("doctor", "--json").json]
    assert "hubspot" in systems
    assert "salesforce" not in systems


def test_settings_may_stand_in_a_file(folder, run, stand_ins):
    lines = [f"{name}={value}" for name, value in settings(stand_ins).items()]
    Path(".env").write_text("\n".join(lines), encoding="utf-8")
    assert "settings are not complete" not in run("doctor").out


def test_connected_systems_are_asked(folder, run, connected):
    said = run("doctor").out
    assert "settings are not complete" not in said
    assert "ok       salesforce: signed in" in said
    assert "ok       slack: signed in to Sandbox" in said


def test_rights_that_the_playbooks_do_not_use_are_a_warning(folder, run, connected):
    members = "CampaignMember: Create, CampaignMember: Delete"
    surplus = f"Account: Edit, Campaign: Read, {members}, Case: Read, Contact: Read, Lead: Read, Opportunity: Create"
    assert f"warning  salesforce: more permissions than needed: {surplus}\n         take " in run("doctor").out


def test_warnings_and_notes_are_no_reason_to_fail(folder, run, monkeypatch):
    found = [Finding("more than needed: all", True, "take it away", "warning"), Finding("asked", True)]
    crm = ("crm", "crm", "crm")
    noted = [*found, Finding("not told", True, "look", "note")]
    monkeypatch.setattr("cli.doctor._findings", lambda: list(zip(crm, noted, strict=True)))
    ran = run("doctor")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "warning  crm: more than needed: all",
        "         take it away",
        "ok       crm: asked",
        "note     crm: not told",
        "         look",
    ]
    assert [one["mark"] for one in run("doctor", "--json").json] == ["warning", "ok", "note"]
    gone = [*found, Finding("gone", False, "come back", "warning")]
    monkeypatch.setattr("cli.doctor._findings", lambda: list(zip(crm, gone, strict=True)))
    assert run("doctor").code == 1
    assert run("doctor", "--json").json[-1]["mark"] == "problem"


def test_a_wrong_secret_is_said_without_the_secret(folder, run, connected, monkeypatch):
    monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", "hush-hush")
    ran = run("doctor")
    assert ran.code == 1
    assert "problem  salesforce" in ran.out
    assert "hush-hush" not in ran.out + ran.err


def test_unsure_steps_are_a_problem(folder, run):
    from expansion.ledger.store import open_ledger

    ledger = open_ledger("sqlite:///.expansion/ledger.db")
    record(ledger, a_firing(steps=[{"action": "slack.post_message"}]))
    claim(ledger, "slack.post_message")
    ledger.resolve([verdicts.unsure(key_of(), "no answer")], "me", NOON)
    ledger.close()
    assert "problem  ledger: 1 step unsure\n         `expansion unsure` lists them" in run("doctor").out


def test_a_broken_store_and_ledger_are_findings_like_others(folder, run, snapshot):
    Path(".expansion/usage/manifest.json").write_text("{", encoding="utf-8")
    Path(".expansion/ledger.db").write_text("hello, this is no database at all", encoding="utf-8")
    findings = run("doctor", "--json").json
    assert [finding["ok"] for finding in findings] == [False] * 4
    assert findings[:2] == snapshot
