"""Loading a folder, and the hash of what a trigger rests on."""

from __future__ import annotations

import subprocess
import sys
import time
from decimal import Decimal

import pytest

from tests.language.conftest import CASES, PLAYBOOK, TRIGGER, Folder


def test_values_are_read_as_authors_mean_them(folder: Folder) -> None:
    workspace = folder.load()
    trigger = workspace.triggers["seat-limit"]
    assert str(trigger.when[0].at_least) == "80%"
    assert trigger.then.choices[0].when[0].at_least == 100_000
    assert workspace.policy.tiers["add_on"].worth.flat == 3600
    assert sorted(workspace.playbooks) == ["seat-expansion", "seat-expansion-enterprise"]
    assert workspace.warnings == ()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("100_000", 100_000), ("-5", -5), ("2.50", Decimal("2.5")), ("0.1", Decimal("0.1")), ("true", True),
        ("007", "007"), ("0x1F", "0x1F"), ("1e3", "1e3"), ("NO", "NO"), ("10:30", "10:30"),
        ("2026-03-01", "2026-03-01"), ("1_00", "1_00"), ('"5"', "5"), ("12345678901234567890", "12345678901234567890"),
    ],
)  # fmt: skip
def test_ids_and_plan_codes_stay_text(folder: Folder, written: str, read: object) -> None:
    folder.change("triggers/paywall-hits.yaml", "{feature: sso, seats: {at_least: 5}}", f"\n      feature: {written}")
    value = folder.load().triggers["paywall-hits"].when[0].where["feature"]
    assert value == read and type(value) is type(read)


def _hash(folder: Folder, name: str = "seat-limit") -> str:
    return folder.load().definition_hash(name)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("triggers/seat-limit.yaml", "when:\n", "# why\nwhen:   # more\n\n"),
        ("triggers/seat-limit.yaml", "14 days", '"14   days"'),
        ("triggers/seat-limit.yaml", "100_000", "100000.0"),
        ("triggers/seat-limit.yaml", "check: daily\n", ""),
        (
            "triggers/seat-limit.yaml",
            "    at_least: 80%\n    for: 14 days\n",
            "    for: 14 days\n    at_least: 80.0%\n",
        ),
        ("shared/facts.yaml", "{from: salesforce.account, field: Plan__c", "{field: Plan__x, from: salesforce.account"),
        ("shared/facts.yaml", "champions:", "fans: {from: mixpanel.cohort, name: Fans}\n  champions:"),
        ("shared/policy.yaml", "flat: 3_600", "flat: 9_999"),
        ("triggers/paywall-hits.yaml", "2 people", "3 people"),
        ("cases/seat-limit.yaml", "50", "60"),
    ],
)
def test_the_hash_stays_when_nothing_changes_that_the_trigger_rests_on(
    folder: Folder, name: str, old: str, new: str
) -> None:
    before = _hash(folder)
    folder.change(name, old, new)
    assert _hash(folder) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("triggers/seat-limit.yaml", "80%", "81%"),
        ("triggers/seat-limit.yaml", "28 days", "4 weeks"),
        ("seat-expansion.yaml", "in 2 working days", "in 3 working days"),
        ("seat-expansion-enterprise.yaml", "Prepare {{", "Plan {{"),
        ("shared/facts.yaml", "field: seats_used", "field: seats_active"),  # through a ratio
        ("shared/facts.yaml", "more_than: 0", "more_than: 1"),  # the cohort of its accounts
        ("shared/facts.yaml", "field: ARR__c", "field: ARR"),  # through the cohort, the branch, and the worth
        ("shared/policy.yaml", "at_least: 1_200", "at_least: 1_300"),
    ],
)
def test_the_hash_changes_with_everything_the_trigger_rests_on(folder: Folder, name: str, old: str, new: str) -> None:
    before = _hash(folder)
    folder.change(name, old, new)
    assert _hash(folder) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("triggers/seat-limit.yaml", "clears_below: 70%", "clears_below: 60%"),  # the trigger that it names
        ("triggers/seat-limit.yaml", "accounts: paying-accounts\n", ""),
        ("shared/facts.yaml", "more_than: 0", "more_than: 1"),  # the cohort of that trigger
        ("shared/facts.yaml", "field: Plan__c", "field: Plan"),  # peers
        ("shared/facts.yaml", "pace_over: 28 days", "pace_over: 14 days"),  # a fact made of facts
        ("shared/policy.yaml", "seats: 50", "seats: 60"),  # a limit of it
    ],
)
def test_the_hash_follows_triggers_peers_and_limits(folder: Folder, name: str, old: str, new: str) -> None:
    folder.change("triggers/habit.yaml", "unless:\n", "unless:\n  - {fact: days_left, at_most: 30}\n")
    before = _hash(folder, "habit")
    assert _hash(folder.change(name, old, new), "habit") != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("triggers/seat-limit.yaml", "title: Nearly out of seats", "title: Almost out of seats"),
        ("triggers/seat-limit.yaml", "quiet_for: 30 days", "quiet_for: 31 days"),
        ("shared/policy.yaml", "seats: 50", "seats: 60"),
        ("triggers/habit.yaml", "unless:\n", "unless: # none of these\n"),
    ],
)
def test_the_hash_stays_with_what_the_other_is_not_asked(folder: Folder, name: str, old: str, new: str) -> None:
    before = _hash(folder, "habit")
    assert _hash(folder.change(name, old, new), "habit") == before


def test_the_hash_follows_facts_that_only_a_text_names(folder: Folder) -> None:
    folder.change("seat-expansion.yaml", "{{ reasons }}", "{{ facts.plan }} {{ facts['paywall_people'] }}")
    before = _hash(folder)
    assert _hash(folder.change("shared/facts.yaml", "field: Plan__c", "field: Plan")) != before
    before = _hash(folder)
    assert _hash(folder.change("shared/facts.yaml", "{feature: sso}", "{feature: {is_not: sso}}")) != before


def test_thirty_triggers_load_in_well_under_half_a_second(folder: Folder) -> None:
    more = CASES.split("cases:\n")[1] * 4
    for number in range(30):
        trigger = TRIGGER.replace("trigger: seat-limit", f"trigger: seat-{number}")
        folder.write(f"triggers/seat-{number}.yaml", trigger)
        folder.write(f"book-{number}.yaml", PLAYBOOK.replace("playbook: seat-expansion", f"playbook: book-{number}"))
        cases = CASES.replace("trigger: seat-limit", f"trigger: seat-{number}") + more
        folder.write(f"cases/seat-{number}.yaml", cases)
    took, counting = [], sys.gettrace()
    sys.settrace(None)  # counting coverage doubles what it takes
    for _ in range(3):  # the best of three: a worker that has run for long collects garbage of all its tests meanwhile
        started = time.process_time()
        assert len(folder.load().triggers) == 34
        took.append(time.process_time() - started)
    sys.settrace(counting)
    assert min(took) < 1.0, "0.13 s when written; the margin is for slow machines"


@pytest.mark.starts
def test_reading_yaml_needs_no_database() -> None:
    heavy = "('duckdb', 'numpy', 'pyarrow')"
    code = f"import expansion.language.workspace, sys; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_pure_python_parser_serves_where_the_fast_one_is_missing(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = folder.load()
    from ruamel.yaml import main

    monkeypatch.setattr(main, "CParser", None)
    assert folder.load() == before
