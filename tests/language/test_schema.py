"""The schemas that editors use say the same as the check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from expansion.language.schema import first_line, json_schemas, write_schemas
from tests.language.conftest import CATALOG, FILES

_SCHEMAS = json_schemas(CATALOG)


def _kind(name: str) -> str:
    folder, _, file = name.rpartition("/")
    if folder == "shared":
        return file.removesuffix(".yaml")
    return {"triggers": "trigger", "cases": "cases"}.get(folder, "playbook")


def _errors(kind: str, text: str) -> list[str]:
    values: Any = json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))
    return [error.json_path for error in jsonschema.Draft202012Validator(_SCHEMAS[kind]).iter_errors(values)]


@pytest.mark.parametrize("kind", sorted(_SCHEMAS))
def test_each_is_a_schema(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(_SCHEMAS[kind])
    assert '"null"' not in json.dumps(_SCHEMAS[kind]), "an empty value is a mistake"


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_right_file_is_right_for_the_editor_too(name: str) -> None:
    assert _errors(_kind(name), FILES[name]) == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("triggers/seat-limit.yaml", "at_least: 80%", "at_lest: 80%"),
        ("triggers/seat-limit.yaml", "check: daily", "check: daly"),
        ("triggers/seat-limit.yaml", "28 days", "28"),
        ("triggers/habit.yaml", "3 of the last 4 weeks", "3 of 4 weeks"),
        ("triggers/habit.yaml", "first_within: 14 days", "first_within: 14 hours"),
        ("triggers/trial-path.yaml", "who: users", "who: people"),
        ("triggers/trial-path.yaml", "{event: [Invite", "{evnt: [Invite"),
        ("shared/facts.yaml", "pace_over: 28 days", "pace: 28 days"),
        ("shared/policy.yaml", "  fact: plan\n", ""),
        ("seat-expansion.yaml", "channel: expansion", "chanel: expansion"),
        ("seat-expansion.yaml", "do: slack.post_message", "do: slack.post"),
        ("seat-expansion.yaml", "    with: {series: seats-soft-nudge, people: admins}", "    can_fail: true"),
        ("shared/facts.yaml", "from: mixpanel.cohort", "from: salesforce.account"),
        ("shared/policy.yaml", "currency: USD", "currency: dollars"),
        ("cases/seat-limit.yaml", "28 days ago", "28 days"),
        ("cases/seat-limit.yaml", "stays quiet", "quiet"),
    ],
)
def test_a_wrong_file_is_underlined(name: str, old: str, new: str) -> None:
    assert old in FILES[name]
    assert _errors(_kind(name), FILES[name].replace(old, new))


def test_words_carry_their_descriptions() -> None:
    trigger = _SCHEMAS["trigger"]
    assert "draft: only checked" in trigger["properties"]["status"]["description"]
    assert all("description" in word for word in trigger["$defs"]["Condition"]["properties"].values())


def test_schemas_of_nobody_know_no_actions() -> None:
    assert "enum" not in json_schemas()["playbook"]["$defs"]["Step"]["properties"]["do"]


def test_files_are_written_only_when_they_change(tmp_path: Path) -> None:
    paths = write_schemas(tmp_path / ".schema", CATALOG)
    assert sorted(path.name for path in paths) == [
        "cases.json", "facts.json", "playbook.json", "policy.json", "trigger.json",
    ]  # fmt: skip
    before = [path.stat().st_mtime_ns for path in paths]
    write_schemas(tmp_path / ".schema", CATALOG)
    assert [path.stat().st_mtime_ns for path in paths] == before


def test_a_file_names_its_schema() -> None:
    assert first_line("trigger", 2) == "# yaml-language-server: $schema=../../.schema/trigger.json"
