"""Beacon: what it knows of an account's health, and notes on accounts."""

from __future__ import annotations

from integrations.kit.declare import Connected, Integration
from integrations.kit.rights import needed
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World
from tests.example.beacon.integration.actions import Notes, PostNoteAction
from tests.example.beacon.integration.client import Client
from tests.example.beacon.integration.doctor import check
from tests.example.beacon.integration.settings import LIMIT, RIGHTS, Settings
from tests.example.beacon.integration.sources import AccountSource


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Beacon with these settings; nothing is asked of it yet."""
    client = Client(settings, world)
    return Connected(
        actions={PostNoteAction.name: PostNoteAction(Notes(client))},
        sources={AccountSource.name: AccountSource(client)},
        check=checked("Beacon", lambda used=None: check(client, needed(RIGHTS, used))),
        account_links={"Account in Beacon": f"{settings.app}/accounts/{{beacon}}"},
    )


INTEGRATION = Integration(
    name="beacon",
    title="Beacon",
    settings_model=Settings,
    connect=connect,
    actions={PostNoteAction.name: PostNoteAction},
    sources={AccountSource.name: AccountSource},
    limits=(LIMIT,),
    rights=RIGHTS,
)
