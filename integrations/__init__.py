"""Talks to one outside system per module. The list of all of them is here."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from expansion.text import secret_shapes as shapes

if TYPE_CHECKING:
    from expansion.contract import Catalog
    from integrations.kit.declare import Integration

_NAMES = (
    "mixpanel",
    "salesforce",
    "hubspot",
    "slack",
    "intercom",
    "files",
    "warehouse",
    "appcues",
    "segment",
    "amplitude",
    "pendo",
    "gainsight",
    "rudderstack",
    "posthog",
    "heap",
    "webhook",
    "teams",
    "gainsight_px",
    "customerio",
    "zendesk",
    "email",
)
NAMES = {name: f"integrations.{name}" for name in _NAMES}  # and where the code of each is


def integration(name: str) -> Integration:
    """One integration by name. Its module is imported only now: a vendor's client can cost a tenth of a second."""
    return cast("Integration", import_module(NAMES[name]).INTEGRATION)


def catalog() -> Catalog:
    """The actions and sources that YAML may name."""
    from expansion.contract import Catalog  # who only wants to know what secrets look like needs no models

    every = [integration(name) for name in NAMES]
    return Catalog(
        actions={a.name: a.words() for one in every for a in one.actions.values()},
        sources={s.name: s.words() for one in every for s in one.sources.values()}
        | {door.name: door.words() for one in every for door in one.inbound.values()},
    )


def secret_shapes() -> dict[str, str]:
    """What the secrets of the systems look like, from a file beside the code of each: no client is imported for it."""
    from tomllib import loads

    specs = [find_spec(module) for module in NAMES.values()]
    files = [Path(spec.origin).with_name("secret_shapes.toml") for spec in specs if spec and spec.origin]
    found = [loads(file.read_text(encoding="utf-8")) for file in files if file.exists()]
    return {what: shape for one in found for what, shape in one.items()}


# Here, and not where a system is connected: none of a system's code runs before this line, whoever imports it.
shapes.declare(secret_shapes)
