"""What a run asks its sources for follows from facts.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.doctor import command
from cli.init import _made
from jobs.place import Place
from jobs.pull import Pull, pull_one, pulls, wanted
from sandbox.kit.server import Server, State, build_app
from sandbox.salesforce.app import Salesforce
from sandbox.settings import settings


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


def test_sources_of_events_that_facts_yaml_names_are_pulled_beside_a_warehouse(
    monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    facts = place.settings.playbooks / "shared/facts.yaml"
    facts.write_text(facts.read_text().replace("from: files.events,", "from: mixpanel.export,"))
    alone = pulls(Place())
    assert "events" in {pull.what for pull in alone}
    monkeypatch.setenv("EXPANSION_ENGINE_URL", "postgres://reader:password@host/name")
    assert pulls(Place()) == alone


NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)
ACCOUNT = {"Id": "001000000000001AAA", "Name": "Acme", "Product_Account_Id__c": "ac-1", "CurrencyIsoCode": "JPY"}
ORG = {
    "accounts": [ACCOUNT | {"Licences__c": 12.0, "Fee__c": 5_000_000, "Trial__c": True}],
    "types": {"Account": {"Licences__c": "percent", "Fee__c": "currency"}},
}


@pytest.fixture
def in_units(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Facts whose values depend on what Salesforce says of their fields, and an org to ask."""
    facts = place.settings.playbooks / "shared/facts.yaml"
    asked = "  health: {from: salesforce.account, field: Health__c, kind: text}\n"
    more = (
        "  licences: {from: salesforce.account, field: licences__c, kind: percent}\n"
        "  fee: {from: salesforce.account, field: Fee__c, kind: money}\n"
        "  trial: {from: salesforce.account, field: Trial__c, kind: number}\n"
    )
    facts.write_text(facts.read_text().replace(asked, more))
    state = State()
    stand_in = Salesforce(state)
    stand_in.load({"salesforce": ORG})
    with Server(build_app(state, [stand_in])) as url:
        for name, value in settings(url).items():
            monkeypatch.setenv(name, value)
        yield Place()


def test_a_source_is_asked_with_all_that_its_values_depend_on(in_units: Place) -> None:
    asked = wanted(in_units, "salesforce.account", NOW)
    assert asked.kinds == {"licences__c": {"percent"}, "Fee__c": {"money"}, "Trial__c": {"number"}}
    assert (asked.now, asked.currency) == (NOW, in_units.definitions.workspace.policy.currency)
    assert str(asked.zone) == in_units.definitions.workspace.policy.time_zone


def test_a_share_is_stored_as_one_and_money_of_another_currency_as_no_amount(
    in_units: Place, caplog: pytest.LogCaptureFixture
) -> None:
    [pull] = [one for one in pulls(in_units) if one.source == "salesforce.account"]
    pulled = pull_one(in_units, pull, NOW)
    assert (pulled.problem, pulled.stored) == (None, 4)
    assert "`Fee__c` of 1 account is in JPY" in caplog.text
    assert "`Trial__c` is a checkbox there, and a number in facts.yaml" in caplog.text


def test_doctor_says_what_does_not_go_together(in_units: Place, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main([], standalone_mode=True)
    said = " ".join(capsys.readouterr().out.split())
    assert "problem salesforce: `Trial__c` is a checkbox there, and a number in facts.yaml" in said
    assert "problem salesforce: the org has several currencies, and no rate of USD that the user may see" in said
