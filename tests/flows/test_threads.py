"""What becomes of an episode is said in the thread of the message that opened it, through what the flows call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

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
    sla: {first_touch: 4 working hours}
    with: {assign_to: account owner, subject: "Call: {{ account.name }}"}
  - id: tell
    do: slack.post_message
    when_cleared: annotate
    with: {channel: expansion, text: "*{{ account.name }}*", digest: false, updates: true}
"""


@pytest.fixture
def fired(outside: Outside):
    with job(outside.state, call=CALL) as work:
        work.fire("paywall")
        yield work


def goes_on(work: Job, hours: float) -> int:
    """So many hours later: what is to be said, and is."""
    at = world.AS_OF + hours * HOUR
    keep_clocks(work.place, at)
    said = update_threads(work.place, at)
    take_back_all(work.place, at)
    work.deliver()
    return said


def thread(work: Job, account: str) -> list[str]:
    """The replies under the message about an account."""
    opened = (work.step(account, "tell").remote_id or "").partition(":")[2]
    replies: list[dict[str, Any]] = work.outside.all("slack.messages")
    return [str(one["text"]) for one in replies if one.get("thread_ts") == opened]


def test_a_task_that_was_taken_up_is_said_once(fired: Job) -> None:
    fired.seller("ac-01", Status="In Progress")
    goes_on(fired, 1)
    goes_on(fired, 30)
    assert thread(fired, "ac-01") == ["Taken up: somebody has edited it; its status is In Progress."]


def test_one_that_nobody_touches_is_overdue_then_taken_up_then_over(fired: Job) -> None:
    assert goes_on(fired, 3.9) == 0
    assert goes_on(fired, 4) > 0
    fired.seller("ac-01", Status="In Progress")
    goes_on(fired, 5)
    fired.end("paywall", "ac-01", at=world.AS_OF + 6 * HOUR)
    assert goes_on(fired, 6) == 0
    assert thread(fired, "ac-01") == [
        "Overdue: nobody has touched the task for 4 working hours; 4 working hours were agreed.",
        "Taken up: somebody has edited it; its status is In Progress.",
        "Over: “Several people meet a paywall” is no longer true since 2 March 2026.",
    ]


def test_a_message_that_wants_no_updates_gets_none(outside: Outside) -> None:
    with job(
        outside.state, call=CALL.replace(", updates: true", "").replace("    when_cleared: annotate\n", "")
    ) as work:
        work.fire("paywall")
        assert goes_on(work, 9) == 0
        work.end("paywall", "ac-01", at=world.AS_OF + 9 * HOUR)
        goes_on(work, 10)
        assert thread(work, "ac-01") == []
