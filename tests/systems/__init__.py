"""How each system is used in the tests, one module each. What goes through all systems walks `systems()`."""

from __future__ import annotations

from importlib import import_module

import integrations
from tests.systems.declare import System

# Systems without an API that a stand-in could play: files are read from a folder, a warehouse is asked in SQL.
NO_API = {"files", "warehouse", "rudderstack", "posthog"}


def system(name: str) -> System:
    found: System = import_module(f"tests.systems.{name}").SYSTEM
    return found


def systems() -> list[System]:
    """All that have an API, in the order in which the product lists them."""
    return [system(name) for name in integrations.NAMES if name not in NO_API]


def settings_of_ours() -> tuple[str, ...]:
    """How the names of all the product's settings begin, for an environment without any."""
    models = [model for name in integrations.NAMES for model in integrations.integration(name).models]
    prefixes = {str(model.model_config.get("env_prefix") or "EXPANSION_") for model in models}
    return tuple(sorted({"EXPANSION_", "PREFECT_"} | prefixes))
