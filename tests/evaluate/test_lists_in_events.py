"""A list inside an event is its items, never its JSON text: wherever a property is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import EventRow
from expansion.explain.evaluator import build_rollups, evaluator
from expansion.react.resident import Resident
from expansion.usage.forms.items import items_of
from tests.evaluate.pushing import take
from tests.evaluate.stores import fill
from tests.evaluate.words import Definition, event, trigger, vocabulary

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
EVER = [(NOW - timedelta(days=400), NOW + timedelta(days=1))]
ACCOUNTS: dict[str, Any] = {
    "has-item": ["audit", "sso"],
    "has-longer": ["audit", "lesson-builder", "no-sso-trial"],
    "text": "no-sso-trial",
    "comma": ['a", "b'],
    "numbers": [3, 12.5],
    "empty": [],
}


@pytest.mark.parametrize(
    ("wanted", "fitting"),
    [
        ({"contains": "sso"}, {"has-item", "text"}),
        ({"contains": "SSO"}, {"has-item", "text"}),
        ("sso", {"has-item"}),
        (["sso", "no-sso-trial"], {"has-item", "has-longer", "text"}),
        ({"is_not": "sso"}, {"has-longer", "text", "comma", "numbers"}),
        ({"starts_with": "no-sso"}, {"has-longer", "text"}),
        ({"starts_with": "[\"audit"}, set()),
        ("a", set()),
        ('a", "b', {"comma"}),
        (12.5, {"numbers"}),
        ({"at_least": 10}, set()),
        ([12.5, 7], {"numbers"}),
        ({"exists": True}, {"has-item", "has-longer", "text", "comma", "numbers"}),
        ({"exists": False}, {"empty"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rolled_up", [False, True])
def test_a_filter_asks_for_items(tmp_path: Path, wanted: Any, fitting: set[str], rolled_up: bool) -> None:
    condition = {"event": "Used", "where": {"features": wanted}, "over": "14 days", "at_least": 1}
    assert _yes(tmp_path, condition, rolled_up=rolled_up) == fitting


def test_an_event_that_comes_in_is_asked_for_its_items(tmp_path: Path) -> None:
    asks = trigger(
        "t", when=[{"event": "Used", "where": {"features": {"contains": "sso"}}, "over": "14 days", "at_least": 1}]
    )
    store = fill(tmp_path, [_events()], [], EVER)
    resident = Resident.of(store, vocabulary(), [asks], NOW)
    for account, features in ACCOUNTS.items():
        row = EventRow(f"new-{account}", "Used", NOW.isoformat(), f"new-{account}", "ana", {"features": features})
        said = take(resident, row, NOW + timedelta(minutes=1))["t"]
        assert bool(said.yes) is (account in ("has-item", "text")), account


def test_different_values_are_different_items(tmp_path: Path) -> None:
    given = [["a"], ["b"], ["a", "b"], "a"]
    events = [event("acme", "Used", NOW - timedelta(days=n), features=one) for n, one in enumerate(given)]
    condition = {"event": "Used", "distinct": "features", "over": "14 days", "is": 2}
    assert _yes(tmp_path / "asked", condition, events) == {"acme"}
    assert _yes(tmp_path / "built", condition, events, rolled_up=True) == {"acme"}
    store = fill(tmp_path / "live", [events], [], EVER)
    resident = Resident.of(store, vocabulary(), [trigger("t", when=[condition])], NOW)
    row = EventRow("new", "Used", NOW.isoformat(), "acme", "ana", {"features": ["b", "a"]})
    assert "acme" in take(resident, row, NOW)["t"].yes
    row = EventRow("newer", "Used", NOW.isoformat(), "acme", "ana", {"features": ["c", "a"]})
    assert "acme" not in take(resident, row, NOW)["t"].yes


@pytest.mark.parametrize(
    ("compared", "fitting"),
    [
        ({"contains": "sso"}, {"has-item", "text"}),
        ({"is": "sso"}, {"has-item"}),
        ({"starts_with": "no-"}, {"has-longer", "text"}),
        ({"is_not": "sso"}, {"has-longer", "text", "comma", "numbers"}),
    ],
)
def test_the_newest_value_may_be_a_list(tmp_path: Path, compared: Definition, fitting: set[str]) -> None:
    assert _yes(tmp_path, {"event": "Used", "latest": "features", "over": "14 days", **compared}) == fitting


def test_the_newest_list_is_shown_as_its_items(tmp_path: Path) -> None:
    condition = {"event": "Used", "latest": "features", "over": "14 days", "contains": "sso"}
    store = fill(tmp_path, [_events()], [], EVER)
    asked = evaluator(store, vocabulary(), NOW).explain(trigger(when=[condition]), "has-item")
    assert asked.lines[0].seen == "audit, sso"


def test_a_step_of_a_sequence_asks_for_items(tmp_path: Path) -> None:
    step = {"event": "Used", "where": {"features": "sso"}}
    later = [event(account, "Bought", NOW - timedelta(hours=1)) for account in ACCOUNTS]
    condition = {"sequence": [step, "Bought"], "within": "14 days"}
    assert _yes(tmp_path, condition, [*_events(), *later]) == {"has-item"}


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ('["a","b"]', ("a", "b")),
        ('[1, 2.50, true, null, {"k": ["v"]}]', ("1", "2.50", "true", '{"k":["v"]}')),
        ("[beta", None),
        ("[NaN]", None),
        ("a", None),
        ("[]", ()),
    ],
)
def test_a_list_is_what_json_says(text: str, items: tuple[str, ...] | None) -> None:
    assert items_of(text) == items


def _events() -> list[Definition]:
    return [event(account, "Used", NOW - timedelta(days=2), features=value) for account, value in ACCOUNTS.items()]


def _yes(
    folder: Path, condition: Definition, events: list[Definition] | None = None, *, rolled_up: bool = False
) -> set[str]:
    store = fill(folder, [_events() if events is None else events], [], EVER)
    asks = [trigger(when=[condition])]
    if rolled_up:
        build_rollups(store, vocabulary(), asks)
    return {str(one) for one in evaluator(store, vocabulary(), NOW).answers(asks)["t"].yes}
