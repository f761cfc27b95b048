"""What a run asks its sources for follows from facts.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.init import _made
from flows.place import Place
from flows.pulling import Pull, pulls


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A new folder with facts from two more systems."""
    _made(tmp_path / "folder")
    facts = tmp_path / "folder/playbooks/shared/facts.yaml"
    more = (
        "cohorts:",
        "  health: {from: salesforce.account, field: Health__c, kind: text}\n"
        "  role: {from: mixpanel.profile, field: role, kind: text, who: users}\n"
        "  last_seen: {from: mixpanel.profile, field: $last_seen, kind: date, who: users}\n"
        "cohorts:",
    )
    facts.write_text(facts.read_text().replace(*more))
    monkeypatch.chdir(tmp_path / "folder")
    return Place()


def test_facts_about_people_are_asked_of_people_s_profiles(place: Place) -> None:
    asked = [pull for pull in pulls(place) if pull.source in ("salesforce.account", "mixpanel.profile")]
    assert [(pull.source, pull.what) for pull in asked] == [
        ("salesforce.account", "facts"),
        ("mixpanel.profile", "people"),
    ]
    assert asked[0] == Pull("salesforce.account", "facts", ("Health__c",))
    assert asked[1].names[-2:] == ("role", "$last_seen")


def test_events_are_not_pulled_where_a_warehouse_has_them(monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
    facts = place.settings.playbooks / "shared/facts.yaml"
    facts.write_text(facts.read_text().replace("from: files.events,", "from: mixpanel.export,"))
    assert "events" in {pull.what for pull in pulls(Place())}
    monkeypatch.setenv("EXPANSION_ENGINE_URL", "postgres://reader:password@host/name")
    assert {pull.what for pull in pulls(Place())} == {"facts", "people"}
