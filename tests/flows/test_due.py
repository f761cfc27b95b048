"""Which triggers a run evaluates, without Prefect."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from jobs.decide import due_triggers, note_evaluated, triggers_to_check
from jobs.pause import NoSuchTrigger
from jobs.place import Place
from tests import world

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPANSION_PLAYBOOKS", str(world.write_playbooks(tmp_path / "playbooks")))
    monkeypatch.setenv("EXPANSION_HOME", str(tmp_path / "home"))
    return Place()


def due(place: Place, later: timedelta) -> list[str]:
    return [trigger.trigger for trigger in due_triggers(place, place.definitions, world.AS_OF + later)]


def test_at_first_everything_is_due(place: Place) -> None:
    assert due(place, timedelta()) == ["big", "paywall"]


def test_what_was_evaluated_is_due_again_by_its_check(place: Place) -> None:
    note_evaluated(place, place.definitions, ["big", "paywall"], world.AS_OF, world.AS_OF)
    assert due(place, HOUR) == ["big"]  # hourly
    assert due(place, DAY) == ["big", "paywall"]


def test_an_edited_trigger_is_due_at_once(place: Place) -> None:
    note_evaluated(place, place.definitions, ["big", "paywall"], world.AS_OF, world.AS_OF)
    file = place.settings.playbooks / "triggers/paywall.yaml"
    file.write_text(file.read_text().replace("at_least: 3", "at_least: 4"))
    assert due(Place(), HOUR) == ["big", "paywall"]


def test_a_draft_is_never_checked(place: Place) -> None:
    file = place.settings.playbooks / "triggers/paywall.yaml"
    file.write_text(file.read_text().replace("status: live", "status: draft"))
    assert due(Place(), timedelta()) == ["big"]
    assert triggers_to_check(Place().definitions, ["paywall"]) == []


def test_a_name_that_no_file_has_is_said_with_those_there_are(place: Place) -> None:
    with pytest.raises(NoSuchTrigger, match="did you mean `paywall`"):
        triggers_to_check(place.definitions, ["paywal"])
