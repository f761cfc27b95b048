"""Heap: what is sent by its server-side API, taken by `expansion serve`."""

from __future__ import annotations

from integrations.heap.inbound import Calls
from integrations.heap.settings import ServeSettings
from integrations.kit.declare import Connected, Integration
from integrations.kit.world import IN_LIFE, World


def connect(settings: ServeSettings, world: World = IN_LIFE) -> Connected:
    """Nothing is asked of Heap: it has no API to ask."""
    return Connected()


INTEGRATION = Integration(
    name="heap",
    title="Heap",
    settings_model=ServeSettings,
    connect=connect,
    inbound={Calls.name: Calls},
)
