"""Quiet hours are asked again right before a batch is claimed, however its steps became due. Without Prefect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from expansion.records.ledger import StepFilter
from jobs.deliver import hold_for_quiet_hours
from jobs.place import Place
from tests import world
from tests.ledger.builders import a_firing, record

SERIES = "intercom.enrol_in_series"
NIGHT, MORNING = datetime(2026, 3, 6, 22, tzinfo=UTC), datetime(2026, 3, 9, 8, tzinfo=UTC)  # Friday, Monday


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    folder = world.write_playbooks(tmp_path / "playbooks")
    quiet = 'quiet_hours: {from: "19:00", to: "08:00", days: [sat, sun]}\n'
    (folder / "shared/policy.yaml").write_text(world.POLICY + quiet)
    monkeypatch.setenv("EXPANSION_PLAYBOOKS", str(folder))
    monkeypatch.setenv("EXPANSION_HOME", str(tmp_path / "home"))
    opened = Place()
    there = {"action": SERIES, "recipe": {"zone": "America/New_York"}}
    record(opened.ledger, a_firing(steps=[{"action": SERIES}]), a_firing("bolt", steps=[there]), at=NIGHT)
    record(opened.ledger, a_firing("cara", steps=[{}]), at=NIGHT)
    return opened


def waits(place: Place) -> dict[str, datetime]:
    return {step.account_id: step.not_before for step in place.ledger.steps(StepFilter(states=("due",)))}


def test_by_night_what_reaches_people_waits_for_the_morning_of_its_owner(place: Place) -> None:
    assert hold_for_quiet_hours(place, SERIES, "seats", NIGHT) == 1  # in New York it is afternoon
    assert waits(place) == {"acme": MORNING, "bolt": NIGHT, "cara": NIGHT}
    lease = timedelta(minutes=15)
    assert [step.account_id for step in place.ledger.claim(SERIES, 9, "me", NIGHT, lease)] == ["bolt"]
    assert [step.account_id for step in place.ledger.claim(SERIES, 9, "me", MORNING, lease)] == ["acme"]


def test_by_day_nothing_is_held(place: Place) -> None:
    assert hold_for_quiet_hours(place, SERIES, "seats", MORNING + timedelta(hours=6)) == 0


def test_what_reaches_nobody_of_theirs_is_not_held(place: Place) -> None:
    assert hold_for_quiet_hours(place, "crm.create_task", "seats", NIGHT) == 0


def test_without_quiet_hours_nothing_is_held(place: Place) -> None:
    (place.settings.playbooks / "shared/policy.yaml").write_text(world.POLICY)
    assert hold_for_quiet_hours(Place(), SERIES, "seats", NIGHT) == 0
