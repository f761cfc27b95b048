"""Zendesk: support tickets as events, and how many are open as facts."""

from __future__ import annotations

from integrations.kit.declare import Connected, Integration
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World
from integrations.zendesk.client import Client
from integrations.zendesk.doctor import check
from integrations.zendesk.organizations import Organizations
from integrations.zendesk.settings import LIMIT, OTHERS, RIGHTS, Settings
from integrations.zendesk.sources import Tickets


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Zendesk with these settings; nothing is asked of it yet."""
    client = Client(settings, world)
    sources = (Tickets(client), Organizations(client))
    return Connected(
        sources={source.name: source for source in sources}, check=checked("Zendesk", lambda used=None: check(client))
    )


INTEGRATION = Integration(
    name="zendesk",
    title="Zendesk",
    settings_model=Settings,
    connect=connect,
    sources={source.name: source for source in (Tickets, Organizations)},
    limits=(LIMIT, OTHERS),
    rights=RIGHTS,
)
