"""The made-up company's files come in by its maps, and nothing is refused but what was planted as broken."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import integrations
from expansion.evaluate.engine import Vocabulary
from expansion.explain.cases import run_cases
from expansion.explain.evaluator import evaluator
from expansion.files.import_files import import_files
from expansion.files.results import ImportResult
from expansion.language.workspace import Workspace, load
from expansion.language.yaml.files import Folder
from expansion.usage.storage.store import UsageStore
from sandbox.company.asked import Asked
from sandbox.company.behaviours import DECOYS, PLANTED
from sandbox.company.write import write

PLAYBOOKS = Path(__file__).parents[2] / "sandbox/company/playbooks"
ASKED = Asked(accounts=150, days=200, seed=11)
NOW = datetime.combine(ASKED.until, datetime.min.time(), UTC)
ORDER = ("account_merges", "user_merges", "people", "facts", "tickets", "opportunities", "events")


@pytest.fixture(scope="module")
def words() -> Workspace:
    return load(Folder(PLAYBOOKS), integrations.catalog())


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("company") / "out"
    write(made, ASKED)
    return made


@pytest.fixture(scope="module")
def imported(out: Path, words: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[UsageStore, Any]:
    store = UsageStore(tmp_path_factory.mktemp("store") / "usage")
    came: dict[str, ImportResult] = {}
    for name in ORDER:
        files = out / "events" if name == "events" else out / f"{name}.csv"
        if files.exists():
            came[name] = import_files(store, [str(files)], out / f"maps/{name}.yaml", NOW, workspace=words)
    return store, came


def truth(out: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((out / "truth.json").read_text(encoding="utf-8"))
    return told


def test_its_playbooks_are_read_without_a_mistake_and_every_case_passes(words: Workspace) -> None:
    cases = [case for cases in words.cases.values() for case in cases]
    results = run_cases(cases, words.triggers, Vocabulary(words.facts, words.policy))
    assert words.warnings == ()
    assert [f"{one.case.trigger}: {one.case.title}" for one in results if not one.passed] == []


def test_there_is_a_trigger_for_every_planted_behaviour_and_every_decoy(words: Workspace) -> None:
    wanted = {one.name for one in PLANTED if one.tier} | {one.name for one in DECOYS}
    assert set(words.triggers) == wanted
    assert {name: words.triggers[name].leads_to for name in wanted if name in {p.name for p in PLANTED}} == {
        one.name: one.tier for one in PLANTED if one.tier
    }


def test_only_what_was_planted_as_broken_is_refused(imported: tuple[UsageStore, Any], out: Path) -> None:
    _, came = imported
    written = truth(out)["written"]
    [events] = came["events"].files
    assert (events.stored, events.repeats) == (written["events"], written["repeats"])
    assert sorted(events.rejects.values()) == sorted([written["without_account"], written["before_it_happened"]])
    for name in set(came) - {"events"}:
        [file] = came[name].files
        assert (file.rows, file.rejects, file.failure) == (written[name], {}, None), name


def test_nothing_that_conditions_ask_for_is_missing(imported: tuple[UsageStore, Any]) -> None:
    assert {name: result.notes for name, result in imported[1].items() if result.notes} == {}


def test_the_trigger_names_the_accounts_whose_seats_were_nearly_used(
    imported: tuple[UsageStore, Any], words: Workspace, out: Path
) -> None:
    """Held against a plain loop over the file; those with another id since are left out of both."""
    store, _ = imported
    moment = NOW - timedelta(hours=12)
    trigger = words.triggers["seats-nearly-used"]
    answers = evaluator(store, Vocabulary(words.facts, words.policy), moment).answers([trigger])["seats-nearly-used"]
    merged = _merged(out)
    wanted = _nearly_used(out, moment)
    assert {one for one in answers.yes if one not in merged} == wanted - merged
    assert len(wanted) > 5


def _merged(out: Path) -> set[str]:
    path = out / "account_merges.csv"
    if not path.exists():
        return set()
    with path.open(encoding="utf-8") as file:
        return {row[name] for row in csv.DictReader(file) for name in ("former", "id")}


def _nearly_used(out: Path, moment: datetime) -> set[str]:
    told: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (out / "facts.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            told[row["account_id"]].append(row)
    days = [(moment - timedelta(days=back)).date().isoformat() for back in range(14)]
    return {account for account, rows in told.items() if all(_full(rows, day) for day in days)}


def _full(rows: list[dict[str, str]], day: str) -> bool:
    known = [row for row in rows if row["day"] <= day]
    if not known or known[-1]["status"] != "customer":
        return False
    return int(known[-1]["seats_used"]) >= 0.85 * int(known[-1]["seats_bought"])
