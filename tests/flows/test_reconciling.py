"""What the ledger says beside what the systems say, against all stand-ins, through what the flow calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from syrupy.assertion import SnapshotAssertion

from jobs.follow import take_back_all
from jobs.reconcile import Reconciled, difference_rows, reconcile_all, untold_rows
from tests import world
from tests.flows.afterwards import Job, job
from tests.flows.conftest import Outside

CALL = """\
playbook: call
title: Call them
steps:
  - id: tell
    do: slack.post_message
    with: {channel: expansion, digest: true, text: "{{ facts.paywall_hits }} times at a paywall"}
  - id: nudge
    do: intercom.enrol_in_series
    when_cleared: take_back
    with: {series: Bigger plan, tag: bigger-plan, people: admins}
  - id: ask
    do: salesforce.create_task
    when_cleared: close
    with: {assign_to: account owner, subject: "Call {{ account.name }}"}
"""
SAM = {"Id": "0055e0000000003AAA", "Email": "sam@seller.example", "Name": "Sam", "IsActive": True}


@pytest.fixture
def done(outside: Outside):
    with job(outside.state, call=CALL) as work:
        work.org().put("User", SAM | {"UserType": "Standard", "Username": SAM["Email"]})
        work.fire("paywall", "big")
        yield work


def reconcile(work: Job) -> Reconciled:
    return reconcile_all(work.place, datetime.now(UTC))


def kinds(found: Reconciled) -> list[tuple[str, str, str]]:
    return sorted((step.account_id, step.step_id, difference.kind) for difference, step in found.open)


def test_where_everything_is_as_it_was_done_there_is_no_difference(done: Job) -> None:
    found = reconcile(done)
    assert kinds(found) == []
    assert found.compared == 6 + 6 + 5 + 4  # messages, tags, tasks in Salesforce (one was refused), in HubSpot
    assert found.out_of_reach == 0
    assert {action for action, _ in found.not_compared} == {"salesforce.update_fields", "intercom.send_event"}


def test_what_sellers_and_admins_changed_is_found_with_what_to_do(done: Job, snapshot: SnapshotAssertion) -> None:
    tasks = {account: done.step(account, "ask").remote_id or "" for account in [*world.PAYWALL[:4], *world.BIG]}
    done.org().remove("Task", tasks["ac-01"])
    done.seller("ac-02", OwnerId=SAM["Id"])
    done.seller("ac-03", Status="Completed")
    done.portal().remove("tasks", tasks["ac-07"])
    done.seller("ac-08", hs_task_status="COMPLETED")
    done.seller("ac-09", hs_task_subject="Called them")
    [message] = {done.step(account, "tell").remote_id for account in world.PAYWALL}
    done.outside.delete("slack.messages", message or "")
    for contact in done.outside.all("intercom.contacts"):
        if contact["external_id"] == "ana-ac-01":
            done.outside.put("intercom.contacts", contact["id"], contact | {"tags": []})
    found = reconcile(done)
    assert kinds(found) == sorted(
        [
            ("ac-01", "ask", "deleted"),
            ("ac-01", "nudge", "deleted"),
            ("ac-02", "ask", "moved"),
            ("ac-03", "ask", "closed"),
            ("ac-07", "ask", "deleted"),
            ("ac-08", "ask", "closed"),
            *((account, "tell", "deleted") for account in world.PAYWALL),  # they share one digest
        ]
    )
    rows = [row | {"known since": "", "link": ""} for row in difference_rows(found.open)]
    assert sorted(rows, key=lambda row: (row["account"], row["step"])) == snapshot
    assert found.for_somebody == len(found.open) - 2, "what was finished needs nobody"


def test_a_difference_is_found_once_seen_again_and_gone(done: Job) -> None:
    task = done.task("ac-01")
    done.org().remove("Task", task["Id"])
    assert (reconcile(done).new, reconcile(done).new) == (1, 0)
    done.org().put("Task", task)
    found = reconcile(done)
    assert (found.open, found.gone) == ((), 1)


def test_what_we_closed_or_took_back_ourselves_is_no_difference(done: Job) -> None:
    done.end("paywall", "ac-01", at=world.AS_OF)
    take_back_all(done.place, world.AS_OF)
    done.deliver()
    assert done.task("ac-01")["Status"] == "Completed"
    assert kinds(reconcile(done)) == []


def test_a_system_that_cannot_be_asked_is_said_and_not_guessed(outside: Outside, done: Job) -> None:
    done.org().remove("Task", done.task("ac-01")["Id"])
    assert kinds(reconcile(done)) == [("ac-01", "ask", "deleted")]
    outside.fault("salesforce", "status", status=503, times=999)
    outside.fault("slack", "status", status=401, body={"ok": False, "error": "invalid_auth"}, times=999)
    found = reconcile(done)
    assert kinds(found) == [("ac-01", "ask", "deleted")], "it is as it was seen last"
    assert found.out_of_reach == 5 + 6
    why = {row["action"]: row["why"] for row in untold_rows(found.not_compared)}
    assert why["salesforce.create_task"] == "Salesforce had an error of its own (503)"
    assert "the bot token is not accepted" in why["slack.post_message"]


def test_a_system_that_is_not_connected_could_not_be_asked(done: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, not with all its settings for each action; and with 1, for nothing was compared there."""
    from cli.reconcile import command

    monkeypatch.delenv("SLACK_BOT_TOKEN")
    shown = CliRunner().invoke(command, ["--json"])
    assert shown.exit_code == 1
    why = {row["action"]: row["why"] for row in json.loads(shown.stdout)["not_compared"]}
    assert why["slack.post_message"] == "slack is not connected; `expansion doctor` says what is missing"


def test_it_changes_nothing_outside(outside: Outside, done: Job) -> None:
    done.org().remove("Task", done.task("ac-01")["Id"])
    before = len(outside.app.faults.requests)
    reconcile(done)
    asked = outside.app.faults.requests[before:]
    posted = {one["path"].rsplit("/", 1)[-1] for one in asked if one["method"] != "GET"}
    assert posted <= {"token", "read", "conversations.history"}, (
        "signing in, and reading in the way of HubSpot and Slack"
    )
    assert len(asked) < 20, "in batches, but for Intercom, which is asked person by person"


def test_the_command_says_it_and_ends_with_1_where_somebody_has_to_look(done: Job) -> None:
    from cli.reconcile import command

    assert CliRunner().invoke(command, []).exit_code == 0
    done.org().remove("Task", done.task("ac-01")["Id"])
    shown = CliRunner().invoke(command, ["--json"])
    assert shown.exit_code == 1
    [found] = json.loads(shown.stdout)["differences"]
    assert (found["kind"], found["detail"]) == (
        "deleted",
        "salesforce.create_task made it, and it is not there any more",
    )
