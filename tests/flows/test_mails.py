"""A team with e-mail alone: told by mail, reminded by mail, and all of it one conversation in the mailbox."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path

import pytest

from jobs.clocks import keep_clocks
from jobs.follow import take_back_all
from jobs.threads import update_threads
from tests import world
from tests.flows.afterwards import Job, job
from tests.flows.conftest import Outside

HOUR = timedelta(hours=1)
CALL = """\
playbook: call
title: Call
steps:
  - id: ask
    do: salesforce.create_task
    sla: {first_touch: 4 working hours, escalate: {after: 6 working hours, channel: expansion}}
    with: {assign_to: account owner, subject: "Call: {{ account.name }}"}
  - id: tell
    do: email.send
    when_cleared: annotate
    with: {text: "*{{ account.name }}*", to: account owner, updates: true}
"""


@pytest.fixture
def fired(outside: Outside):
    Path("playbooks/shared/policy.yaml").write_text(f"{world.POLICY}announce_by: email.send\n")
    with job(outside.state, call=CALL) as work:
        work.fire("paywall")
        yield work


def goes_on(work: Job, hours: float) -> None:
    """So many hours later: what follows, and is done."""
    at = world.AS_OF + hours * HOUR
    keep_clocks(work.place, at)
    update_threads(work.place, at)
    take_back_all(work.place, at)
    work.deliver()


def mails(work: Job, account: str) -> list[Message]:
    """All of the conversation about an account, as they came."""
    there = [
        message_from_bytes(one["raw"].encode(), policy=policy.default) for one in work.outside.all("email.messages")
    ]
    key = work.step(account, "tell").key
    [thread] = {one["References"].split()[0] for one in there if one["Message-ID"].startswith(f"<{key}@")}
    return [one for one in there if one["References"].split()[0] == thread]


def test_what_follows_is_said_by_mail_in_one_conversation(fired: Job) -> None:
    goes_on(fired, 4)
    goes_on(fired, 6)
    fired.end("paywall", "ac-01", at=world.AS_OF + 7 * HOUR)
    goes_on(fired, 7)
    first, overdue, escalated, over = mails(fired, "ac-01")
    assert overdue["In-Reply-To"] == over["In-Reply-To"] == first["Message-ID"]
    assert [one["To"] for one in (first, overdue, over)] == [first["To"]] * 3
    assert escalated["To"] == "revops@seller.example, cs@seller.example"
    assert "4 working hours were agreed" in overdue.get_body(("plain",)).get_content()
    assert fired.step("ac-01", "ask.escalate").action == "email.send"
    assert fired.outside.all("slack.messages") == []
