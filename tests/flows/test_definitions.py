"""Two sets of definitions over one place: what an edit would change, and a past run by the definitions of its time."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from expansion.contract import EventRow, FactRecord
from expansion.language.yaml.files import InMemory
from expansion.language.yaml.revision import at_revision
from expansion.usage.facts import add_facts
from expansion.usage.import_events import import_rows
from jobs.decide import decide_all, evaluate, triggers_to_check
from jobs.definitions import Definitions, read_definitions
from jobs.place import Place
from tests import world

SEATS = {"initech": 90, "umbrella": 140}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    world.write_playbooks(Path("playbooks"))
    monkeypatch.setenv("EXPANSION_HOME", "home")
    here = Place()
    records = [
        FactRecord("salesforce.account", account, {"Name": account, "Seats_Bought__c": seats})
        for account, seats in SEATS.items()
    ]
    add_facts(here.store, "salesforce.account", records, world.AS_OF - timedelta(days=1))
    return here


def texts() -> dict[str, str]:
    """The folder as an editor holds it."""
    return {path.relative_to("playbooks").as_posix(): path.read_text() for path in Path("playbooks").rglob("*.yaml")}


def lowered(file: str, text: str) -> str:
    return text.replace("at_least: 100}", "at_least: 80}") if file == "triggers/big.yaml" else text


def fired(place: Place, definitions: Definitions) -> list[str]:
    """For whom the trigger would fire now; nothing is written."""
    evaluated = evaluate(place, definitions, triggers_to_check(definitions, ["big"]), world.AS_OF, build=False)
    decisions = decide_all(place, evaluated, world.AS_OF)
    assert {firing.git_revision for firing in decisions.firings} == {definitions.revision}
    return sorted(firing.account_id for firing in decisions.firings)


def test_an_unsaved_edit_is_asked_beside_what_the_folder_has(place: Place) -> None:
    draft = InMemory({file: lowered(file, text) for file, text in texts().items()})
    edited = read_definitions(draft, place.catalog)
    assert fired(place, place.definitions) == ["umbrella"]
    assert fired(place, edited) == ["initech", "umbrella"]
    assert fired(place, place.definitions) == ["umbrella"], "neither leaves anything behind in the place"
    assert edited.hash != place.definitions.hash


def test_a_past_run_is_played_again_by_the_revision_of_its_time(place: Place) -> None:
    who = ("-c", "user.name=gtm", "-c", "user.email=gtm@acme.example", "-c", "commit.gpgsign=false")
    for arguments in (["init", "--quiet"], ["add", "playbooks"], [*who, "commit", "--quiet", "--message", "100 seats"]):
        subprocess.run(["git", *arguments], check=True)
    then = place.files.revision
    assert then
    for file, text in texts().items():
        (Path("playbooks") / file).write_text(lowered(file, text))
    now = Place()
    assert now.files.revision == f"{then}+changes"
    assert fired(now, now.definitions) == ["initech", "umbrella"]
    again = read_definitions(at_revision(Path("playbooks"), then), now.catalog)
    assert fired(now, again) == ["umbrella"]
    assert again.revision == then


def test_an_evaluator_tells_whom_it_knows_and_until_when(place: Place) -> None:
    asking = place.evaluator(place.definitions, world.AS_OF)
    assert (asking.count(), asking.accounts(), asking.known_until()) == (2, sorted(SEATS), None)
    rows = [EventRow("e1", "Login", "2026-03-01T09:00:00Z", "initech", "ana", {}, "2026-03-01T10:00:00Z")]
    covered = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC))
    import_rows(place.store, "mixpanel.export", rows, covered)
    assert place.evaluator(place.definitions, world.AS_OF).known_until() == covered[1]


def test_the_same_definitions_are_equal_wherever_they_were_read(place: Place) -> None:
    held = read_definitions(InMemory(texts()), place.catalog)
    assert held == place.definitions
    assert held.hash == place.definitions.hash
    assert (held.systems, held.used("slack")) == (place.definitions.systems, place.definitions.used("slack"))
