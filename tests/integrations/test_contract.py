"""Every action keeps the contract: none can be added without a case."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import integrations
from tests.integrations.contract import ActionContract

# What an action does not promise; the reason stands beside its case.
NOT_PROMISED = {
    "heap.set_account_properties": ["a_token_that_is_never_taken_is_a_matter_for_a_person"],
    "heap.take_back": ["a_token_that_is_never_taken_is_a_matter_for_a_person"],
    "mixpanel.set_group_properties": ["a_token_that_is_never_taken_is_a_matter_for_a_person"],
    "mixpanel.take_back": ["a_token_that_is_never_taken_is_a_matter_for_a_person"],
    "segment.set_group_traits": ["a_token_that_is_never_taken_is_a_matter_for_a_person"],
    "segment.take_back": ["a_token_that_is_never_taken_is_a_matter_for_a_person"],
}

# Actions that send nothing outside and have nothing to keep.
EXEMPT: set[str] = set()


def all_below(kind: type[ActionContract]) -> set[type[ActionContract]]:
    return {kind} | {one for each in kind.__subclasses__() for one in all_below(each)}


def test_every_action_of_every_integration_has_a_case() -> None:
    for file in Path(__file__).parent.glob("test_*.py"):
        import_module(f"tests.integrations.{file.stem}")
    # What several cases share names no action of its own.
    held = {kind.action for kind in all_below(ActionContract) if hasattr(kind, "action")}
    assert set(integrations.catalog().actions) - EXEMPT == held


def test_what_an_action_does_not_promise_is_listed_and_has_a_reason() -> None:
    for file in Path(__file__).parent.glob("test_*.py"):
        import_module(f"tests.integrations.{file.stem}")
    cases = {kind.action: kind.exempt for kind in all_below(ActionContract) - {ActionContract} if kind.exempt}
    assert {action: sorted(name.removeprefix("test_") for name in why) for action, why in cases.items()} == NOT_PROMISED
    for why in cases.values():
        assert all(len(reason) > 10 for reason in why.values())
        assert why.keys() <= vars(ActionContract).keys(), "there is such a promise"
