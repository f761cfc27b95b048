"""`expansion discover` over a store of its own: what is found, and drafts that `expansion check` takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from expansion.language.model.models import Facts
from expansion.measure.behaviours import Behaviour, Number
from expansion.measure.discover import Finding, Lift
from expansion.measure.drafts import Around, Draft, draft
from tests.cli.exporters import FACTS, make, write

WIDER = (
    FACTS
    + """\
  seats_used: {from: files.accounts, field: used, kind: number}
  seats_bought: {from: files.accounts, field: bought, kind: number}
  seat_usage: {ratio: [seats_used, seats_bought]}
  adoption: {from: files.accounts, field: adoption, kind: percent}
"""
)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("company"))


@pytest.fixture
def folder(company: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in company.glob("playbooks/*/found-*.yaml"):
        path.unlink()
    write(company)
    monkeypatch.chdir(company)
    return company


def test_what_came_before_expansions_is_told(folder, run, snapshot):
    ran = run("discover")
    assert ran.code == 0, ran.err
    assert str(ran) == snapshot


def test_a_draft_is_written_when_asked_and_passes_check(folder, run):
    ran = run("discover", "--write", "found-exported", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["found"][0]["subject"] == "Exported"
    assert ran.json["written_to"] == ["playbooks/triggers/found-exported.yaml", "playbooks/cases/found-exported.yaml"]
    checked = run("check")
    assert checked.code == 0, checked


def test_bad_input_says_what_to_do(folder, run):
    for arguments, said in {
        ("--from", "2025-06-01"): "4 moments four weeks apart",
        ("--among", "payng"): "there is no cohort `payng`",
        ("--write", "nosuch"): "there is no draft `nosuch`",
    }.items():
        ran = run("discover", *arguments)
        assert (ran.code, ran.out) == (1, ""), ran
        assert said in ran.err
        assert "hint: " in ran.err


EXPORTED = ("event", "Exported")
WEEK, FORTNIGHT = ("over", "7 days"), ("over", "14 days")
KINDS = [
    Behaviour(Number("Exported", (EXPORTED, WEEK)), 6),
    Behaviour(Number("Exported", (EXPORTED, WEEK)), 1),
    Behaviour(Number("Exported", (EXPORTED, ("count", "people"), WEEK)), 3),
    Behaviour(Number("Exported", (EXPORTED, ("count", "people"), WEEK)), 100),
    Behaviour(Number("Exported", (EXPORTED, ("count", "days"), WEEK)), 5),
    Behaviour(Number("Exported", (EXPORTED, ("count", "days"), WEEK)), 1),
    Behaviour(Number("Exported", (EXPORTED, FORTNIGHT), grows=True), 0.5),
    Behaviour(Number("seats_used", (("fact", "seats_used"),), is_fact=True), 120),
    Behaviour(Number("seats_used", (("fact", "seats_used"),), is_fact=True), 0.5),
    Behaviour(Number("adoption", (("fact", "adoption"),), is_fact=True, is_share=True), 0.85),
    Behaviour(Number("seat_usage", (("fact", "seat_usage"),), is_fact=True, is_share=True), 0.9),
]


def drafted(folder: Path) -> list[Draft]:
    """One of each kind, written."""
    from ruamel.yaml import YAML

    facts = Facts.model_validate(YAML(typ="safe").load(WIDER))
    lift = Lift(2.0, 1.5, 3.0)
    found: list[Draft] = []
    for one in KINDS:
        around = Around(facts, "revops@acme.example", "plan_change", "call", None, frozenset(d.name for d in found))
        found.append(draft(Finding(one, 100, 10, lift, (lift, lift), 0.001, 0.01, 0), around))
    (folder / "playbooks/shared/facts.yaml").write_text(WIDER)
    (folder / "playbooks/cases").mkdir(exist_ok=True)
    for each in found:
        (folder / f"playbooks/triggers/{each.name}.yaml").write_text(each.trigger)
        if each.cases is not None:
            (folder / f"playbooks/cases/{each.name}.yaml").write_text(each.cases)
    return found


def test_every_kind_of_draft_passes_check_with_its_cases(folder, run, snapshot):
    found = drafted(folder)
    checked = run("check")
    assert checked.code == 0, checked
    assert sum(each.cases is None for each in found) == 2, "100 people are too many to name, and half a seat is odd"
    assert "\n".join(f"{each.trigger}{each.cases or ''}" for each in found) == snapshot
