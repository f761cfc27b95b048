"""A signed webhook: what a step says, as JSON, to an address of your own, or of Zapier, n8n or Make."""

from __future__ import annotations

from integrations.kit.declare import Connected, Integration
from integrations.kit.named import hide
from integrations.kit.world import IN_LIFE, World
from integrations.webhook.actions import Send, SendAgain
from integrations.webhook.client import Client
from integrations.webhook.doctor import check
from integrations.webhook.settings import LIMIT, RIGHTS, Settings


def connect(settings: Settings, world: World = IN_LIFE) -> Connected:
    """With these settings; nothing is sent yet."""
    hide(settings.known)
    client = Client(settings, world)
    kind = SendAgain if settings.receivers_dedupe else Send
    return Connected(actions={Send.name: kind(client)}, check=lambda used=None: check(settings))


INTEGRATION = Integration(
    name="webhook",
    title="Webhook",
    settings_model=Settings,
    connect=connect,
    actions={Send.name: Send},
    limits=(LIMIT,),
    rights=RIGHTS,
)
