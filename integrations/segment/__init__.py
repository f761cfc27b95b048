"""Segment: what its libraries send, taken by `expansion serve`."""

from __future__ import annotations

from integrations.kit.declare import Connected, Integration
from integrations.kit.world import IN_LIFE, World
from integrations.segment.inbound import Calls
from integrations.segment.settings import ServeSettings


def connect(settings: ServeSettings, world: World = IN_LIFE) -> Connected:
    """Nothing is asked of Segment."""
    return Connected()


INTEGRATION = Integration(
    name="segment",
    title="Segment",
    settings_model=ServeSettings,
    connect=connect,
    inbound={Calls.name: Calls},
)
