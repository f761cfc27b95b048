"""Talks to one outside system per module. The list of all of them is here, in one line."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from expansion.contract import Catalog

if TYPE_CHECKING:
    from integrations.kit.declare import Integration

NAMES = ("mixpanel", "salesforce", "hubspot", "slack", "intercom", "files")


def integration(name: str) -> Integration:
    """One integration by name. Its module is imported only now: a vendor's client can cost a tenth of a second."""
    return cast("Integration", import_module(f"integrations.{name}").INTEGRATION)


def catalog() -> Catalog:
    """The actions and sources that YAML may name."""
    every = [integration(name) for name in NAMES]
    return Catalog(
        actions={a.name: a.words() for one in every for a in one.actions.values()},
        sources={s.name: s.words() for one in every for s in one.sources.values()},
    )
