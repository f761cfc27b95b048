"""A small company for tests of whole runs: its playbooks, and what the stand-ins know of its twelve accounts.

account        fires                     what follows
ac-01 … ac-05  paywall (daily)           playbook call: Slack, a task in Salesforce, Intercom three days later
ac-06          paywall                   its manager has left, so Salesforce refuses the task
ac-07 … ac-10  big (hourly)              playbook desk: a task in HubSpot, a field in Salesforce, Intercom
ac-11          neither
ac-12          nobody knows its seats    `big` cannot be told
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

AS_OF = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PAYWALL = [f"ac-{n:02}" for n in range(1, 7)]
BIG = [f"ac-{n:02}" for n in range(7, 11)]
ACCOUNTS = [f"ac-{n:02}" for n in range(1, 13)]

FACTS = """\
events:
  - {from: mixpanel.export, account: company_id}
facts:
  account_name: {from: salesforce.account, field: Name, kind: text}
  owner_email: {from: salesforce.account, field: Account_Manager__c, kind: text}
  arr: {from: salesforce.account, field: ARR__c, kind: money}
  plan: {from: salesforce.account, field: Plan__c, kind: text}
  seats_bought: {from: salesforce.account, field: Seats_Bought__c, kind: number}
  lifecycle: {from: hubspot.company, field: lifecyclestage, kind: text}
  paywall_hits: {times: Paywall Viewed, over: 14 days}
people:
  admins: {field: role, is: admin}
"""
POLICY = """\
time_zone: Europe/London
currency: USD
working_hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:30"}
account: {name: account_name, value: arr, owner: owner_email}
owners: {fallback: dana@seller.example}
tiers:
  plan_change:
    title: A bigger plan
    worth: {share: 20%, of: arr}
    likely: 25%
"""
TRIGGERS = {
    "paywall": """\
trigger: paywall
title: Several people meet a paywall
owner: dana@seller.example
status: live
first_run: act
check: daily
when:
  - {event: Paywall Viewed, at_least: 3, over: 14 days, by_at_least: 2 people}
leads_to: plan_change
then: {playbook: call}
quiet_for: 30 days
""",
    "big": """\
trigger: big
title: A large customer
owner: dana@seller.example
status: live
first_run: act
check: hourly
when:
  - {fact: seats_bought, at_least: 100}
leads_to: plan_change
then: {playbook: desk}
""",
}
PLAYBOOKS = {
    "call": """\
playbook: call
title: Call them
steps:
  - id: tell
    do: slack.post_message
    can_fail: true
    with: {channel: expansion, title: "{{ account.name }}", text: "{{ facts.paywall_hits }} times at a paywall"}
  - id: ask
    do: salesforce.create_task
    with: {assign_to: account owner, subject: "Call {{ account.name }}", notes: "{{ reasons }}"}
  - id: nudge
    after: 3 days
    only_if: [{fact: plan, is: Team}]
    do: intercom.enrol_in_series
    with: {series: Bigger plan, tag: bigger-plan, people: admins}
""",
    "desk": """\
playbook: desk
title: Hand it to the desk
steps:
  - id: ask
    do: hubspot.create_task
    with: {assign_to: account owner, subject: "Desk: {{ account.name }}"}
  - id: mark
    do: salesforce.update_fields
    with: {fields: {Expansion_Signal__c: "{{ trigger.title }}"}}
  - id: note
    do: intercom.send_event
    with: {event: desk-has-it, people: admins}
""",
}


def write_playbooks(folder: Path) -> Path:
    """The folder that `EXPANSION_PLAYBOOKS` names."""
    for part in ("shared", "triggers"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "shared/facts.yaml").write_text(FACTS)
    (folder / "shared/policy.yaml").write_text(POLICY)
    for name, text in TRIGGERS.items():
        (folder / f"triggers/{name}.yaml").write_text(text)
    for name, text in PLAYBOOKS.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def sample() -> dict[str, Any]:
    """What the stand-ins are loaded with: each system's part is declared in tests/systems."""
    from tests.systems import systems  # they are about the accounts of this file

    accounts = [{"id": name, "name": called(name)} for name in ACCOUNTS]
    return {"as_of": AS_OF.isoformat(), "accounts": accounts, **{one.name: one.in_world() for one in systems()}}


def called(account: str) -> str:
    return f"Customer {account.removeprefix('ac-')}"


def salesforce_id(account: str) -> str:
    return f"0015e00000{int(account.removeprefix('ac-')):05}AAA"


_USERS = [
    {"Id": "0055e0000000001AAA", "Email": "dana@seller.example", "Name": "Dana", "IsActive": True},
    {"Id": "0055e0000000002AAA", "Email": "left@seller.example", "Name": "Lee", "IsActive": False},
]
