"""`expansion rank` over a store with a history whose reasons are known: found, in words, and with no look ahead."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from jobs.place import Place
from jobs.rank import Ranking, rank
from jobs.settings import Settings
from tests.usage.builders import import_file

AS_OF = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIRST = AS_OF - timedelta(days=13 * 28)
ACCOUNTS = [f"a-{n:03}" for n in range(220)]

FACTS = """\
facts:
  arr: {from: files.accounts, field: arr, kind: money, title: ARR}
  plan: {from: files.accounts, field: plan, kind: text, title: Plan}
  invited: {people: Member Invited, over: 28 days}
"""
POLICY = """\
time_zone: UTC
currency: USD
working_hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:30"}
account: {value: arr}
owners: {fallback: dana@seller.example}
tiers:
  plan_change: {title: A bigger plan, worth: {flat: 2_400}, likely: 25%, attribution: 28 days}
outcomes:
  - {event: Plan Upgraded, is: expansion, tier: plan_change}
"""
TRIGGER = """\
trigger: inviting
title: They invite their colleagues
owner: dana@seller.example
status: watching
when: [{event: Member Invited, at_least: 8, over: 28 days}]
leads_to: plan_change
then: {playbook: call}
"""
PLAYBOOK = "playbook: call\ntitle: Call them\nsteps: [{id: a, do: webhook.send, with: {text: x}}]\n"
EVENTS_MAP = "events: {id: id, event: event, time: time, received_at: time, account: account, user: user}\n"
FACTS_MAP = "facts: {account: account, at: day, fields: [arr, plan]}\n"


def _history() -> Iterator[tuple[str, datetime, str, str]]:
    """An account that invites more than others buys a bigger plan six times as often in the four weeks after; exports
    tell nothing."""
    draw = np.random.default_rng(11)
    invites = draw.normal(size=len(ACCOUNTS))
    for month in range(13):
        at = FIRST + month * timedelta(days=28)
        invites = 0.9 * invites + 0.44 * draw.normal(size=len(ACCOUNTS))
        for who, account in enumerate(ACCOUNTS):
            keen = invites[who] > 0.7
            for event, count in (("Member Invited", 4 + 12 * keen), ("Report Exported", int(draw.integers(1, 9)))):
                for number in range(count):
                    yield event, at + timedelta(days=int(draw.integers(28))), account, f"{account}-{number % 5}"
            if draw.random() < (0.15 if keen else 0.01):
                yield "Plan Upgraded", at + timedelta(days=28 + int(draw.integers(20))), account, f"{account}-0"


def _write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _events(path: Path, told: list[tuple[str, datetime, str, str]]) -> Path:
    rows = [
        {"id": f"{path.stem}-{n}", "event": event, "time": at.isoformat(), "account": account, "user": user}
        for n, (event, at, account, user) in enumerate(told)
    ]
    return _write(path, rows)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("history")
    playbooks = folder / "playbooks"
    for name, text in {
        "shared/facts": FACTS,
        "shared/policy": POLICY,
        "triggers/inviting": TRIGGER,
        "call": PLAYBOOK,
    }.items():
        (playbooks / f"{name}.yaml").parent.mkdir(parents=True, exist_ok=True)
        (playbooks / f"{name}.yaml").write_text(text)
    (folder / "events.map.yaml").write_text(EVENTS_MAP)
    (folder / "facts.map.yaml").write_text(FACTS_MAP)
    made = Place(Settings(playbooks=playbooks, home=folder / "home", _env_file=None))
    told = sorted(_history(), key=lambda one: (one[1], one[2]))
    import_file(made.store, _events(folder / "events.csv", told), folder / "events.map.yaml", AS_OF)
    facts = [
        {"account": account, "day": f"{FIRST:%Y-%m-%d}", "arr": str(1_000 * (1 + n % 9)), "plan": "Team"}
        for n, account in enumerate(ACCOUNTS)
    ]
    import_file(made.store, _write(folder / "accounts.csv", facts), folder / "facts.map.yaml", AS_OF)
    yield made
    made.close()


@pytest.fixture(scope="module")
def found(place) -> Ranking:
    return rank(place, AS_OF, top=5)


def test_what_was_planted_is_learned_and_named_first(found):
    (basis,) = found.bases
    assert basis.model is not None, basis.why
    first = found.shown[0].ranked.tiers[0].parts[0]
    assert "Member Invited" in first.text or "invite" in first.text
    assert first.share > 0.03


def test_who_comes_first_invites_more_than_the_rest(found):
    keen = [one.tiers[0].chance for one in found.order]
    assert keen[0] > 3 * keen[-1]


def test_the_playbook_of_the_trigger_that_is_true_comes_next(found):
    assert found.shown[0].step.playbook == "call"
    assert "They invite their colleagues" in found.shown[0].step.why[0]


def test_who_has_just_bought_is_not_ranked(found):
    assert found.just_expanded
    assert not set(found.just_expanded) & {one.account_id for one in found.order}


def test_what_comes_later_changes_nothing(place, found, tmp_path):
    """Events of a new name, upgrades of everybody at once, and other facts: all after the moment."""
    later = [(event, AS_OF + timedelta(days=day), account, f"{account}-9") for account in ACCOUNTS
             for event, day in (("Plan Upgraded", 1), ("Something New", 2), ("Member Invited", 3))]  # fmt: skip
    (tmp_path / "events.map.yaml").write_text(EVENTS_MAP)
    (tmp_path / "facts.map.yaml").write_text(FACTS_MAP)
    after = AS_OF + timedelta(days=30)
    import_file(place.store, _events(tmp_path / "later.csv", later), tmp_path / "events.map.yaml", after)
    facts = [{"account": one, "day": f"{after:%Y-%m-%d}", "arr": "1", "plan": "Free"} for one in ACCOUNTS]
    import_file(place.store, _write(tmp_path / "later_facts.csv", facts), tmp_path / "facts.map.yaml", after)
    again = Place(place.settings)
    try:
        assert rank(again, AS_OF, top=5).order == found.order
    finally:
        again.close()


def test_what_a_daily_run_reads_brings_no_library_of_statistics_in():
    seen = "import sys, jobs.rank, flows.opening; print([n for n in ('sklearn', 'scipy') if n in sys.modules])"
    told = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True, timeout=120)
    assert told.stdout.strip() == "[]"
