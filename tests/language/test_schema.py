"""The schemas that editors use say the same as the check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from expansion.language.own_names import own_names, with_names
from expansion.language.schema import json_schemas, write_schemas
from expansion.language.workspace import known_of
from expansion.language.yaml.files import Folder as OnDisk
from tests.language.conftest import CATALOG, FILES, Folder

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


# --- names of the folder ----------------------------------------------------------------------------------------------


@pytest.fixture
def named(folder: Folder) -> dict[str, Any]:
    """The schemas with the names of the files."""
    known, _ = known_of(OnDisk(folder.root), CATALOG)
    return with_names(json_schemas(CATALOG), own_names(known).and_events(["Seen Only"]))


@pytest.mark.parametrize("name", sorted(FILES))
def test_with_the_names_of_its_folder_a_right_file_is_still_right(named: dict[str, Any], name: str) -> None:
    values: Any = json.loads(json.dumps(YAML(typ="safe", pure=True).load(FILES[name]), default=str))
    assert [e.json_path for e in jsonschema.Draft202012Validator(named[_kind(name)]).iter_errors(values)] == []


def test_names_are_proposed_where_they_may_stand(named: dict[str, Any]) -> None:
    trigger, condition = named["trigger"]["properties"], named["trigger"]["$defs"]["Condition"]["properties"]
    assert "seats_used" in condition["fact"]["enum"]
    assert "seat_upgrade" in trigger["leads_to"]["enum"]
    assert "paying-accounts" in trigger["accounts"]["enum"]
    assert "Seen Only" in condition["event"]["oneOf"][0]["examples"]
    assert "mon" not in condition["event"]["oneOf"][0]["examples"], "a day of the week is no event"
    assert named["trigger"]["$defs"]["Then"]["properties"]["playbook"]["enum"]


def test_a_name_that_nothing_has_is_underlined_and_a_new_event_is_not(named: dict[str, Any]) -> None:
    text = FILES["triggers/seat-limit.yaml"]
    fact = next(line for line in text.splitlines() if "fact:" in line).split("fact:")[1].split()[0].strip(",}")

    def errors(text: str) -> list[str]:
        values = json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))
        return [e.json_path for e in jsonschema.Draft202012Validator(named["trigger"]).iter_errors(values)]

    assert errors(text.replace(f"fact: {fact}", "fact: nosuch", 1)) != []
    event = {"trigger": "a", "title": "A", "owner": "a@b.example", "status": "live", "leads_to": "seat_upgrade"}
    event |= {
        "when": [{"event": "Never Seen", "at_least": 3, "over": "14 days"}],
        "then": {"playbook": "seat-expansion"},
    }
    assert list(jsonschema.Draft202012Validator(named["trigger"]).iter_errors(event)) == []


def test_what_a_condition_is_about_comes_first() -> None:
    assert list(_SCHEMAS["trigger"]["$defs"]["Condition"]["properties"])[:2] == ["fact", "event"]


def test_no_editor_shows_a_pattern() -> None:
    over = _SCHEMAS["trigger"]["$defs"]["Condition"]["properties"]["over"]
    assert over["patternErrorMessage"] == "`over` is not written like this; write it like `28 days` or `6 hours`."

    def silent(value: Any, where: str) -> list[str]:
        if isinstance(value, list):
            return [found for one in value for found in silent(one, where)]
        if not isinstance(value, dict):
            return []
        own = [where] if "pattern" in value and "patternErrorMessage" not in value else []
        inner = value.get("properties", {}).items() if "properties" in value else ()
        below = [found for key, one in inner for found in silent(one, f"{where}.{key}")]
        return own + below + [f for word in ("items", "oneOf", "anyOf") for f in silent(value.get(word, []), where)]

    for kind, schema in _SCHEMAS.items():
        ours = {name: one for name, one in schema.get("$defs", {}).items() if "." not in name}
        assert [found for name, one in {"": schema, **ours}.items() for found in silent(one, f"{kind} {name}")] == []
