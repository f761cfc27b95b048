"""A small company whose accounts export now and then: who exports much in a week buys soon. For whole commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from expansion.contract import EventRow, Outcome
from expansion.ledger.store import open_ledger
from expansion.usage.import_events import import_rows
from expansion.usage.storage.store import UsageStore

FIRST = datetime(2025, 1, 1, tzinfo=UTC)
DAYS, ACCOUNTS, PLANTED = 200, 300, 6
FACTS = """events:
  - {from: files.events, account: account_id}
facts:
  exports: {times: Exported, over: 7 days}
"""
POLICY = """time_zone: Europe/London
currency: USD
working_hours: {days: [mon], from: "09:00", to: "17:00"}
owners: {fallback: revops@acme.example}
tiers:
  plan_change: {title: A bigger plan, worth: {flat: 1_000}, likely: 15%, attribution: 30 days}
"""
TRIGGER = """# Who exports a lot.
trigger: exporting
title: They export a lot
owner: revops@acme.example
status: live
when:
  - {fact: exports, at_least: 2}   # a guess
leads_to: plan_change
then: {playbook: call}
"""
PLAYBOOK = """playbook: call
title: Call
steps:
  - id: ask
    do: salesforce.create_task
    with: {assign_to: account owner, subject: Call, notes: Call them}
"""


@dataclass(frozen=True)
class Company:
    """Accounts with weeks of many exports and of few; who exports much in a week buys soon, and who does not may."""

    events: list[EventRow]
    outcomes: list[Outcome]

    @classmethod
    def of(cls, seed: int) -> Company:
        rng = np.random.default_rng(seed)
        events, outcomes = [], []
        for account in range(ACCOUNTS):
            for week in range(DAYS // 7):
                count = int(rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], p=[0.6, 0.1, *[0.0375] * 8]))
                day = FIRST + timedelta(days=7 * week + account % 7)  # some every day, or a day would look like a gap
                events += [_export(account, week, n, day + timedelta(hours=n)) for n in range(count)]
                if rng.random() < (0.25 if count >= PLANTED else 0.005):
                    outcomes.append(_bought(account, week, day + timedelta(days=3)))
        return cls(events, outcomes)


def _export(account: int, week: int, n: int, at: datetime) -> EventRow:
    return EventRow(f"{account}-{week}-{n}", "Exported", at, f"a{account}", "ana", {}, None)


def _bought(account: int, week: int, at: datetime) -> Outcome:
    return Outcome("test", f"a{account}", "expansion", at, f"{account}-{week}", known_at=at)


def make(folder: Path) -> Path:
    """Its store and its ledger."""
    made = Company.of(1)
    import_rows(UsageStore(folder / ".expansion/usage"), "files", made.events, None)
    ledger = open_ledger(f"sqlite:///{folder / '.expansion/ledger.db'}")
    ledger.add_outcomes(made.outcomes, FIRST + timedelta(days=DAYS))
    ledger.close()
    return folder


def write(folder: Path, trigger: str = TRIGGER) -> None:
    """Its playbooks as they are at first."""
    texts = {"shared/facts.yaml": FACTS, "shared/policy.yaml": POLICY, "triggers/exporting.yaml": trigger}
    for name, text in (texts | {"call.yaml": PLAYBOOK}).items():
        path = folder / "playbooks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
