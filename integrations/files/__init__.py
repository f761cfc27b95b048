"""Files: events and facts that `expansion import` stored. Nothing to connect to."""

from __future__ import annotations

from integrations.files.settings import Settings
from integrations.files.sources import Accounts, Events, People
from integrations.kit.declare import Connected, Integration
from integrations.kit.world import IN_LIFE, World


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Files have no limits to share."""
    return Connected(sources={kind.name: kind() for kind in (Accounts, People, Events)})


INTEGRATION = Integration(
    name="files",
    title="Files",
    settings_model=Settings,
    connect=connect,
    sources={kind.name: kind for kind in (Accounts, People, Events)},
)
