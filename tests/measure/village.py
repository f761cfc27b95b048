"""A small company with some weeks of events in a store of its own, and its playbooks: for tests of whole commands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from expansion.contract import EventRow
from expansion.records.outcomes import OutcomeRecord
from expansion.usage.import_events import import_rows
from expansion.usage.storage.store import UsageStore
from jobs.place import Place
from jobs.settings import Settings

FIRST = date(2026, 1, 1)
NOW = datetime(2026, 2, 20, 12, tzinfo=UTC)
FACTS = """events:
  - {from: files.events, account: account_id}
facts:
  account_name: {from: files.accounts, field: name, kind: text}
cohorts:
  known:
    when: [{event: Opened, at_least: 1, over: 30 days}]
"""
POLICY = """time_zone: Europe/London
currency: USD
working_hours: {days: [mon], from: "09:00", to: "17:00"}
owners: {fallback: revops@acme.example}
tiers:
  plan_change: {title: A bigger plan, worth: {flat: 1_000}, likely: 15%, attribution: 10 days}
outcomes:
  - {event: Upgraded, is: expansion, amount: added}
"""
TRIGGER = """trigger: paywall
title: They meet the paywall
owner: revops@acme.example
status: live
first_run: act
when:
  - {event: Paywall, over: 3 days, at_least: 3}
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


def on(day: int, hour: float = 10) -> datetime:
    """So many days after the first."""
    return datetime.combine(FIRST, time(), UTC) + timedelta(days=day, hours=hour)


@dataclass(frozen=True)
class Happened:
    event: str
    account: str
    at: datetime
    received: datetime | None = None
    added: int | None = None


def paywall(account: str, day: int) -> list[Happened]:
    """Three times on one day."""
    return [Happened("Paywall", account, on(day, 10 + n)) for n in range(3)]


def every_day(accounts: Iterable[str], last: int = 42) -> list[Happened]:
    return [Happened("Opened", account, on(day, 8)) for account in accounts for day in range(last + 1)]


def put(home: Path, happened: Sequence[Happened], batch: str = "a") -> None:
    rows = [
        EventRow(
            f"{batch}-{n}",
            one.event,
            one.at,
            one.account,
            "ana",
            {} if one.added is None else {"added": one.added},
            one.received,
        )
        for n, one in enumerate(happened)
    ]
    import_rows(UsageStore(home / "usage"), "files", rows, None)


def write(folder: Path, **changed: str) -> Path:
    """The playbooks, some of them with another text: `trigger=…`, `policy=…`."""
    texts = {"shared/facts.yaml": FACTS, "shared/policy.yaml": POLICY, "triggers/paywall.yaml": TRIGGER}
    texts["call.yaml"] = PLAYBOOK
    names = {"facts": "shared/facts.yaml", "policy": "shared/policy.yaml", "trigger": "triggers/paywall.yaml"}
    texts |= {names[name]: text for name, text in changed.items()}
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def place(folder: Path, *, looking: bool = True) -> Place:
    given = {"playbooks": folder / "playbooks", "home": folder / ".expansion"}
    return Place(Settings(_env_file=None, **given), looking=looking)  # type: ignore[call-arg, arg-type]


def bought(account: str, at: datetime, tier: str | None = None) -> OutcomeRecord:
    return OutcomeRecord(account, "expansion", at, tier, Decimal(100), "USD", "test", f"{account} {at}", at)
