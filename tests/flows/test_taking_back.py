"""An episode ends: what was done about it is closed, annotated or taken back, where the playbook says so."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.deliver import wake_waiting
from jobs.follow import take_back_all
from tests import world
from tests.flows.afterwards import Job, job
from tests.flows.conftest import Outside

LATER = world.AS_OF + timedelta(days=4)
CALL = """\
playbook: call
title: Call them
steps:
  - id: nudge
    do: intercom.enrol_in_series
    when_cleared: take_back
    with: {series: Bigger plan, tag: bigger-plan, people: admins}
  - id: ask
    do: salesforce.create_task
    when_cleared: close
    with: {assign_to: account owner, subject: "Call {{ account.name }}", notes: "{{ reasons }}"}
  - id: remind
    after: 3 days
    only_if: [{fact: plan, is: Team}]
    do: salesforce.create_task
    with: {assign_to: account owner, subject: "Has anybody called {{ account.name }}?"}
"""
DESK = """\
playbook: desk
title: Hand it to the desk
steps:
  - id: ask
    do: hubspot.create_task
    when_cleared: annotate
    with: {assign_to: account owner, subject: "Desk: {{ account.name }}"}
"""


@pytest.fixture
def done(outside: Outside):
    """Everything fired and done; nothing has ended yet."""
    with job(outside.state, call=CALL, desk=DESK) as work:
        work.fire("paywall", "big")
        assert work.step("ac-01", "ask").state == work.step("ac-07", "ask").state == "done"
        yield work


def end(work: Job, trigger: str, *accounts: str) -> int:
    work.end(trigger, *accounts, at=LATER)
    added = take_back_all(work.place, LATER)
    work.deliver()
    return added


def tagged(work: Job, account: str) -> int:
    people = {f"{person}-{account}" for person in ("ana", "bo")}
    contacts = [one for one in work.outside.all("intercom.contacts") if one["external_id"] in people]
    return sum(bool(one["tags"]) for one in contacts)


def test_a_task_is_closed_a_tag_removed_and_what_waits_is_skipped(done: Job) -> None:
    assert tagged(done, "ac-01") == 1
    assert end(done, "paywall", "ac-01") == 2
    task = done.task("ac-01")
    assert task["Status"] == "Completed"
    assert "“Several people meet a paywall” is no longer true since 6 March 2026" in task["Description"]
    assert task["Description"].startswith("Paywall Viewed") or "Paywall Viewed" in task["Description"]
    assert tagged(done, "ac-01") == 0
    assert [(one.step_id, one.state) for one in done.steps("ac-01")] == [
        *sorted([("nudge", "done"), ("nudge.cleared", "done")], key=lambda one: done.step("ac-01", one[0]).key),
        *sorted([("ask", "done"), ("ask.cleared", "done")], key=lambda one: done.step("ac-01", one[0]).key),
        ("remind", "skipped"),
    ]
    assert done.task("ac-02")["Status"] == "Not Started"
    assert tagged(done, "ac-02") == 1


def test_it_is_done_once_however_often_it_is_looked_for(done: Job) -> None:
    assert end(done, "paywall", "ac-01") == 2
    before = done.task("ac-01")
    assert end(done, "paywall", "ac-01") == 0
    assert done.task("ac-01") == before


def test_a_task_in_hubspot_is_annotated_and_stays_open(done: Job) -> None:
    assert end(done, "big", "ac-07") == 1
    task = done.task("ac-07")
    assert task["hs_task_status"] == "NOT_STARTED"
    assert "Decide whether the task is still worth it." in task["hs_task_body"]
    assert done.step("ac-07", "ask.cleared").note == f"a note added: {done.step('ac-07', 'ask.cleared').input['note']}"


def test_a_task_that_the_seller_works_on_is_left_alone_and_the_ledger_says_so(done: Job) -> None:
    done.seller("ac-01", Status="In Progress")
    done.seller("ac-07", hs_task_status="WAITING")
    before = done.task("ac-01"), done.task("ac-07")
    end(done, "paywall", "ac-01")
    end(done, "big", "ac-07")
    assert (done.task("ac-01"), done.task("ac-07")) == before
    assert done.step("ac-01", "ask.cleared").note == "left alone: somebody has edited it; its status is In Progress"
    assert done.step("ac-07", "ask.cleared").note == "left alone: its status is WAITING"


def test_a_system_that_is_down_is_tried_again_and_the_task_closed_once(outside: Outside, done: Job) -> None:
    outside.fault("salesforce", "cut_after", method="PATCH", path="sobjects/Task", times=1)
    end(done, "paywall", "ac-01")
    assert done.step("ac-01", "ask.cleared").state == "due", "what broke off is not repeated at once"
    time.sleep(0.5)  # the wait of EXPANSION_RETRY_WAITS is over
    done.deliver()
    assert done.step("ac-01", "ask.cleared").state == "done"
    assert done.task("ac-01")["Description"].count("[expansion ") == 1


def test_an_episode_that_never_had_a_task_leaves_nothing_to_close(done: Job) -> None:
    """Its owner has left, and Salesforce refused the task."""
    assert done.step("ac-06", "ask").state == "refused"
    assert end(done, "paywall", "ac-06") == 1, "the tag alone"


def test_a_playbook_that_says_nothing_leaves_everything(outside: Outside) -> None:
    with job(outside.state) as work:
        work.fire("paywall", "big")
        assert end(work, "paywall", "ac-01") == 0


# --- what waits -------------------------------------------------------------------------------------------------------


def test_a_waiting_step_that_cannot_be_told_is_asked_again_for_three_days_and_then_skipped(outside: Outside) -> None:
    with job(outside.state, call=CALL) as work:
        work.fire("paywall")
        work.crm_changes("ac-01", LATER - timedelta(days=2), Plan__c=None)
        due = work.step("ac-01", "remind").not_before
        assert due == world.AS_OF + timedelta(days=3)
        woken = wake_waiting(work.place, due)
        assert (woken.ready, woken.later) == (4, 1)
        step = work.step("ac-01", "remind")
        assert (step.state, step.not_before) == ("waiting", due + timedelta(hours=1))
        assert step.reason == "its `only_if` cannot be told now; it is asked again"
        assert wake_waiting(work.place, due + timedelta(minutes=59)).later == 0
        assert wake_waiting(work.place, due + timedelta(days=3, minutes=-1)).later == 1
        assert wake_waiting(work.place, due + timedelta(days=3, hours=1)).skipped == 1
        assert work.step("ac-01", "remind").reason == "its `only_if` cannot be told now, and could not be for 3 days"


def test_a_waiting_step_goes_to_the_owner_of_that_day(outside: Outside) -> None:
    sam = {"Id": "0055e0000000003AAA", "Email": "sam@seller.example", "Name": "Sam", "IsActive": True}
    with job(outside.state, call=CALL) as work:
        work.fire("paywall")
        work.org().put("User", sam | {"UserType": "Standard", "Username": sam["Email"]})
        work.crm_changes("ac-01", LATER, OwnerId=sam["Id"], Account_Manager__c=sam["Email"])
        wake_waiting(work.place, LATER)
        work.deliver()
        assert work.task("ac-01", "remind")["OwnerId"] == sam["Id"]
        assert work.task("ac-01")["OwnerId"] != sam["Id"], "the first one stays with whom it was given to"


def test_the_playbooks_that_we_ship_use_the_words() -> None:
    text = "".join(path.read_text() for path in Path(__file__).parents[2].glob("playbooks/*.yaml"))
    assert "when_cleared: close" in text
    assert "when_cleared: take_back" in text
