"""A town for what reacts: three accounts, a trigger about paywalls that reacts, and a Slack where it is heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from expansion.contract import EventRow
from expansion.records.ledger import FiringFilter, FiringRecord, StepRecord
from expansion.usage.pushed.journal import Journal
from jobs.clock import utc_now
from jobs.decide import decide_and_record, evaluate, triggers_to_check
from jobs.deliver import Pieces, deliver_some
from jobs.place import Place
from jobs.react.reacting import Reacting
from jobs.settings import Settings
from sandbox.kit.faults import Fault, Misbehaving
from sandbox.kit.server import Server, build_app
from sandbox.kit.state import State
from sandbox.slack.app import Slack

FACTS = """\
facts:
  hits: {times: Paywall Viewed, over: 14 days}
  last_export: {days_since: Export Done}
"""
POLICY = """\
time_zone: UTC
currency: USD
working_hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:30"}
owners: {fallback: dana@seller.example}
tiers:
  plan_change: {title: A bigger plan, worth: {flat: 1000}, likely: 25%}
"""
PAYWALL = """\
trigger: paywall
title: Several times at a paywall
owner: dana@seller.example
status: live
check: on_event
when:
  - {event: Paywall Viewed, at_least: 3, over: 2 hours}
leads_to: plan_change
then: {playbook: call}
quiet_for: 30 days
"""
CALL = """\
playbook: call
title: Call them
steps:
  - id: tell
    do: slack.post_message
    with: {channel: expansion, title: "{{ account.name }}", text: "{{ facts.hits }} times: {{ reasons }}"}
"""


@dataclass
class Town:
    """The folder of a test, and Slack as it sees it."""

    folder: Path
    url: str
    app: Misbehaving | None  # None where Slack is in another process
    state: State | None
    ledger: str | None = None
    said: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def warned(self) -> list[str]:
        """What was said but for what reacts."""
        return [sentence for sentence in self.said if not sentence.startswith("reacts to events: ")]

    def place(self) -> Place:
        home = {"playbooks": self.folder / "playbooks", "home": self.folder / "home"}
        return Place(Settings(_env_file=None, **home, ledger_url=self.ledger, retry_waits=[0.1]))  # type: ignore[call-arg, arg-type]

    def reacting(self, **more: Any) -> Reacting:
        """Not started: `once` is called by the test."""
        return Reacting(self.place, self.said.append, gather=0.0, **more)

    @contextmanager
    def at_work(self, reacting: Reacting | None = None) -> Iterator[Reacting]:
        """Not started: what it does is done by `once`. It ends as when serve is stopped."""
        made = reacting or self.reacting()
        try:
            yield made
        finally:
            made.end()

    def trigger(self, old: str = "", new: str = "", text: str = PAYWALL) -> None:
        """Write the trigger, changed."""
        assert old in text, f"{old} is not in the trigger"
        (self.folder / "playbooks/triggers/paywall.yaml").write_text(text.replace(old, new))

    def policy(self, more: str) -> None:
        (self.folder / "playbooks/shared/policy.yaml").write_text(POLICY + more)

    def event(self, account: str, at: datetime | None = None, **more: Any) -> EventRow:
        key = f"e-{next(self._numbers)}"
        moment = at or utc_now() - timedelta(seconds=1)
        values = {"event": "Paywall Viewed", "user_id": f"ana-{account}", "properties": {}} | more
        return EventRow(**{"event_id": key, "time": moment.isoformat(), "account_id": account, **values})

    def push(self, *rows: EventRow) -> Sequence[EventRow]:
        """On disk, as serve has it before anybody is told."""
        Journal(self.folder / "home/usage").append(rows)
        return rows

    def whole_run(self, as_of: datetime | None = None) -> list[FiringRecord]:
        """What `expansion run` decides, over all accounts; nothing is sent."""
        place = self.place()
        try:
            now = as_of or place.now()
            run_id = place.ledger.start_run("expansion", as_of=now, now=place.now(), holder=place.holder.name)
            evaluated = evaluate(place, place.definitions, triggers_to_check(place.definitions), now)
            decide_and_record(place, run_id, evaluated, now, place.now)
            place.ledger.finish_run(run_id, "completed", place.now())
            return place.ledger.firings(FiringFilter(run_id=run_id))
        finally:
            place.close()

    def deliver(self) -> None:
        """What a run does after it: until nothing is due."""
        place = self.place()
        try:
            pieces = Pieces(place, place.now())
            while due := place.ledger.due_actions(place.now()):
                reports = [
                    deliver_some(place, pieces, one.action, one.playbook, place.now, lambda: False) for one in due
                ]
                if not any(one.claimed for one in reports):
                    return
        finally:
            place.close()

    def firings(self) -> list[FiringRecord]:
        place = self.place()
        try:
            return sorted(place.ledger.firings(), key=lambda one: one.id)
        finally:
            place.close()

    def steps(self) -> list[StepRecord]:
        place = self.place()
        try:
            return place.ledger.steps()
        finally:
            place.close()

    def messages(self) -> dict[str, int]:
        """How often each step's message was really posted."""
        assert self.state is not None, "Slack is in this process"
        return {one["key"]: one["times"] for one in self.state.all("_applied")}

    def fault(self, kind: str, **how: Any) -> None:
        assert self.app is not None, "Slack is in this process"
        self.app.faults.waiting.append(Fault("slack", kind, **how))  # type: ignore[arg-type]

    def recover(self) -> None:
        assert self.app is not None, "Slack is in this process"
        self.app.faults.waiting.clear()


def history(town: Town) -> Iterable[EventRow]:
    """Each account did something in the days before, so that what comes is known by its name, and since when."""
    now = utc_now()
    for account in ("acme", "bolt", "cara"):
        for hours in range(0, 72, 8):
            yield town.event(account, now - timedelta(hours=hours, minutes=1), event="Login")
        yield town.event(account, now - timedelta(hours=70))


def write_playbooks(folder: Path) -> None:
    for part in ("shared", "triggers"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "shared/facts.yaml").write_text(FACTS.replace("  last_export: {days_since: Export Done}\n", ""))
    (folder / "shared/policy.yaml").write_text(POLICY)
    (folder / "triggers/paywall.yaml").write_text(PAYWALL)
    (folder / "call.yaml").write_text(CALL)


@contextmanager
def a_town(folder: Path, monkeypatch: Any, ledger: str | None = None) -> Iterator[Town]:
    """With its history stored, and the first whole run behind it."""
    write_playbooks(folder / "playbooks")
    state = State()
    slack = Slack(state)
    slack.load({"slack": {"channels": [{"id": "C0EXPANSION", "name": "expansion"}]}})
    app = build_app(state, [slack])
    monkeypatch.chdir(folder)
    with Server(app) as url:
        for name, value in Slack.environment(url).items():
            monkeypatch.setenv(name, value)
        town = Town(folder, url, app, state, ledger)
        town.push(*history(town))
        town.whole_run()
        yield town


def react(town: Town, reacting: Reacting, *accounts: str, times: int = 3) -> Sequence[EventRow]:
    """So many events of each, as serve stores them and hands them on."""
    reacting.once()
    rows = town.push(*(town.event(account) for account in accounts for _ in range(times)))
    reacting.on_stored(rows)
    reacting.once()
    return rows


def until(holds: Callable[[], object], seconds: float = 20) -> None:
    """Wait for what happens in a thread."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.02)
