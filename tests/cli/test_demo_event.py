"""The demo's last scene is about an account that the policy lets speak with, whatever the day."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from cli.demo_event import _lines, scene
from cli.demo_processes import CannotStart
from sandbox.all import make_sample

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "sample.json"
    path.write_text(json.dumps(make_sample()), encoding="utf-8")
    return path


@pytest.mark.parametrize("days", range(0, 400, 45))
def test_on_any_day_there_is_an_account_that_is_not_about_to_renew(sample: Path, days: int) -> None:
    today = date(2026, 3, 2) + timedelta(days=days)
    there = scene(sample, PLAYBOOKS, today)
    made = json.loads(sample.read_text(encoding="utf-8"))
    [crm] = [one for one in made["salesforce"]["accounts"] if one["Product_Account_Id__c"] == there.account_id]
    assert not timedelta() <= date.fromisoformat(crm["Renewal_Date__c"]) - today <= timedelta(days=60)
    assert crm["Health__c"] == "green"
    assert len(set(there.people)) == 3


def test_a_sample_without_one_says_what_to_delete(tmp_path: Path) -> None:
    path = tmp_path / "sample.json"
    empty = {"accounts": [], "mixpanel": {"profiles": []}, "salesforce": {"accounts": [], "opportunities": []}}
    path.write_text(json.dumps(empty), encoding="utf-8")
    with pytest.raises(CannotStart, match=f"delete {tmp_path}"):
        scene(path, PLAYBOOKS, date(2026, 3, 2))


def test_a_message_is_told_line_by_line() -> None:
    shown = "<h3>Acme</h3><p><strong>3 times</strong> on the <em>Team</em> plan &amp; more</p><ul><li>one</li></ul>"
    assert list(_lines({"html": shown})) == ["Acme", "3 times on the Team plan & more", "one"]
