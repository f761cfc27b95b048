"""The folders in docs/examples are read without a mistake, and every case comes out as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

import integrations
from expansion.evaluate.engine import Vocabulary
from expansion.explain.cases import run_cases
from expansion.language.workspace import load
from expansion.language.yaml.files import Folder

EXAMPLES = sorted(path.parent for path in (Path(__file__).parents[1] / "docs/examples").glob("*/playbooks"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_holds_what_it_says(example: Path) -> None:
    found = load(Folder(example / "playbooks"), integrations.catalog())
    cases = [case for cases in found.cases.values() for case in cases]
    results = run_cases(cases, found.triggers, Vocabulary(found.facts, found.policy))
    assert found.warnings == ()
    assert [f"{one.case.trigger}: {one.case.title}" for one in results if not one.passed] == []
    assert {case.trigger for case in cases} == set(found.triggers), "each trigger has cases"


def test_teams_without_product_analytics_have_two_triggers() -> None:
    [example] = [path for path in EXAMPLES if path.name == "sales-led"]
    found = load(Folder(example / "playbooks"), integrations.catalog())
    assert len(found.triggers) == 2
    for trigger, cases in found.cases.items():
        assert {case.expect for case in cases} == {"fires", "stays quiet", "cannot tell"}, trigger
    sources = {words.from_ for words in found.facts.facts.values() if hasattr(words, "from_")}
    assert {name.partition(".")[0] for name in sources} == {"salesforce", "zendesk"}
