"""Segment: traits of accounts, read from its profiles and set on its groups; and what its libraries send."""

from __future__ import annotations

from integrations.kit.declare import Connected, Integration
from integrations.kit.shapes import checked
from integrations.kit.world import IN_LIFE, World
from integrations.segment.actions import SetGroupTraitsAction, TakeBackAction
from integrations.segment.client import Client
from integrations.segment.doctor import check
from integrations.segment.inbound import Calls
from integrations.segment.settings import CALLS, PROFILES, RIGHTS, Settings
from integrations.segment.sources import Profile
from integrations.segment.webhook import Webhook

_ACTIONS = (SetGroupTraitsAction, TakeBackAction)


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """Segment with these settings; nothing is asked of it yet."""
    client = Client(settings, world)
    return Connected(
        actions={kind.name: kind(client) for kind in _ACTIONS},
        sources={Profile.name: Profile(client)},
        check=checked("Segment", lambda used=None: check(client)),
    )


INTEGRATION = Integration(
    name="segment",
    title="Segment",
    settings_model=Settings,
    connect=connect,
    actions={kind.name: kind for kind in _ACTIONS},
    sources={Profile.name: Profile},
    inbound={kind.name: kind for kind in (Calls, Webhook)},
    limits=(PROFILES, CALLS),
    rights=RIGHTS,
)
