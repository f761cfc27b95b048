"""RudderStack: what its libraries send, taken by `expansion serve`."""

from __future__ import annotations

from integrations.kit.declare import Connected, Integration
from integrations.kit.world import IN_LIFE, World
from integrations.rudderstack.inbound import Calls
from integrations.rudderstack.settings import Settings


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Nothing is asked of RudderStack."""
    return Connected()


INTEGRATION = Integration(
    name="rudderstack",
    title="RudderStack",
    settings_model=Settings,
    connect=connect,
    inbound={Calls.name: Calls},
)
