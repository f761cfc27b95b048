"""A folder of playbooks that is right, and ways to put one thing wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import Field

from expansion.contract import ActionWords, Catalog, SourceWords
from expansion.fields import DueDate, HtmlText, Inputs, MrkdwnText, Owner, People, PlainText
from expansion.language.model.mistakes import Mistake, Mistakes
from expansion.language.workspace import Workspace, load
from expansion.language.yaml.files import Folder as OnDisk


class CreateTask(Inputs):
    """A task for a seller."""

    assign_to: Owner = Field("account owner", description="Who receives it.")
    subject: PlainText = Field(description="One line.")
    due: DueDate = "in 2 working days"
    notes: HtmlText = Field("", description="What the seller reads.")


class PostMessage(Inputs):
    """A message in a channel."""

    channel: str = Field(description="Name of the channel, without the #.")
    text: MrkdwnText = Field(description="What to say.")
    fields: dict[str, MrkdwnText] = Field(default_factory=dict)
    blocks: list[MrkdwnText | None] = Field(default_factory=list)


class Enrol(Inputs):
    series: str
    people: People
    limit: int = Field(10, ge=1, description="How many people at most.")


def _action(name: str, model: type[Inputs], *offers: str, announces: bool = False) -> ActionWords:
    title = model.__doc__ or name
    return ActionWords(name, title, model, repeatable=True, offers=frozenset(offers), announces=announces)


def _source(name: str, *gives: str) -> SourceWords:
    return SourceWords(name, name, frozenset(gives))


CATALOG = Catalog(
    actions={
        "salesforce.create_task": _action("salesforce.create_task", CreateTask, "close", "annotate", "sla"),
        "slack.post_message": _action("slack.post_message", PostMessage, announces=True),
        "intercom.enrol_in_series": _action("intercom.enrol_in_series", Enrol, "take_back"),
    },
    sources={
        "salesforce.account": _source("salesforce.account", "facts"),
        "salesforce.won_opportunity": _source("salesforce.won_opportunity", "outcomes"),
        "mixpanel.cohort": _source("mixpanel.cohort", "cohorts"),
        "mixpanel.export": _source("mixpanel.export", "events"),
        "mixpanel.profiles": _source("mixpanel.profiles", "people", "facts"),
    },
)

FACTS = """\
events:
  - {from: mixpanel.export, account: account_id}
facts:
  account_name: {from: salesforce.account, field: Name, kind: text}
  owner_email: {from: salesforce.account, field: OwnerEmail, kind: text}
  arr: {from: salesforce.account, field: ARR__c, kind: money}
  plan: {from: salesforce.account, field: Plan__c, kind: text}
  tags: {from: salesforce.account, field: Tags__c, kind: list}
  renewal: {from: salesforce.account, field: Renewal__c, kind: date}
  open_expansion_deal: {from: salesforce.account, field: HasDeal__c, kind: yes_no}
  health: {from: salesforce.account, field: Health__c, kind: percent}
  seats_used: {from: mixpanel.profiles, field: seats_used, kind: number}
  seats_bought: {from: mixpanel.profiles, field: seats, kind: number}
  seat_usage: {ratio: [seats_used, seats_bought]}
  paywall_people: {people: Paywall Viewed, over: 28 days, where: {feature: sso}}
  seat_limit: {limit_of: seats}
  seats_left: {difference: [seat_limit, seats_used]}
  seat_headroom: {headroom: [seats_used, seat_limit]}
  days_left: {days_to_limit: [seats_used, seat_limit], pace_over: 28 days}
  role: {from: mixpanel.profiles, field: role, kind: text, who: users}
cohorts:
  paying-accounts:
    when:
      - fact: arr
        more_than: 0
  champions: {from: mixpanel.cohort, name: Champions}
people:
  admins: {field: role, is: admin}
"""
POLICY = """\
time_zone: Europe/London
currency: USD
working_hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:30"}
account: {name: account_name, value: arr, owner: owner_email}
owners: {fallback: revops@acme.example}
tiers:
  seat_upgrade:
    title: More seats
    worth: {share: 20%, of: arr, at_least: 1_200}
    likely: 25%
  add_on:
    title: An add-on
    worth: {flat: 3_600}
    likely: 10%
plans:
  fact: plan
  limits:
    Team: {seats: 50, api_calls: 100_000}
    Pro: {seats: 200}
suppress:
  - reason: A deal is open
    when: [{fact: open_expansion_deal, is: true}]
holdout: {share: 5%, salt: spring}
flood: {at_most: 50 accounts, times_median: 3}
events: {late_after: 36 hours}
"""
TRIGGER = """\
trigger: seat-limit
title: Nearly out of seats, and still growing
owner: revops@acme.example
status: live
check: daily
accounts: paying-accounts

when:
  - fact: seat_usage
    at_least: 80%
    for: 14 days
    clears_below: 70%
  - fact: seats_used
    grew_at_least: 10%
    over: 28 days
    from_at_least: 5
unless:
  - fact: open_expansion_deal
    is: true

leads_to: seat_upgrade
then:
  choose:
    - playbook: seat-expansion-enterprise
      when: [{fact: arr, at_least: 100_000}]
    - playbook: seat-expansion
quiet_for: 30 days
hold_if_more_than: 25 accounts
"""
PAYWALL = """\
trigger: paywall-hits
title: Several people hit the paywall
owner: revops@acme.example
status: watching
when:
  - event: Paywall Viewed
    where: {feature: sso, seats: {at_least: 5}}
    at_least: 3
    over: 14 days
    by_at_least: 2 people
leads_to: add_on
then: {playbook: seat-expansion}
"""
TRIAL = """\
trigger: trial-path
title: One person walks from the trial to the paywall
owner: revops@acme.example
status: watching
who: users
when:
  - sequence: [Trial Started, {event: [Invite Sent, Link Shared], where: {seats: {at_least: 2}}}, Paywall Viewed]
    within: 14 days
    not_between: Plan Upgraded
  - fact: role
    is: admin
unless:
  - event: Logged In
    stopped_for: 7 days
leads_to: add_on
then: {playbook: seat-expansion}
"""
HABIT = """\
trigger: habit
title: Reports are a habit, and among the most of the plan
owner: revops@acme.example
status: draft
when:
  - event: Report Exported
    at_least: 5
    in_at_least: 3 of the last 4 weeks
  - event: Report Exported
    max: rows
    among_top: 10%
    of: plan
    from_at_least: 100
    over: 28 days
  - any_of:
      - event: Audit Log Opened
        first_within: 14 days
      - event: Report Exported
        came_back_after: 30 days
        over: 7 days
unless:
  - trigger: seat-limit
leads_to: add_on
then: {playbook: seat-expansion}
"""
PLAYBOOK = """\
playbook: seat-expansion
title: Start a seats conversation before they hit the wall
steps:
  - id: tell-the-team
    do: slack.post_message
    can_fail: true
    with:
      channel: expansion
      text: "*{{ account.name }}* uses {{ facts.seats_used }} of {{ facts.seats_bought }} seats"
  - id: ask-the-owner
    do: salesforce.create_task
    with:
      assign_to: account owner
      subject: "Seats: {{ account.name }} is at {{ facts.seat_usage }}"
      due: in 2 working days
      notes: "{{ reasons }}"
  - id: nudge-admins
    after: 3 days
    only_if: [{fact: seat_usage, at_least: 80%}]
    do: intercom.enrol_in_series
    with: {series: seats-soft-nudge, people: admins}
"""
ENTERPRISE = """\
playbook: seat-expansion-enterprise
title: Prepare an enterprise conversation
steps:
  - id: ask-the-owner
    do: salesforce.create_task
    with: {subject: "Prepare {{ account.name }}"}
"""
CASES = """\
trigger: seat-limit
cases:
  - title: Full, but nobody new in a month
    now: {seats_bought: 50, seats_used: 50}
    28 days ago: {seats_used: 50}
    expect: stays quiet
    because: seats_used
"""
PAYWALL_CASES = """\
trigger: paywall-hits
cases:
  - title: Two people, four times
    3 days ago: "2 x Paywall Viewed by ana, ben with feature: sso, seats: 8"
    now: [{arr: 5000}, 1 x Logged In by cy]
    expect: fires
    because: Paywall Viewed
"""
FILES = {
    "shared/facts.yaml": FACTS,
    "shared/policy.yaml": POLICY,
    "triggers/seat-limit.yaml": TRIGGER,
    "triggers/paywall-hits.yaml": PAYWALL,
    "triggers/trial-path.yaml": TRIAL,
    "triggers/habit.yaml": HABIT,
    "seat-expansion.yaml": PLAYBOOK,
    "seat-expansion-enterprise.yaml": ENTERPRISE,
    "cases/seat-limit.yaml": CASES,
    "cases/paywall-hits.yaml": PAYWALL_CASES,
}


class Folder:
    """A folder of playbooks below the current directory."""

    root = Path("playbooks")

    def __init__(self) -> None:
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str | bytes) -> Folder:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self

    def change(self, name: str, old: str, new: str) -> Folder:
        """Put `new` where `old` stands; it must stand there."""
        text = (self.root / name).read_text()
        assert old in text, f"{old!r} is not in {name}"
        return self.write(name, text.replace(old, new, 1))

    def load(self) -> Workspace:
        return load(OnDisk(self.root), CATALOG)

    def mistakes(self) -> tuple[Mistake, ...]:
        with pytest.raises(Mistakes) as caught:
            self.load()
        return caught.value.mistakes


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.chdir(tmp_path)
    return Folder()


@pytest.fixture
def said(folder: Folder) -> Callable[[str, str, str], str]:
    """What is said after one change in one file."""

    def run(name: str, old: str, new: str) -> str:
        return "\n\n".join(str(one) for one in folder.change(name, old, new).mistakes())

    return run
