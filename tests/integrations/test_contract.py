"""Every action keeps the contract: none can be added without a case."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import integrations
from tests.integrations.contract import ActionContract

# Actions that send nothing outside and have nothing to keep.
EXEMPT: set[str] = set()


def all_below(kind: type[ActionContract]) -> set[type[ActionContract]]:
    return {kind} | {one for each in kind.__subclasses__() for one in all_below(each)}


def test_every_action_of_every_integration_has_a_case() -> None:
    for file in Path(__file__).parent.glob("test_*.py"):
        import_module(f"tests.integrations.{file.stem}")
    held = {kind.action for kind in all_below(ActionContract) - {ActionContract}}
    assert set(integrations.catalog().actions) - EXEMPT == held
