"""`expansion tune` over a store of its own: the figures, the file, and what it says where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.exporters import PLANTED, TRIGGER, make, write


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with its store and its ledger, made once; tests change only the playbooks."""
    return make(tmp_path_factory.mktemp("company"))


@pytest.fixture
def folder(company: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(company)
    monkeypatch.chdir(company)
    return company


def test_a_better_setting_is_proposed_as_a_patch(folder, run, snapshot):
    ran = run("tune", "exporting")
    assert ran.code == 0, ran.err
    assert str(ran) == snapshot
    assert (folder / "playbooks/triggers/exporting.yaml").read_text() == TRIGGER, "nothing is written unasked"


def test_apply_writes_the_one_value(folder, run):
    ran = run("tune", "exporting", "exports at_least", "--apply", "--json")
    said = ran.json
    assert said["is_better"] and said["chosen"] == pytest.approx(PLANTED, abs=1)
    wanted = TRIGGER.replace("at_least: 2}", f"at_least: {said['chosen']:.0f}}}")
    assert (folder / "playbooks/triggers/exporting.yaml").read_text() == wanted
    assert said["written_to"] == "playbooks/triggers/exporting.yaml"


def test_the_best_setting_is_left_alone(folder, run):
    write(folder, TRIGGER.replace("at_least: 2}", f"at_least: {PLANTED}}}"))
    ran = run("tune", "exporting", "--apply")
    assert "No better than today" in ran.out
    assert f"at_least: {PLANTED}}}" in (folder / "playbooks/triggers/exporting.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("exportng",), "there is no trigger `exportng`"),
        (("exporting", "at_most"), "`exporting` has no `at_most`"),
        (("exporting", "--from", "2025-07-01"), "are needed: twice the attribution window of 30 days"),
        (("exporting", "--to", "2024-12-01"), "no days of history lie between 2025-01-0"),
    ],
    ids=str,
)
def test_what_cannot_be_tuned_says_why(folder, run, arguments, said):
    ran = run("tune", *arguments)
    assert ran.code == 1
    assert said in ran.err
    assert "hint: " in ran.err
    assert ran.out == ""


def test_a_trigger_without_a_number_says_so(folder, run):
    write(folder, TRIGGER.replace("{fact: exports, at_least: 2}", "{event: Exported, first_within: 14 days}"))
    assert "`exporting` has no number that can be turned" in run("tune", "exporting").err
