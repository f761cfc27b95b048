"""A past run played again from what is pinned: its commit, its moment, and the ledger as it stood when it began."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from expansion.contract import FactRecord
from expansion.decide.decide import Decisions
from expansion.usage.facts import add_facts
from jobs.again import CannotPlayAgain, as_bytes, missing, play_again, run_called
from jobs.decide import decide_all, evaluate, record, triggers_to_check
from jobs.diff import diff
from jobs.place import Place
from tests import world

pytestmark = pytest.mark.starts

WHO = ("-c", "user.name=gtm", "-c", "user.email=gtm@acme.example", "-c", "commit.gpgsign=false")
POLICY = """\
suppress:
  - {reason: A deal is open, when: [{fact: lifecycle, is: deal}]}
attention: {per_owner: 2 a day}
holdout: {share: 20%, salt: spring}
"""


def commit(**edits: tuple[str, str]) -> None:
    """Put one text in place of another in a file of the folder, and commit it: `big=("100", "80")`."""
    for name, (old, new) in edits.items():
        path = Path(f"playbooks/triggers/{name}.yaml")
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    subprocess.run(["git", "add", "playbooks"], check=True)
    subprocess.run(["git", *WHO, "commit", "--quiet", "--allow-empty", "--message", "an edit"], check=True)


def told(day: int, source: str = "salesforce.account", **values: dict[str, object]) -> None:
    """What a source says of accounts on a day."""
    records = [FactRecord(source, account, fields) for account, fields in values.items()]
    add_facts(Place().store, source, records, world.AS_OF + timedelta(days=day, hours=-1))


def seats(day: int, **counts: int) -> None:
    told(day, **{name: {"Name": name.title(), "Seats_Bought__c": count} for name, count in counts.items()})


def run(day: int) -> tuple[int, Decisions]:
    """A run of that day, as the flow does it; its number, and what it decided."""
    place, as_of = Place(), world.AS_OF + timedelta(days=day)
    definitions = place.definitions
    run_id = place.ledger.start_run(
        "expansion",
        as_of=as_of,
        now=as_of,
        git_revision=place.files.revision,
        definitions_hash=definitions.hash,
        watermark=place.store.manifest().watermark,
    )
    evaluated = evaluate(place, definitions, triggers_to_check(definitions), as_of)
    decisions = decide_all(place, evaluated, as_of)
    record(place, run_id, decisions, as_of)
    place.ledger.finish_run(run_id, "completed", as_of, {"asked": sorted(evaluated.answers)})
    place.close()
    return run_id, decisions


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    world.write_playbooks(Path("playbooks"))
    policy = Path("playbooks/shared/policy.yaml")
    policy.write_text(policy.read_text() + POLICY)
    monkeypatch.setenv("EXPANSION_HOME", "home")
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main"], check=True)
    commit(big=("leads_to:", "quiet_for: 8 days\nleads_to:"))
    return tmp_path


def test_every_run_of_two_weeks_decides_the_same_when_it_is_played_again(folder):
    seats(0, initech=90, umbrella=140, hooli=300, globex=120, acme=150, wayne=500, stark=800)
    told(0, "hubspot.company", hooli={"lifecyclestage": "deal"})
    runs = [run(0)]
    told(1, "hubspot.company", hooli={"lifecyclestage": "customer"})  # let go by the guard rail
    runs.append(run(1))
    seats(2, umbrella=40, globex=90)  # two episodes end
    commit(big=("at_least: 100", "at_least: 80"))
    runs.append(run(2))
    pausing = Place()
    pausing.ledger.pause("trigger", "big", "dana", "", world.AS_OF + timedelta(days=3, hours=12))
    seats(4, umbrella=200, initech=60, aviato=700)
    runs.append(run(4))
    pausing.ledger.resume("trigger", "big", "dana", "", world.AS_OF + timedelta(days=4, hours=12))
    pausing.close()
    runs.append(run(5))
    commit(big=("status: live", "status: watching"), paywall=("status: live", "status: draft"))
    seats(9, tyrell=1000, umbrella=10)
    runs.append(run(9))
    commit(big=("status: watching", "status: live"))
    seats(10, cyberdyne=900)
    runs.append(run(10))
    seen = {one.decision for _, decided in runs for one in decided.firings}
    seen |= {one.firing.decision for _, decided in runs for one in decided.again}
    assert seen >= {"acting", "suppressed", "held_out", "carried", "paused", "watching"}, "else little is shown"
    assert any(decided.cleared for _, decided in runs)
    assert any(decided.cooling for _, decided in runs)
    place = Place(looking=True)
    for run_id, decided in runs:
        assert as_bytes(play_again(place, run_called(place, run_id))) == as_bytes(decided), f"run {run_id}"
        assert list(missing(place, run_called(place, run_id))) == []


def test_without_the_ledger_of_then_it_would_decide_otherwise(folder):
    """The test above can fail: by the ledger of today, nobody fires a second time."""
    seats(0, umbrella=140, stark=800)
    run_id, decided = run(0)
    place = Place(looking=True)
    today = decide_all(
        place, evaluate(place, place.definitions, triggers_to_check(place.definitions), world.AS_OF), world.AS_OF
    )
    assert decided.firings
    assert today.firings == ()
    assert as_bytes(play_again(place, run_called(place, run_id))) == as_bytes(decided)


def test_a_run_with_edits_in_no_commit_cannot_be_played_again(folder):
    path = Path("playbooks/triggers/big.yaml")
    path.write_text(path.read_text().replace("at_least: 100", "at_least: 80"))
    seats(0, initech=90)
    run_id, _ = run(0)
    place = Place(looking=True)
    with pytest.raises(CannotPlayAgain, match="with edits in no commit"):
        play_again(place, run_called(place, run_id))


@pytest.mark.parametrize(("kind", "said"), [("pull", "does not decide about everybody"), ("", "there is no run 7")])
def test_what_is_no_run_over_everybody_cannot(folder, kind, said):
    place = Place()
    run_id = place.ledger.start_run(kind, as_of=world.AS_OF, now=world.AS_OF) if kind else 7
    with pytest.raises(CannotPlayAgain, match=said):
        run_called(place, run_id)


# --- why two runs differ ----------------------------------------------------------------------------------------------


def test_each_difference_has_its_cause(folder):
    seats(0, initech=90, umbrella=140, stark=400)
    first, _ = run(0)
    commit(big=("at_least: 100", "at_least: 80"))
    seats(1, globex=150)
    second, _ = run(1)
    place = Place(looking=True)
    found = diff(place, run_called(place, first), run_called(place, second))
    assert {one.account_id: one.cause for one in found.otherwise} == {
        "initech": "definitions",  # 90 seats
        "globex": "data",  # came a day later
        "umbrella": "ledger",  # fired already
        "stark": "ledger",
    }
    assert [one.title for one in found.changes] == ["trigger big"]


def test_a_run_does_not_differ_from_itself(folder):
    seats(0, umbrella=140)
    run_id, _ = run(0)
    place = Place(looking=True)
    found = diff(place, run_called(place, run_id), run_called(place, run_id))
    assert (found.otherwise, found.changes) == ((), ())
