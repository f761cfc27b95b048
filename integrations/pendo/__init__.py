"""Pendo: metadata and segments of accounts as facts and cohorts, and nudges by a guide that asks for them."""

from __future__ import annotations

from integrations.kit.declare import Connected, Integration
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World
from integrations.pendo.actions import AddToSegmentAction, SetAccountMetadataAction
from integrations.pendo.client import Client
from integrations.pendo.doctor import check
from integrations.pendo.settings import LIMIT, RIGHTS, Settings
from integrations.pendo.sources import AccountSource, SegmentSource
from integrations.pendo.take_back import ClearAccountMetadataAction, RemoveFromSegmentAction
from integrations.pendo.webhook import Webhook

ACTIONS = (SetAccountMetadataAction, AddToSegmentAction, ClearAccountMetadataAction, RemoveFromSegmentAction)
SOURCES = (AccountSource, SegmentSource)


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Pendo with these settings; nothing is asked of it yet."""
    client = Client(settings, world)
    return Connected(
        actions={action.name: action(client) for action in ACTIONS},
        sources={source.name: source(client) for source in SOURCES},
        check=checked("Pendo", lambda used=None: check(client, used)),
    )


INTEGRATION = Integration(
    name="pendo",
    title="Pendo",
    settings_model=Settings,
    connect=connect,
    actions={action.name: action for action in ACTIONS},
    sources={source.name: source for source in SOURCES},
    inbound={Webhook.name: Webhook},
    limits=(LIMIT,),
    rights=RIGHTS,
)
