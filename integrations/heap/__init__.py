"""Heap: properties of accounts, set; and what is sent by its server-side API."""

from __future__ import annotations

from integrations.heap.actions import SetAccountPropertiesAction, TakeBackAction
from integrations.heap.client import Client
from integrations.heap.doctor import check
from integrations.heap.inbound import Calls
from integrations.heap.segments import Segments
from integrations.heap.settings import RIGHTS, Settings
from integrations.kit.declare import Connected, Integration
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World

_ACTIONS = (SetAccountPropertiesAction, TakeBackAction)


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Heap with these settings; nothing is asked of it yet."""
    client = Client(settings, world)
    return Connected(
        actions={kind.name: kind(client) for kind in _ACTIONS},
        check=checked("Heap", lambda used=None: check(client)),
    )


INTEGRATION = Integration(
    name="heap",
    title="Heap",
    settings_model=Settings,
    connect=connect,
    actions={kind.name: kind for kind in _ACTIONS},
    inbound={kind.name: kind for kind in (Calls, Segments)},
    rights=RIGHTS,
)
