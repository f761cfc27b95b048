"""Five real hours of public GitHub activity: the evaluator names the same accounts as plain loops over the files."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import integrations
from expansion.evaluate.engine import Vocabulary
from expansion.evaluate.results import Answer
from expansion.explain.evaluator import build_rollups, evaluator
from expansion.files.maps import load_map
from expansion.language.workspace import Workspace, load
from expansion.language.yaml.files import Folder
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import import_events

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "github"
HOURS = sorted((ROOT / "../shared/data/gharchive_hours").glob("*.json.gz"))

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.no_cover,  # the same wherever these data are not
    pytest.mark.skipif(not HOURS, reason="the GitHub hours are not beside the checkout, in ../shared/data"),
]


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return load(Folder(EXAMPLE / "playbooks"), integrations.catalog())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> UsageStore:
    made = UsageStore(tmp_path_factory.mktemp("github") / "usage")
    mapping = load_map(EXAMPLE / "map.yaml").events
    assert mapping is not None
    for hour in HOURS:
        assert import_events(made, hour, mapping).rejects == {}
    return made


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return [event for hour in HOURS for event in _events(hour)]


def _events(hour: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(hour, "rt", encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def by_owner(events: list[dict[str, Any]], first: str, last: str) -> dict[str, list[dict[str, Any]]]:
    """The events after `first` and up to `last`, by the owner of their repository."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        if first < event["dt"] <= last:
            found[event["repo"].partition("/")[0]].append(event)
    return found


def expected(events: list[dict[str, Any]], first: str, last: str) -> dict[str, set[str]]:
    """The three triggers of the example, written as loops."""
    fires: dict[str, set[str]] = {"busy-team": set(), "collaborator-added": set(), "issues-being-closed": set()}
    for owner, did in by_owner(events, first, last).items():
        pushes = [event for event in did if event["type"] == "push"]
        pushers = {event["actor"] for event in pushes}
        if len(pushers) >= 3 and len({event["repo"] for event in pushes}) >= 2:
            fires["busy-team"].add(owner)
        if len(pushers) >= 3:
            continue
        types = {event["type"] for event in did}
        if {"member", "pr"} <= types:
            fires["collaborator-added"].add(owner)
        closed = [event for event in did if event["type"] == "issue" and event.get("action") == "closed"]
        if len(closed) >= 5 and len({event["actor"] for event in closed}) >= 2 and "del" not in types:
            fires["issues-being-closed"].add(owner)
    return fires


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2015-02-22T21:00:00Z", "2015-02-23T00:00:00Z"),
        ("2015-02-22T20:30:00Z", "2015-02-22T23:30:00Z"),  # in the middle of an hour: what comes after does not exist
        ("2015-04-23T09:00:00Z", "2015-04-23T12:00:00Z"),
    ],
)
def test_the_triggers_name_the_same_accounts_as_plain_loops(
    store: UsageStore, workspace: Workspace, events: list[dict[str, Any]], first: str, last: str
) -> None:
    as_of = datetime.fromisoformat(last)
    asked = evaluator(store, Vocabulary(workspace.facts, workspace.policy), as_of)
    answers = asked.answers(list(workspace.triggers.values()))
    wanted = expected(events, first, last)
    if first == "2015-02-22T21:00:00Z":
        assert {name: set(found.yes) for name, found in answers.items()} == wanted
        assert len(wanted["busy-team"]) == 47
    # Before the first hour nothing is known: what needs no such event cannot be told, the rest is the same.
    assert answers["busy-team"].yes == wanted["busy-team"]
    for name, found in answers.items():
        assert found.yes <= wanted[name] and wanted[name] - found.yes <= found.unknown.keys()


def test_rollups_change_no_answer(store: UsageStore, workspace: Workspace) -> None:
    vocabulary, as_of = Vocabulary(workspace.facts, workspace.policy), datetime(2015, 2, 23, tzinfo=UTC)
    triggers = list(workspace.triggers.values())
    before = evaluator(store, vocabulary, as_of).answers(triggers)
    build_rollups(store, vocabulary, triggers)
    assert evaluator(store, vocabulary, as_of).answers(triggers) == before


def test_a_fired_and_a_quiet_account_are_explained_with_their_events(store: UsageStore, workspace: Workspace) -> None:
    asked = evaluator(store, Vocabulary(workspace.facts, workspace.policy), datetime(2015, 2, 23, tzinfo=UTC))
    fired = asked.explain(workspace.triggers["busy-team"], "mozilla")
    assert fired.answer is Answer.YES and len(fired.people()) == 6
    assert all(line.events and line.answer is Answer.YES for line in fired.lines)
    quiet = asked.explain(workspace.triggers["collaborator-added"], "mozilla")
    assert quiet.answer is Answer.NO and Answer.NO in {line.answer for line in quiet.lines}
