"""A nudge inside the product stands as long as its episode, and is withdrawn with it, also where a person was there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from expansion.follow.cleared import ALL_LEFT
from jobs.follow import take_back_all
from jobs.pull import pull_one, pulls
from tests import world
from tests.flows.afterwards import Job, job
from tests.flows.conftest import Outside

LATER = world.AS_OF + timedelta(days=4)
CALL = """\
playbook: call
title: A soft word inside the product
steps:
  - id: guide
    do: pendo.set_account_metadata
    when_cleared: take_back
    with: {field: nudge, value: bigger_plan}
  - id: guide-admins
    do: pendo.add_to_segment
    when_cleared: take_back
    with: {segment: Chaos, people: admins}
  - id: flow
    do: appcues.set_group_property
    when_cleared: take_back
    with: {property: nudge, value: bigger_plan}
  - id: flow-admins
    do: appcues.set_user_property
    when_cleared: take_back
    with: {property: nudge, value: bigger_plan, people: admins}
"""
STEPS = ("guide", "guide-admins", "flow", "flow-admins")


@pytest.fixture
def done(outside: Outside) -> Iterator[Job]:
    with job(outside.state, call=CALL) as work:
        work.fire("paywall")
        yield work


def end(work: Job) -> None:
    work.end("paywall", "ac-01", at=LATER)
    assert take_back_all(work.place, LATER) == len(STEPS)
    work.deliver()


def held(work: Job, account: str) -> list[Any]:
    """What the account has in Pendo, who is in the segment there; what its group and its admin have in Appcues."""
    state = work.outside
    known = (state.get("pendo.accounts", account) or {})["metadata"]["custom"]
    segment = (state.get("pendo.segments", "seg-1") or {}).get("visitors", [])
    of_appcues = [
        state.get(f"appcues.{kind}", name) for kind, name in (("groups", account), ("users", f"ana-{account}"))
    ]
    return [
        known.get("nudge"),
        [one for one in segment if one.endswith(account)],
        *((one or {}).get("nudge") for one in of_appcues),
    ]


def test_a_nudge_stands_while_the_episode_lasts_and_is_withdrawn_with_it(done: Job) -> None:
    assert [done.step("ac-01", one).state for one in STEPS] == ["done"] * 4
    assert held(done, "ac-01") == ["bigger_plan", ["ana-ac-01"], "bigger_plan", "bigger_plan"]
    end(done)
    assert held(done, "ac-01") == ["", [], "", ""]
    assert [done.step("ac-01", f"{one}.cleared").state for one in STEPS] == ["done"] * 4
    assert held(done, "ac-02") == ["bigger_plan", ["ana-ac-02"], "bigger_plan", "bigger_plan"]


def test_what_a_person_has_changed_meanwhile_stays_and_the_ledger_says_so(done: Job) -> None:
    known = done.outside.get("pendo.accounts", "ac-01") or {}
    custom = known["metadata"]["custom"] | {"nudge": "by hand"}
    done.outside.put("pendo.accounts", "ac-01", known | {"metadata": known["metadata"] | {"custom": custom}})
    end(done)
    assert held(done, "ac-01") == ["by hand", [], "", ""]
    note = "`nudge` of the account was changed since, and stays as it is"
    assert done.step("ac-01", "guide.cleared").note == note


def test_who_moves_to_another_account_is_nudged_for_the_former_one_no_longer(done: Job) -> None:
    known = done.outside.get("mixpanel.profiles", "ana-ac-01") or {}
    done.outside.put("mixpanel.profiles", "ana-ac-01", known | {"company_id": "ac-11"})
    assert [pull_one(done.place, one, LATER).problem for one in pulls(done.place) if one.what == "people"] == [None]
    assert take_back_all(done.place, LATER) == 2
    assert take_back_all(done.place, LATER) == 0, "once"
    done.deliver()
    assert held(done, "ac-01") == ["bigger_plan", [], "bigger_plan", ""], "what the account has stands"
    assert held(done, "ac-02") == ["bigger_plan", ["ana-ac-02"], "bigger_plan", "bigger_plan"]
    end(done)
    assert {done.step("ac-01", f"{one}.cleared").reason for one in ("guide-admins", "flow-admins")} == {ALL_LEFT}
    assert held(done, "ac-01") == ["", [], "", ""]
