"""Tasks that nobody touches, in either CRM, through what the flows call."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobs.clocks import keep_clocks
from jobs.follow import take_back_all
from tests import world
from tests.flows.afterwards import Job, job
from tests.flows.conftest import Outside

HOUR = timedelta(hours=1)
_SLA = """\
    sla:
      first_touch: 4 working hours
      remind: {channel: expansion}
      reassign: {after: 6 working hours, to: owner_email}
      escalate: {after: 8 working hours, channel: expansion}
"""
DESK = f"""\
playbook: desk
title: Desk
steps:
  - id: ask
    do: hubspot.create_task
    when_cleared: close
{_SLA}    with: {{assign_to: account owner, subject: "Desk: {{{{ account.name }}}}"}}
"""
CALL = DESK.replace("playbook: desk", "playbook: call").replace("hubspot.", "salesforce.")
SAM = {"Id": "0055e0000000003AAA", "Email": "sam@seller.example", "Name": "Sam", "IsActive": True}


@pytest.fixture
def fired(outside: Outside):
    """Tasks on Monday at nine; a minute later all but three episodes have ended, and nobody has touched a task."""
    with job(outside.state, call=CALL, desk=DESK) as work:
        work.org().put("User", SAM | {"UserType": "Standard", "Username": SAM["Email"]})
        work.portal().put("owners", {"id": "71002", "email": SAM["Email"], "archived": False, "type": "PERSON"})
        work.fire("paywall", "big")
        work.end("paywall", "ac-02", "ac-03", "ac-04", "ac-05", at=world.AS_OF + HOUR / 60)
        work.end("big", "ac-08", "ac-09", "ac-10", at=world.AS_OF + HOUR / 60)
        yield work


def at(work: Job, hours: float) -> int:
    """So many hours later: what follows, and is done."""
    kept = keep_clocks(work.place, world.AS_OF + hours * HOUR)
    assert kept.untold == ()
    work.deliver()
    return kept.added


def words(work: Job, account: str) -> dict[str, str]:
    return {step.step_id.partition(".")[2]: step.state for step in work.steps(account) if "." in step.step_id}


def test_a_reminder_then_somebody_else_then_an_escalation_each_once(fired: Job) -> None:
    assert at(fired, 3.9) == 0
    assert at(fired, 4) == 2
    assert words(fired, "ac-01") == words(fired, "ac-07") == {"remind": "done"}
    for account in ("ac-01", "ac-07"):
        fired.crm_changes(account, world.AS_OF + 5 * HOUR, OwnerId=SAM["Id"], Account_Manager__c=SAM["Email"])
    assert at(fired, 6) == 2
    assert fired.task("ac-01")["OwnerId"] == SAM["Id"]
    assert fired.task("ac-07")["hubspot_owner_id"] == "71002"
    assert at(fired, 7) == 0, "our own changes are no first touch"
    assert at(fired, 8) == 2
    assert words(fired, "ac-01") == {"remind": "done", "reassign": "done", "escalate": "done"}
    assert words(fired, "ac-07") == {"remind": "done", "reassign": "done", "escalate": "done"}
    assert at(fired, 100) == 0
    texts = [message["text"] for message in fired.outside.all("slack.messages")]
    assert len(texts) == 4
    assert any("sam@seller.example" in text for text in texts), "the escalation names who has it now"


def test_a_touch_stops_the_clock_and_a_touched_task_is_not_taken_away(fired: Job) -> None:
    fired.seller("ac-01", Status="In Progress")
    fired.seller("ac-07", hs_task_status="COMPLETED")
    at(fired, 1)
    clocks = fired.place.ledger.clocks_of(fired.step(account, "ask").key for account in ("ac-01", "ac-07"))
    assert sorted(clock.reason or "" for clock in clocks.values()) == [
        "first touch: its status is COMPLETED",
        "first touch: somebody has edited it; its status is In Progress",
    ]
    assert {clock.spent for clock in clocks.values()} == {HOUR}
    at(fired, 30)
    assert words(fired, "ac-01") == words(fired, "ac-07") == {}


def test_an_episode_that_ends_stops_it_and_the_task_is_closed(fired: Job) -> None:
    at(fired, 4)
    fired.end("big", "ac-07", at=world.AS_OF + 5 * HOUR)
    take_back_all(fired.place, world.AS_OF + 5 * HOUR)
    at(fired, 9)
    assert words(fired, "ac-07") == {"remind": "done", "cleared": "done"}
    assert fired.task("ac-07")["hs_task_status"] == "COMPLETED"
    assert fired.place.ledger.clocks_of([fired.step("ac-07", "ask").key]).popitem()[1].reason == "the episode ended"


def test_a_task_that_could_not_be_made_has_no_clock_that_runs(fired: Job) -> None:
    at(fired, 4)
    assert fired.step("ac-06", "ask").state == "refused"
    [clock] = fired.place.ledger.clocks_of([fired.step("ac-06", "ask").key]).values()
    assert (clock.reason or "").startswith("there is no task: ")


def test_it_stands_still_while_policy_leaves_the_account_alone(fired: Job) -> None:
    at(fired, 2)
    policy = Path("playbooks/shared/policy.yaml")
    policy.write_text(f"{world.POLICY}suppress: [{{reason: A trial, when: [{{fact: plan, is: Team}}]}}]\n")
    with job(fired.outside) as held:
        assert keep_clocks(held.place, world.AS_OF + 8 * HOUR).added == 0
        clock = held.place.ledger.running_clocks()[0]
        assert (clock.held, clock.spent) == ("A trial", 2 * HOUR)


def test_a_crm_that_is_down_reminds_nobody_and_loses_no_time(outside: Outside, fired: Job) -> None:
    outside.fault("salesforce", "status", status=503, times=999)
    outside.fault("hubspot", "status", status=503, times=999)
    kept = keep_clocks(fired.place, world.AS_OF + 5 * HOUR)
    assert (kept.added, len(kept.untold)) == (0, 2)
    outside.recover()
    assert at(fired, 5.1) > 0


def test_two_runs_at_once_count_once(fired: Job) -> None:
    ledger = fired.place.ledger
    before = ledger.running_clocks()
    at(fired, 3)
    after = ledger.running_clocks()
    assert ledger.keep_clocks(list(zip(before, before, strict=True))) == 0
    assert ledger.running_clocks() == after


def test_the_ledger_shows_the_clocks(fired: Job) -> None:
    from cli.ledger import command

    at(fired, 3)
    shown = CliRunner().invoke(command, ["--clocks", "--account", "ac-07"]).output
    assert "Customer 07" in shown
    assert "3 working hours" in shown
    assert "4 working hours" in shown
    assert "nobody has touched it" in shown
