"""The world's playbooks under every guard rail of policy.yaml, and what a run leaves in the ledger and outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from expansion.records.firing import NewFiring
from expansion.records.ledger import FiringRecord, StepRecord
from tests import world

RAILS = """\
holdout: {share: 20%, salt: d}
attention: {per_owner: 4 a day, per_person: 1 in 3 days}
quiet_hours: {from: "08:30", to: "10:15", also: [slack.post_message]}
suppress:
  - {reason: On probation, when: [{fact: arr, is: 11_000}]}
approval:
  - {reason: A large one, worth_at_least: 3_700}
"""
PAYWALL = world.TRIGGERS["paywall"]
HELD = PAYWALL.replace("trigger: paywall", "trigger: too-many") + "hold_if_more_than: 1 accounts\n"
FIRST = PAYWALL.replace("trigger: paywall", "trigger: new-one").replace("first_run: act\n", "")
WATCHED = PAYWALL.replace("trigger: paywall", "trigger: only-watched").replace("status: live", "status: watching")
PERSON = """\
trigger: somebody
title: Somebody meets a paywall
owner: dana@seller.example
status: live
first_run: act
check: hourly
who: users
when:
  - {event: Paywall Viewed, at_least: 2, over: 14 days}
leads_to: plan_change
then: {playbook: call}
"""


def write_rails() -> None:
    """Into the folder of the test."""
    policy = Path("playbooks/shared/policy.yaml")
    policy.write_text(policy.read_text() + RAILS)
    for name, text in (("too-many", HELD), ("new-one", FIRST), ("only-watched", WATCHED), ("somebody", PERSON)):
        Path(f"playbooks/triggers/{name}.yaml").write_text(text)


Told = dict[tuple[str, str, str, int], dict[str, Any]]  # by trigger, account, person and episode


def planned(firings: list[NewFiring]) -> Told:
    """What was decided, field by field, and each step as it was planned."""
    return {
        (one.trigger, one.account_id, one.user_id, one.episode): {
            **_alike(one),
            "steps": [(s.key, s.action, s.state, s.not_before, s.reason, s.input, dict(s.recipe)) for s in one.steps],
        }
        for one in firings
    }


def written(firings: list[FiringRecord], steps: list[StepRecord]) -> Told:
    """The same of the ledger, before anything was sent. What is due at once is due from the clock's time of the run."""
    now = {one.id: one for one in firings}
    told = {(one.trigger, one.account_id, one.user_id, one.episode): {**_alike(one), "steps": []} for one in firings}
    for s in sorted(steps, key=lambda step: step.position):
        of = now[s.firing_id]
        waits = s.state == "waiting" or (s.state == "due" and s.reason)
        said = (s.key, s.action, s.state, s.not_before if waits else None, s.reason, s.input, dict(s.recipe))
        told[of.trigger, of.account_id, of.user_id, of.episode]["steps"].append(said)
    return told


_FIELDS = (
    *("account_name", "user_name", "fired_at", "decision", "reason", "definition_hash", "watermark", "tier", "worth"),
    *("currency", "likely", "priority", "owner", "playbook", "evidence"),
)


def _alike(firing: NewFiring | FiringRecord) -> dict[str, Any]:
    return {name: getattr(firing, name) for name in _FIELDS}
