"""Microsoft Teams: messages in channels, by the webhook of a workflow."""

from __future__ import annotations

from integrations.kit.declare import Connected, Integration
from integrations.kit.named import hide
from integrations.kit.world import IN_LIFE, World
from integrations.teams.actions import PostMessageAction
from integrations.teams.client import Client
from integrations.teams.doctor import check
from integrations.teams.settings import LIMIT, RIGHTS, Settings


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """With these settings; nothing is sent yet."""
    hide(settings.known)
    action = PostMessageAction(Client(settings, world))
    return Connected(actions={action.name: action}, check=lambda used=None: check(settings))


INTEGRATION = Integration(
    name="teams",
    title="Microsoft Teams",
    settings_model=Settings,
    connect=connect,
    actions={PostMessageAction.name: PostMessageAction},
    limits=(LIMIT,),
    rights=RIGHTS,
)
